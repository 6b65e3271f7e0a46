import type {
  LoginMethod,
  LoginMethodView,
  MetadataView,
  OidcInput,
  OidcView,
  ProvisioningSource,
  ProvisioningView,
  SamlInput,
  SamlView,
} from '../../../../contract/src/index.ts'
import type { MethodSettings, Seen, Sent, Versioned } from '../../client/index.ts'
import type { Protocol } from '../../parts/index.ts'

export type Metadata = Seen<typeof MetadataView>
export type Provider = SamlView['provider']
type Refresh = SamlInput['refresh']['firstName']

/** The SSO form as it is typed; one flat record, so that switching tabs loses nothing. */
export type SamlDraft = {
  provider: Provider
  connectionName: string
  from: 'url' | 'xml' | 'fields'
  metadataUrl: string
  metadataXml: string
  /** What the metadata said when it was last read; null when the text has changed since. */
  read: Metadata | null
  idpEntityId: string
  ssoUrl: string
  ssoBinding: 'redirect' | 'post'
  sloUrl: string
  certificates: string
  signAuthnRequests: boolean
  allowIdpInitiated: boolean
  emailFrom: 'nameId' | 'claim'
  emailClaim: string
  subjectClaim: string
  firstName: string
  lastName: string
  refreshFirstName: Refresh
  refreshLastName: Refresh
}
/** The same for OpenID Connect. The secret is typed and never read back. */
export type OidcDraft = {
  provider: Provider
  connectionName: string
  discoveryUrl: string
  clientId: string
  clientSecret: string
  /** The client that the stored secret belongs to; null where none is stored. */
  secretOf: { discoveryUrl: string; clientId: string } | null
  clientAuth: OidcView['clientAuth']
  emailClaim: string
  subjectClaim: string
  firstName: string
  lastName: string
  refreshFirstName: Refresh
  refreshLastName: Refresh
}
export type Draft = {
  method: LoginMethod | null
  /** Under the password. */
  requireSecondFactor: boolean
  protocol: Protocol
  saml: SamlDraft
  oidc: OidcDraft
  workspaceDomain: string
  source: ProvisioningSource
  /** Whether the link may be used; it works under the portal alone. */
  selfService: boolean
}
export type Views = {
  login: Versioned<LoginMethodView>
  provisioning: Versioned<ProvisioningView>
}

export const providers: { value: Provider; label: string }[] = [
  { value: 'entra', label: 'Microsoft Entra ID' },
  { value: 'okta', label: 'Okta' },
  { value: 'google', label: 'Google Workspace' },
  { value: 'onelogin', label: 'OneLogin' },
  { value: 'ping', label: 'Ping Identity' },
  { value: 'auth0', label: 'Auth0' },
  { value: 'keycloak', label: 'Keycloak' },
  { value: 'other', label: 'Other' },
]

const blank: SamlDraft = {
  provider: 'entra',
  connectionName: 'Microsoft Entra ID',
  from: 'url',
  metadataUrl: '',
  metadataXml: '',
  read: null,
  idpEntityId: '',
  ssoUrl: '',
  ssoBinding: 'redirect',
  sloUrl: '',
  certificates: '',
  signAuthnRequests: true,
  allowIdpInitiated: false,
  emailFrom: 'nameId',
  emailClaim: '',
  subjectClaim: '',
  firstName: 'firstName',
  lastName: 'lastName',
  refreshFirstName: 'every_sign_in',
  refreshLastName: 'every_sign_in',
}

const blankOidc: OidcDraft = {
  provider: 'entra',
  connectionName: 'Microsoft Entra ID',
  discoveryUrl: '',
  clientId: '',
  clientSecret: '',
  secretOf: null,
  clientAuth: 'client_secret_basic',
  emailClaim: 'email',
  subjectClaim: 'sub',
  firstName: 'firstName',
  lastName: 'lastName',
  refreshFirstName: 'every_sign_in',
  refreshLastName: 'every_sign_in',
}

/** The form that shows exactly what is saved. */
export function draftOf({ login, provisioning }: Views): Draft {
  const { method, saml, oidc, google } = login.value
  return {
    method,
    requireSecondFactor: login.value.password.requireSecondFactor,
    protocol: oidc ? 'oidc' : 'saml',
    saml: saml ? samlDraftOf(saml) : blank,
    oidc: oidc ? oidcDraftOf(oidc) : blankOidc,
    workspaceDomain: google.workspaceDomain ?? '',
    source: provisioning.value.source,
    selfService: provisioning.value.selfService.enabled,
  }
}

function samlDraftOf(saml: SamlView): SamlDraft {
  return {
    provider: saml.provider,
    connectionName: saml.connectionName,
    from: saml.metadataUrl ? 'url' : 'fields',
    metadataUrl: saml.metadataUrl ?? '',
    metadataXml: '',
    read: {
      idpEntityId: saml.idpEntityId,
      ssoUrl: saml.ssoUrl,
      ssoBinding: saml.ssoBinding,
      sloUrl: saml.sloUrl,
      certificates: saml.certificates,
      warnings: [],
    },
    idpEntityId: saml.idpEntityId,
    ssoUrl: saml.ssoUrl,
    ssoBinding: saml.ssoBinding,
    sloUrl: saml.sloUrl ?? '',
    certificates: saml.certificates.map((certificate) => certificate.pem.trim()).join('\n'),
    signAuthnRequests: saml.signAuthnRequests,
    allowIdpInitiated: saml.allowIdpInitiated,
    emailFrom: saml.emailFrom === 'nameId' ? 'nameId' : 'claim',
    emailClaim: saml.emailFrom === 'nameId' ? '' : saml.emailFrom.claim,
    subjectClaim: saml.subjectClaim ?? '',
    firstName: saml.attributes.firstName,
    lastName: saml.attributes.lastName,
    refreshFirstName: refreshOf(saml.refresh.firstName),
    refreshLastName: refreshOf(saml.refresh.lastName),
  }
}

function oidcDraftOf({
  attributes,
  refresh,
  issuer: _,
  clientSecretSet,
  ...oidc
}: OidcView): OidcDraft {
  const { discoveryUrl, clientId } = oidc
  return {
    ...oidc,
    clientSecret: '',
    secretOf: clientSecretSet ? { discoveryUrl, clientId } : null,
    firstName: attributes.firstName,
    lastName: attributes.lastName,
    refreshFirstName: refreshOf(refresh.firstName),
    refreshLastName: refreshOf(refresh.lastName),
  }
}

function refreshOf(text: string): Refresh {
  return text === 'first_sign_in' || text === 'portal' ? text : 'every_sign_in'
}

/** What the chosen method is told, or null while something is missing. */
export function settingsOf(draft: Draft): MethodSettings | null {
  if (draft.method === 'google') {
    return { google: { workspaceDomain: draft.workspaceDomain.trim() || null } }
  }
  if (draft.method !== 'sso') return {}
  if (draft.protocol === 'oidc') {
    const oidc = oidcInputOf(draft.oidc)
    return oidc && { oidc }
  }
  const saml = samlInputOf(draft.saml)
  return saml && { saml }
}

/** Whether the stored secret goes with what is typed; it is never sent to another provider. */
export function keepsSecret({ secretOf, discoveryUrl, clientId }: OidcDraft): boolean {
  return secretOf?.discoveryUrl === discoveryUrl.trim() && secretOf.clientId === clientId.trim()
}

export function oidcInputOf(draft: OidcDraft): Sent<typeof OidcInput> | null {
  const needed = [draft.connectionName, draft.discoveryUrl, draft.clientId, draft.emailClaim]
  if (needed.some((text) => text.trim() === '')) return null
  const secret = draft.clientSecret.trim()
  const byKey = draft.clientAuth === 'private_key_jwt'
  if (!byKey && secret === '' && !keepsSecret(draft)) return null
  return {
    connectionName: draft.connectionName.trim(),
    provider: draft.provider,
    discoveryUrl: draft.discoveryUrl.trim(),
    clientId: draft.clientId.trim(),
    ...(!byKey && secret ? { clientSecret: secret } : {}),
    clientAuth: draft.clientAuth,
    emailClaim: draft.emailClaim.trim(),
    subjectClaim: draft.subjectClaim.trim() || 'sub',
    attributes: {
      firstName: draft.firstName.trim() || 'firstName',
      lastName: draft.lastName.trim() || 'lastName',
    },
    refresh: { firstName: draft.refreshFirstName, lastName: draft.refreshLastName },
  }
}

/** The settings to send, or null while the identity provider's side is incomplete. */
export function samlInputOf(draft: SamlDraft): Sent<typeof SamlInput> | null {
  const idp = idpSideOf(draft)
  if (!idp || draft.connectionName.trim() === '') return null
  if (draft.emailFrom === 'claim' && draft.emailClaim.trim() === '') return null
  return {
    connectionName: draft.connectionName.trim(),
    provider: draft.provider,
    ...idp,
    signAuthnRequests: draft.signAuthnRequests,
    allowIdpInitiated: draft.allowIdpInitiated,
    emailFrom: draft.emailFrom === 'nameId' ? 'nameId' : { claim: draft.emailClaim.trim() },
    ...(draft.subjectClaim.trim() ? { subjectClaim: draft.subjectClaim.trim() } : {}),
    attributes: {
      firstName: draft.firstName.trim() || 'firstName',
      lastName: draft.lastName.trim() || 'lastName',
    },
    refresh: { firstName: draft.refreshFirstName, lastName: draft.refreshLastName },
  }
}

function idpSideOf(draft: SamlDraft): Partial<Sent<typeof SamlInput>> | null {
  if (draft.from === 'url') {
    return draft.read && draft.metadataUrl.trim() ? { metadataUrl: draft.metadataUrl.trim() } : null
  }
  if (draft.from === 'xml') {
    return draft.read && draft.metadataXml.trim() ? { metadataXml: draft.metadataXml } : null
  }
  const certificates = certificatesIn(draft.certificates)
  if (!draft.idpEntityId.trim() || !draft.ssoUrl.trim() || certificates.length === 0) return null
  return {
    idpEntityId: draft.idpEntityId.trim(),
    ssoUrl: draft.ssoUrl.trim(),
    ssoBinding: draft.ssoBinding,
    ...(draft.sloUrl.trim() ? { sloUrl: draft.sloUrl.trim() } : {}),
    certificates,
  }
}

/** Several PEM blocks in one text, or one certificate as bare base64. */
function certificatesIn(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)
  if (blocks) return blocks
  return text.trim() === '' ? [] : [text.trim()]
}

/** What Save would change, compared with what is saved. */
export function changesOf(draft: Draft, views: Views) {
  const saved = draftOf(views)
  const method = draft.method !== saved.method
  const settings =
    (draft.method === 'sso' &&
      JSON.stringify(connectionIn(draft)) !== JSON.stringify(connectionIn(saved))) ||
    (draft.method === 'google' && draft.workspaceDomain.trim() !== saved.workspaceDomain)
  const factor =
    draft.method === 'password' && draft.requireSecondFactor !== saved.requireSecondFactor
  const selfService = draft.source === 'portal' && draft.selfService !== saved.selfService
  const moves = draft.source !== saved.source
  const source = moves || selfService
  const login = method || settings || factor
  return { method, factor, source, moves, selfService, login, any: login || source }
}
export type Changes = ReturnType<typeof changesOf>

function connectionIn({ protocol, saml, oidc }: Draft): unknown {
  return protocol === 'oidc' ? oidc : comparable(saml)
}

function comparable(draft: SamlDraft): unknown {
  const { read: _, ...rest } = draft
  if (draft.from === 'fields') return { ...rest, metadataUrl: '', metadataXml: '' }
  const typed = { idpEntityId: '', ssoUrl: '', ssoBinding: '', sloUrl: '', certificates: '' }
  return { ...rest, ...typed }
}
