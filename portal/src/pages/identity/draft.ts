import type {
  LoginMethod,
  LoginMethodView,
  MetadataView,
  ProvisioningSource,
  ProvisioningView,
  SamlInput,
  SamlView,
} from '../../../../contract/src/index.ts'
import type { Seen, Sent, Versioned } from '../../client/index.ts'

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
export type Draft = {
  method: LoginMethod | null
  /** Under the password. */
  requireSecondFactor: boolean
  saml: SamlDraft
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

/** The form that shows exactly what is saved. */
export function draftOf({ login, provisioning }: Views): Draft {
  const { method, saml } = login.value
  return {
    method,
    requireSecondFactor: login.value.password.requireSecondFactor,
    saml: saml ? samlDraftOf(saml) : blank,
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

function refreshOf(text: string): Refresh {
  return text === 'first_sign_in' || text === 'portal' ? text : 'every_sign_in'
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
  const saml =
    draft.method === 'sso' &&
    JSON.stringify(comparable(draft.saml)) !== JSON.stringify(comparable(saved.saml))
  const factor =
    draft.method === 'password' && draft.requireSecondFactor !== saved.requireSecondFactor
  const selfService = draft.source === 'portal' && draft.selfService !== saved.selfService
  const source = draft.source !== saved.source || selfService
  const login = method || saml || factor
  return { method, saml, factor, source, selfService, login, any: login || source }
}
export type Changes = ReturnType<typeof changesOf>

function comparable(draft: SamlDraft): unknown {
  const { read: _, ...rest } = draft
  if (draft.from === 'fields') return { ...rest, metadataUrl: '', metadataXml: '' }
  const typed = { idpEntityId: '', ssoUrl: '', ssoBinding: '', sloUrl: '', certificates: '' }
  return { ...rest, ...typed }
}
