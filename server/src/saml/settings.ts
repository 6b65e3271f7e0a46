import { type Outbound, OutboundError } from '../lib/outbound.ts'
import type { SamlConnection } from '../model/connection.ts'
import { Refused } from '../model/refusals.ts'
import type { EmailFrom, SamlSettings } from '../model/saml.ts'
import { type IdpMetadata, loadParser, readCertificate, readIdpMetadata } from './core/index.ts'

/** SAML settings as a manager or an operator writes them (LM-21). */
export type SamlWish = {
  connectionName: string
  provider: SamlConnection['provider']
  metadataXml?: string | undefined
  metadataUrl?: string | undefined
  idpEntityId?: string | undefined
  ssoUrl?: string | undefined
  ssoBinding?: 'redirect' | 'post' | undefined
  sloUrl?: string | undefined
  certificates?: string[] | undefined
  signAuthnRequests: boolean
  allowIdpInitiated: boolean
  emailFrom: EmailFrom
  subjectClaim?: string | undefined
  attributes: { firstName: string; lastName: string }
  refresh: SamlConnection['refresh']
}

const metadataTypes = 'application/samlmetadata+xml, application/xml, text/xml'

/** Metadata from XML or a public URL (SE-8); stores nothing. */
export async function readMetadata(
  outbound: Pick<Outbound, 'getText'>,
  from: { metadataXml?: string | undefined; metadataUrl?: string | undefined },
  now: number,
): Promise<IdpMetadata> {
  await loadParser()
  if (from.metadataXml !== undefined) return readIdpMetadata(from.metadataXml, { now })
  if (from.metadataUrl === undefined) {
    throw new Refused({ code: 'request.invalid', detail: 'Give the metadata as XML or as a URL.' })
  }
  return readIdpMetadata(await fetchMetadata(outbound, from.metadataUrl), { now })
}

async function fetchMetadata(outbound: Pick<Outbound, 'getText'>, url: string): Promise<string> {
  try {
    return await outbound.getText(url, metadataTypes)
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    const errors = [{ pointer: '/saml/metadataUrl', code: 'unreachable' }]
    throw new Refused({
      code: error.notAllowed ? 'url.not_allowed' : 'saml.metadata_invalid',
      detail: error.message,
      errors,
    })
  }
}

/**
 * Turns what was typed into settings. Metadata fills what no field says; a field that is typed wins,
 * so that a settings form can be saved again as it stands.
 */
export async function readSettings(
  outbound: Pick<Outbound, 'getText'>,
  wish: SamlWish,
  now: number,
): Promise<SamlConnection> {
  const complete = wish.idpEntityId && wish.ssoUrl && wish.certificates
  const metadata =
    wish.metadataXml !== undefined || (wish.metadataUrl !== undefined && !complete)
      ? await readMetadata(outbound, wish, now)
      : undefined
  const from = metadata?.settings
  const idpEntityId = from?.idpEntityId ?? wish.idpEntityId
  const ssoUrl = from?.ssoUrl ?? wish.ssoUrl
  const missing = [
    ...(idpEntityId ? [] : [{ pointer: '/saml/idpEntityId', code: 'required' }]),
    ...(ssoUrl ? [] : [{ pointer: '/saml/ssoUrl', code: 'required' }]),
  ]
  if (!idpEntityId || !ssoUrl) {
    throw new Refused({
      code: 'request.invalid',
      detail:
        'Give the metadata of the identity provider, or its SSO URL, entity ID and certificate.',
      errors: missing,
    })
  }
  const certificates = from?.certificates ?? (wish.certificates ?? []).map(readCertificate)
  if (certificates.length === 0) {
    throw new Refused({
      code: 'saml.certificate_required',
      detail: 'Without a certificate of the identity provider no signature can be checked.',
      errors: [{ pointer: '/saml/certificates', code: 'required' }],
    })
  }
  const sloUrl = from?.sloUrl ?? wish.sloUrl
  const saml: SamlSettings = {
    idpEntityId,
    ssoUrl,
    ssoBinding: from?.ssoBinding ?? wish.ssoBinding ?? 'redirect',
    ...(sloUrl && { sloUrl }),
    certificates,
    signAuthnRequests: wish.signAuthnRequests,
    allowIdpInitiated: wish.allowIdpInitiated,
    emailFrom: wish.emailFrom,
    ...(wish.subjectClaim && { subjectClaim: wish.subjectClaim }),
    attributes: wish.attributes,
    ...(wish.metadataUrl && { metadataUrl: wish.metadataUrl }),
  }
  return {
    protocol: 'saml',
    name: wish.connectionName,
    provider: wish.provider,
    saml,
    refresh: wish.refresh,
  }
}
