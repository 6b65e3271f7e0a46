import { createHmac } from 'node:crypto'
import { OutboundError } from '../lib/outbound.ts'
import type { Vault } from '../lib/secrets.ts'
import type { ClientAuth, Connection, OidcConnection, OidcSettings } from '../model/connection.ts'
import { refuse } from '../model/refusals.ts'
import { algorithms, signingAlgorithms } from './exchange.ts'
import { discoveryUrlOf, type Issuers, type Metadata, UnusableProvider } from './issuers.ts'

/** OpenID Connect settings as a manager or an operator writes them (LM-30). */
export type OidcWish = {
  connectionName: string
  provider: OidcConnection['provider']
  discoveryUrl: string
  clientId: string
  /** Left out to keep the one that is stored. */
  clientSecret?: string | undefined
  clientAuth: ClientAuth
  emailClaim: string
  subjectClaim: string
  attributes: { firstName: string; lastName: string }
  refresh: OidcConnection['refresh']
}

const purpose = 'oidc-secret'

/** Turns what was typed into settings, after a look at the provider; stores nothing. */
export async function readOidcSettings(
  { issuers, vault }: { issuers: Issuers; vault: Vault },
  wish: OidcWish,
  live: Connection | undefined,
): Promise<OidcConnection> {
  const discoveryUrl = discoveryUrlOf(wish.discoveryUrl)
  const metadata = await discover(issuers, discoveryUrl)
  requireAbilities(metadata, wish.clientAuth)
  const { clientId, clientAuth, emailClaim, subjectClaim, attributes } = wish
  const oidc: OidcSettings = {
    discoveryUrl,
    issuer: metadata.issuer,
    clientId,
    clientAuth,
    emailClaim,
    subjectClaim,
    attributes,
    ...(clientAuth !== 'private_key_jwt' &&
      secretOf(vault, wish.clientSecret, { issuer: metadata.issuer, clientId }, live)),
  }
  const { connectionName: name, provider, refresh } = wish
  return { protocol: 'oidc', name, provider, oidc, refresh }
}

/** The stored secret goes to the provider that it was given for, and never to another address. */
function secretOf(
  vault: Vault,
  typed: string | undefined,
  client: { issuer: string; clientId: string },
  live: Connection | undefined,
): Pick<OidcSettings, 'secret' | 'secretMark'> {
  if (typed !== undefined) {
    const mark = createHmac('sha256', vault.derive('oidc secret marks')).update(typed)
    return { secret: vault.seal(typed, purpose), secretMark: mark.digest('base64url') }
  }
  const kept = live?.protocol === 'oidc' ? live.oidc : undefined
  if (kept?.secret && kept.issuer === client.issuer && kept.clientId === client.clientId) {
    return { secret: kept.secret, ...(kept.secretMark && { secretMark: kept.secretMark }) }
  }
  return refuse(
    'request.invalid',
    kept?.secret
      ? 'Enter the client secret again: the stored one belongs to another provider or client.'
      : 'Enter the client secret that the identity provider gave out.',
    [{ pointer: '/oidc/clientSecret', code: 'required' }],
  )
}

export function openClientSecret(vault: Vault, { secret }: OidcSettings): string {
  return secret === undefined ? '' : vault.open(secret, purpose)
}

async function discover(issuers: Issuers, discoveryUrl: string): Promise<Metadata> {
  const at = (code: string) => [{ pointer: '/oidc/discoveryUrl', code }]
  try {
    return await issuers.read(discoveryUrl, true)
  } catch (error) {
    if (error instanceof UnusableProvider) {
      return refuse('request.invalid', error.message, at('discovery'))
    }
    if (!(error instanceof OutboundError)) throw error
    const code = error.notAllowed ? 'url.not_allowed' : 'request.invalid'
    return refuse(code, error.message, at('unreachable'))
  }
}

function requireAbilities(metadata: Metadata, clientAuth: ClientAuth): void {
  const at = (field: string) => [{ pointer: `/oidc/${field}`, code: 'unsupported' }]
  const { response_types_supported: types, code_challenge_methods_supported: challenges } = metadata
  if (types && !types.includes('code')) {
    refuse('request.invalid', 'This provider has no code flow.', at('discoveryUrl'))
  }
  // Entra ID names no methods and knows S256; who names them has to name it.
  if (challenges && !challenges.includes('S256')) {
    refuse('request.invalid', 'This provider knows no PKCE with S256.', at('discoveryUrl'))
  }
  if (signingAlgorithms(metadata).length === 0) {
    refuse(
      'request.invalid',
      `This provider signs ID tokens with none of ${algorithms.join(', ')}. A shared secret proves nothing about who signed.`,
      at('discoveryUrl'),
    )
  }
  // OpenID Connect Discovery §3: client_secret_basic, unless the document says otherwise.
  const auths = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  if (!auths.includes(clientAuth)) {
    refuse(
      'request.invalid',
      `This provider does not know ${clientAuth}. It knows ${auths.join(', ')}.`,
      at('clientAuth'),
    )
  }
}
