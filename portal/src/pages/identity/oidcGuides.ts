import type { Provider } from './draft.ts'

/** Where the values are and where ours go, in the words of the provider's own screens. */
export type OidcGuide = { steps: string[]; discoveryUrl: string; note?: string }

export const oidcGuides: Partial<Record<Provider, OidcGuide>> = {
  entra: {
    discoveryUrl:
      'https://login.microsoftonline.com/{tenant ID}/v2.0/.well-known/openid-configuration',
    steps: [
      'App registrations → New registration → Accounts in this organizational directory only → Redirect URI: Web, with the value above.',
      'Overview: Application (client) ID is the client ID; Endpoints → OpenID Connect metadata document is the discovery URL.',
      'Certificates & secrets → New client secret: copy its Value (not its Secret ID).',
      'Token configuration → Add optional claim → ID: email, family_name, given_name.',
      'Enterprise applications → your app → Properties → Assignment required: Yes, then assign people.',
    ],
    note: 'Use your own tenant’s address. The one for “common” would let every tenant of Microsoft vouch, and is refused. For a stable subject that other applications share, set it to “oid” under Advanced.',
  },
  okta: {
    discoveryUrl: 'https://{your domain}.okta.com/.well-known/openid-configuration',
    steps: [
      'Applications → Create App Integration → OIDC - OpenID Connect → Web Application.',
      'Grant type: Authorization Code. Sign-in redirect URIs: the value above. Require PKCE may be on.',
      'Assignments: the groups whose people may sign in.',
      'General → Client Credentials: Client ID and Client secret; for private_key_jwt choose Public key / Private key and the key set URL above.',
    ],
  },
  google: {
    discoveryUrl: 'https://accounts.google.com/.well-known/openid-configuration',
    steps: [
      'Google Cloud console → Google Auth Platform → Audience: Internal.',
      'Clients → Create client → Web application → Authorized redirect URIs: the value above.',
      'Copy Client ID and Client secret.',
    ],
    note: 'This connects one Google Workspace as your own identity provider. For any Google account, choose the login method Google instead.',
  },
  auth0: {
    discoveryUrl: 'https://{your domain}.auth0.com/.well-known/openid-configuration',
    steps: [
      'Applications → Create Application → Regular Web Applications.',
      'Settings → Allowed Callback URLs: the value above.',
      'Settings: Domain, Client ID and Client Secret. Credentials → Authentication Method: Client Secret (Post) or (Basic).',
      'Connections: only those whose people may sign in.',
    ],
  },
  keycloak: {
    discoveryUrl: 'https://{host}/realms/{realm}/.well-known/openid-configuration',
    steps: [
      'Clients → Create client → OpenID Connect. Client authentication: On. Authentication flow: Standard flow only.',
      'Valid redirect URIs: the value above. Advanced → Proof Key for Code Exchange: S256.',
      'Credentials → Client Authenticator: Client Id and Secret, or Signed Jwt with Keys → Use JWKS URL and the key set URL above.',
    ],
  },
}
