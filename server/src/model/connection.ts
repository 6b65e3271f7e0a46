import type { SamlSettings } from './saml.ts'

export type RefreshPolicy = 'first_sign_in' | 'every_sign_in' | 'portal'

export const clientAuths = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const
/** How we prove to the identity provider that we are its client (LM-30). */
export type ClientAuth = (typeof clientAuths)[number]

/** What an organisation knows of its OpenID provider; the digest of a test sign-in covers all of it. */
export type OidcSettings = {
  discoveryUrl: string
  /** As the discovery document named it when it was saved; another one is another provider. */
  issuer: string
  clientId: string
  clientAuth: ClientAuth
  /** Sealed. It is sealed anew at every save, so that only its mark can be compared. */
  secret?: string
  secretMark?: string
  emailClaim: string
  /** The immutable claim that is the stable key (JI-17); `sub` unless another is named. */
  subjectClaim: string
  attributes: { firstName: string; lastName: string }
}

/** Signing in with Google, whose client belongs to the installation. */
export type GoogleSettings = {
  /** Only accounts of this Google Workspace. */
  workspaceDomain?: string
}

type Common = {
  /** Shown on the sign-in page: "Continue with {name}". */
  name: string
  provider: 'entra' | 'okta' | 'google' | 'onelogin' | 'ping' | 'auth0' | 'keycloak' | 'other'
  /** Which names every sign-in brings (JI-16). */
  refresh: { firstName: RefreshPolicy; lastName: RefreshPolicy }
}

export type SamlConnection = Common & { protocol: 'saml'; saml: SamlSettings }
export type OidcConnection = Common & { protocol: 'oidc'; oidc: OidcSettings }
/** What a manager settles about the one SSO connection of an organisation (LM-19). */
export type ConnectionSettings = SamlConnection | OidcConnection
export type Connection = ConnectionSettings & { id: string }

/** What a test sign-in runs (LM-15). */
export type Tested =
  | ConnectionSettings
  | { protocol: 'google'; name: string; google: GoogleSettings }
