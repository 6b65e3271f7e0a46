/** Reading an identity provider's metadata (SAML metadata §2.3, §2.4.3). */
import { Refused } from '../../model/refusals.ts'
import type { IdpCertificate, SamlSettings } from '../../model/saml.ts'
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from './canonical.ts'
import { readCertificate } from './certificates.ts'
import { metadataLimits, parseDocument } from './document.ts'
import { Fault } from './faults.ts'
import { bindings, namespaces } from './names.ts'
import { readInstant, skew } from './time.ts'

export type IdpMetadata = {
  settings: Pick<SamlSettings, 'idpEntityId' | 'ssoUrl' | 'ssoBinding' | 'certificates'> & {
    sloUrl?: string
  }
  /** For the manager who imports it: what was left out and what will be due soon. */
  warnings: string[]
}

export function readIdpMetadata(xml: string, { now }: { now: number }): IdpMetadata {
  const entity = findIdentityProvider(parse(xml), now)
  const role = roleOf(entity)
  if (!role) return refuse('It describes no SAML 2.0 identity provider.')
  checkValid(role, now)
  const warnings: string[] = []
  const idpEntityId = attributeOf(entity, 'entityID') ?? ''
  if (idpEntityId === '' || idpEntityId.length > 1024) refuse('Its entityID is missing.')
  const sso = endpoint(role, 'md:SingleSignOnService')
  if (!sso) return refuse('It names no sign-on URL with HTTP-Redirect or HTTP-POST binding.')
  const slo = endpoint(role, 'md:SingleLogoutService')
  for (const { url } of slo ? [sso, slo] : [sso]) {
    if (!url.startsWith('https:')) warnings.push(`${url} is not protected by TLS.`)
  }
  const certificates = readCertificates(role, now, warnings)
  return {
    settings: {
      idpEntityId,
      ssoUrl: sso.url,
      ssoBinding: sso.binding,
      certificates,
      ...(slo ? { sloUrl: slo.url } : {}),
    },
    warnings,
  }
}

function parse(xml: string): XmlElement {
  try {
    return parseDocument(xml.replace(/^\uFEFF/, ''), metadataLimits).root
  } catch (fault) {
    if (fault instanceof Fault) return refuse(`${fault.message}: this one breaks that rule.`)
    throw fault
  }
}

function findIdentityProvider(root: XmlElement, now: number): XmlElement {
  checkValid(root, now)
  if (root.known === 'md:EntityDescriptor') return root
  if (root.known !== 'md:EntitiesDescriptor') {
    return refuse('Its root is not an EntityDescriptor. Is it the metadata file at all?')
  }
  const candidates = childrenOf(root, 'md:EntityDescriptor').filter((one) => roleOf(one))
  const [only, ...others] = candidates
  if (!only || others.length > 0) {
    return refuse(`It describes ${candidates.length} identity providers; exactly one is needed.`)
  }
  return only
}

function roleOf(entity: XmlElement): XmlElement | undefined {
  return childrenOf(entity, 'md:IDPSSODescriptor').find((role) =>
    (attributeOf(role, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(namespaces.samlp),
  )
}

function checkValid(element: XmlElement, now: number): void {
  const until = attributeOf(element, 'validUntil')
  if (until === undefined) return
  if (instantOf(until) + skew <= now) refuse(`It expired on ${until}. Download it again.`)
}

function instantOf(text: string): number {
  try {
    return readInstant(text)
  } catch (fault) {
    if (fault instanceof Fault) return refuse(`Its validUntil is not a time in UTC: ${text}.`)
    throw fault
  }
}

/** Redirect is what every provider offers and what keeps the browser's history clean. */
function endpoint(role: XmlElement, known: string) {
  for (const binding of ['redirect', 'post'] as const) {
    const found = childrenOf(role, known).find(
      (service) => attributeOf(service, 'Binding') === bindings[binding],
    )
    const url = found && attributeOf(found, 'Location')
    if (url === undefined) continue
    checkUrl(url)
    return { url, binding }
  }
  return undefined
}

function checkUrl(url: string): void {
  const parsed = URL.parse(url)
  const scheme = parsed?.protocol
  if (!parsed || (scheme !== 'https:' && scheme !== 'http:') || url.length > 2048) {
    refuse(`${url.slice(0, 200)} is not a web address.`)
  }
  if (parsed?.username || parsed?.password) refuse('Its URLs contain user names or passwords.')
  if (/[\s"'<>\\]/.test(url)) refuse('Its URLs contain characters that no URL may contain.')
}

const soon = 30 * 24 * 60 * 60 * 1000
const mostCertificates = 20

function readCertificates(role: XmlElement, now: number, warnings: string[]): IdpCertificate[] {
  const found = new Map<string, IdpCertificate>()
  for (const text of signingCertificates(role).slice(0, mostCertificates)) {
    try {
      const certificate = readCertificate(text)
      found.set(certificate.fingerprint, certificate)
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused
      warnings.push(`A certificate was left out. ${refused.refusal.detail}`)
    }
  }
  const usable = [...found.values()].filter(({ notAfter, subject }) => {
    const day = new Date(notAfter).toISOString().slice(0, 10)
    if (notAfter <= now) warnings.push(`A certificate (${subject}) was left out: expired ${day}.`)
    else if (notAfter <= now + soon) warnings.push(`A certificate (${subject}) expires on ${day}.`)
    return notAfter > now
  })
  if (usable.length > 0) return usable
  throw new Refused({
    code: 'saml.certificate_required',
    detail: ['The metadata holds no usable signing certificate.', ...warnings].join(' '),
  })
}

/** A KeyDescriptor without `use` is for both purposes (SAML metadata §2.4.1.1). */
function signingCertificates(role: XmlElement): string[] {
  return childrenOf(role, 'md:KeyDescriptor')
    .filter((key) => (attributeOf(key, 'use') ?? 'signing') === 'signing')
    .flatMap((key) => childrenOf(key, 'ds:KeyInfo'))
    .flatMap((info) => childrenOf(info, 'ds:X509Data'))
    .map((data) => childOf(data, 'ds:X509Certificate'))
    .filter((certificate) => certificate !== undefined)
    .map(plainText)
}

function plainText(element: XmlElement): string {
  try {
    return textOf(element)
  } catch (fault) {
    if (fault instanceof Fault) return refuse('A certificate in it holds elements.')
    throw fault
  }
}

function refuse(why: string): never {
  throw new Refused({
    code: 'saml.metadata_invalid',
    detail: `This metadata cannot be used. ${why}`,
  })
}
