/**
 * The structure of the messages, as strict as the OASIS and W3C schemas and in some places stricter.
 *
 * Validating against the XSD files costs more than everything else together, so the schema stands
 * here as data. What the schemas leave open (`xs:any`) may hold elements of foreign namespaces only:
 * nothing of SAML, XML Signature or XML Encryption can hide in there.
 */
import type { XmlElement } from './canonical.ts'
import { Fault } from './faults.ts'
import { namespaces } from './names.ts'

type Step = { of: string[]; from: number; to: number }

type Model = {
  required: string[]
  optional: string[]
  /** Attributes of foreign namespaces are welcome. */
  anyAttribute: boolean
  /** `text`: no elements. `any`: foreign elements and those named. A list: these elements in order. */
  content: 'text' | { any: string[] } | Step[]
}

const many = Number.POSITIVE_INFINITY
const one = (...of: string[]): Step => ({ of, from: 1, to: 1 })
const maybe = (...of: string[]): Step => ({ of, from: 0, to: 1 })
const some = (...of: string[]): Step => ({ of, from: 1, to: many })
const any = (...of: string[]): Step => ({ of, from: 0, to: many })

function model(content: Model['content'], attributes = '', anyAttribute = false): Model {
  const names = attributes === '' ? [] : attributes.split(' ')
  const required = names.filter((name) => name.endsWith('!')).map((name) => name.slice(0, -1))
  return { required, optional: names.filter((name) => !name.endsWith('!')), anyAttribute, content }
}

const nameAttributes = 'NameQualifier SPNameQualifier Format SPProvidedID'
const keyInfo = [any('ds:X509Data', 'ds:KeyValue', 'ds:KeyName')]
const statusResponse = 'ID! Version! IssueInstant! InResponseTo Destination Consent'
const encrypted = 'Id Type MimeType Encoding'

/** The element a model is for; `parent/child` where the same element is used in two ways. */
const models: ReadonlyMap<string, Model> = new Map(
  Object.entries({
    // SAML core §3.2.2, §3.3.3
    'samlp:Response': model(
      [
        maybe('saml:Issuer'),
        maybe('ds:Signature'),
        maybe('samlp:Extensions'),
        one('samlp:Status'),
        any('saml:Assertion', 'saml:EncryptedAssertion'),
      ],
      statusResponse,
    ),
    'samlp:Extensions': model({ any: [] }),
    'samlp:Status': model([
      one('samlp:StatusCode'),
      maybe('samlp:StatusMessage'),
      maybe('samlp:StatusDetail'),
    ]),
    'samlp:StatusCode': model([maybe('samlp:StatusCode')], 'Value!'),
    'samlp:StatusMessage': model('text'),
    'samlp:StatusDetail': model({ any: [] }),

    // SAML core §2.2 to §2.4
    // The schema demands an Issuer; a missing one is reported as what it is, by the issuer's rule.
    'saml:Assertion': model(
      [
        maybe('saml:Issuer'),
        maybe('ds:Signature'),
        one('saml:Subject'),
        maybe('saml:Conditions'),
        maybe('saml:Advice'),
        any('saml:AuthnStatement', 'saml:AttributeStatement', 'saml:AuthzDecisionStatement'),
      ],
      'Version! ID! IssueInstant!',
    ),
    'saml:Issuer': model('text', nameAttributes),
    'saml:NameID': model('text', nameAttributes),
    'saml:Subject': model([maybe('saml:NameID'), any('saml:SubjectConfirmation')]),
    'saml:SubjectConfirmation': model(
      [maybe('saml:NameID'), maybe('saml:SubjectConfirmationData')],
      'Method!',
    ),
    'saml:SubjectConfirmationData': model(
      { any: [] },
      'NotBefore NotOnOrAfter Recipient InResponseTo Address',
      true,
    ),
    'saml:Advice': model({ any: ['saml:AssertionIDRef', 'saml:AssertionURIRef'] }),
    'saml:AssertionIDRef': model('text'),
    'saml:AssertionURIRef': model('text'),

    // SAML core §2.5
    'saml:Conditions': model(
      [
        any(
          'saml:AudienceRestriction',
          'saml:OneTimeUse',
          'saml:ProxyRestriction',
          'saml:Condition',
        ),
      ],
      'NotBefore NotOnOrAfter',
    ),
    'saml:AudienceRestriction': model([some('saml:Audience')]),
    'saml:Audience': model('text'),
    'saml:OneTimeUse': model([]),
    'saml:ProxyRestriction': model([any('saml:Audience')], 'Count'),
    'saml:Condition': model({ any: [] }, '', true),

    // SAML core §2.7
    'saml:AuthnStatement': model(
      [maybe('saml:SubjectLocality'), one('saml:AuthnContext')],
      'AuthnInstant! SessionIndex SessionNotOnOrAfter',
    ),
    'saml:SubjectLocality': model([], 'Address DNSName'),
    'saml:AuthnContext': model([
      maybe('saml:AuthnContextClassRef'),
      maybe('saml:AuthnContextDecl', 'saml:AuthnContextDeclRef'),
      any('saml:AuthenticatingAuthority'),
    ]),
    'saml:AuthnContextClassRef': model('text'),
    'saml:AuthnContextDeclRef': model('text'),
    'saml:AuthnContextDecl': model({ any: [] }, '', true),
    'saml:AuthenticatingAuthority': model('text'),
    'saml:AttributeStatement': model([some('saml:Attribute')]),
    'saml:Attribute': model([any('saml:AttributeValue')], 'Name! NameFormat FriendlyName', true),
    'saml:AttributeValue': model({ any: ['saml:NameID'] }, '', true),
    'saml:AuthzDecisionStatement': model(
      [some('saml:Action'), maybe('saml:Evidence')],
      'Resource! Decision!',
    ),
    'saml:Action': model('text', 'Namespace!'),
    'saml:Evidence': model([some('saml:AssertionIDRef', 'saml:AssertionURIRef')]),

    // XML Signature §4, without Object, Manifest and RetrievalMethod
    'ds:Signature': model(
      [one('ds:SignedInfo'), one('ds:SignatureValue'), maybe('ds:KeyInfo')],
      'Id',
    ),
    'ds:SignedInfo': model(
      [one('ds:CanonicalizationMethod'), one('ds:SignatureMethod'), one('ds:Reference')],
      'Id',
    ),
    'ds:CanonicalizationMethod': model([maybe('ec:InclusiveNamespaces')], 'Algorithm!'),
    'ds:SignatureMethod': model([maybe('ds:HMACOutputLength')], 'Algorithm!'),
    'ds:HMACOutputLength': model('text'),
    'ds:Reference': model(
      [one('ds:Transforms'), one('ds:DigestMethod'), one('ds:DigestValue')],
      'URI!',
    ),
    'ds:Transforms': model([some('ds:Transform')]),
    'ds:Transform': model([maybe('ec:InclusiveNamespaces')], 'Algorithm!'),
    'ec:InclusiveNamespaces': model([], 'PrefixList!'),
    'ds:DigestMethod': model([], 'Algorithm!'),
    'ds:DigestValue': model('text'),
    'ds:SignatureValue': model('text', 'Id'),
    'ds:KeyInfo': model(keyInfo, 'Id'),
    'ds:KeyName': model('text'),
    'ds:X509Data': model([
      any(
        'ds:X509Certificate',
        'ds:X509SubjectName',
        'ds:X509IssuerSerial',
        'ds:X509SKI',
        'ds:X509CRL',
      ),
    ]),
    'ds:X509Certificate': model('text'),
    'ds:X509SubjectName': model('text'),
    'ds:X509SKI': model('text'),
    'ds:X509CRL': model('text'),
    'ds:X509IssuerSerial': model([one('ds:X509IssuerName'), one('ds:X509SerialNumber')]),
    'ds:X509IssuerName': model('text'),
    'ds:X509SerialNumber': model('text'),
    'ds:KeyValue': model([one('ds:RSAKeyValue', 'ds:DSAKeyValue', 'dsig11:ECKeyValue')]),
    'ds:RSAKeyValue': model([one('ds:Modulus'), one('ds:Exponent')]),
    'ds:Modulus': model('text'),
    'ds:Exponent': model('text'),
    'ds:DSAKeyValue': model([any('ds:P', 'ds:Q', 'ds:G', 'ds:Y', 'ds:J')]),
    'ds:P': model('text'),
    'ds:Q': model('text'),
    'ds:G': model('text'),
    'ds:Y': model('text'),
    'ds:J': model('text'),
    'dsig11:ECKeyValue': model([one('dsig11:NamedCurve'), one('dsig11:PublicKey')], 'Id'),
    'dsig11:NamedCurve': model([], 'URI!'),
    'dsig11:PublicKey': model('text'),

    // XML Encryption §3, without CipherReference; at most eight keys, each costs a private operation
    'saml:EncryptedAssertion': model([
      one('xenc:EncryptedData'),
      { of: ['xenc:EncryptedKey'], from: 0, to: 8 },
    ]),
    'xenc:EncryptedData': model(
      [one('xenc:EncryptionMethod'), maybe('ds:KeyInfo'), one('xenc:CipherData')],
      encrypted,
    ),
    'xenc:EncryptedData/ds:KeyInfo': model(
      [
        { of: ['xenc:EncryptedKey'], from: 0, to: 8 },
        maybe('ds:RetrievalMethod'),
        any('ds:X509Data', 'ds:KeyName'),
      ],
      'Id',
    ),
    'ds:RetrievalMethod': model([], 'URI! Type'),
    'xenc:EncryptedKey': model(
      [
        one('xenc:EncryptionMethod'),
        maybe('ds:KeyInfo'),
        one('xenc:CipherData'),
        maybe('xenc:ReferenceList'),
        maybe('xenc:CarriedKeyName'),
      ],
      `${encrypted} Recipient`,
    ),
    // AD FS names our certificate inside a WS-Security token reference.
    'xenc:EncryptedKey/ds:KeyInfo': model(
      { any: ['ds:X509Data', 'ds:KeyValue', 'ds:KeyName'] },
      'Id',
    ),
    'xenc:EncryptionMethod': model(
      [
        maybe('xenc:KeySize'),
        maybe('xenc:OAEPparams'),
        maybe('ds:DigestMethod'),
        maybe('xenc11:MGF'),
      ],
      'Algorithm!',
    ),
    'xenc:KeySize': model('text'),
    'xenc:OAEPparams': model('text'),
    'xenc11:MGF': model([], 'Algorithm!'),
    'xenc:CipherData': model([one('xenc:CipherValue')]),
    'xenc:CipherValue': model('text'),
    'xenc:ReferenceList': model([some('xenc:DataReference')]),
    'xenc:DataReference': model([], 'URI!'),
    'xenc:CarriedKeyName': model('text'),

    // SAML core §3.7
    'samlp:LogoutRequest': model(
      [
        maybe('saml:Issuer'),
        maybe('ds:Signature'),
        maybe('samlp:Extensions'),
        one('saml:NameID'),
        any('samlp:SessionIndex'),
      ],
      'ID! Version! IssueInstant! Destination Consent Reason NotOnOrAfter',
    ),
    'samlp:SessionIndex': model('text'),
    'samlp:LogoutResponse': model(
      [maybe('saml:Issuer'), maybe('ds:Signature'), maybe('samlp:Extensions'), one('samlp:Status')],
      statusResponse,
    ),
  }),
)

const known: ReadonlySet<string> = new Set(Object.values(namespaces))

/** Checks a whole message; `root` says which one it has to be. */
export function checkStructure(element: XmlElement, root: string): void {
  if (element.known !== root) {
    throw new Fault('xml.structure', { expected: root, received: clarify(element) })
  }
  const ids = new Set<string>()
  checkElement(element, models.get(root), ids)
}

function checkElement(element: XmlElement, rule: Model | undefined, ids: Set<string>): void {
  if (!rule) throw new Fault('xml.structure', { received: clarify(element) })
  checkAttributes(element, rule, ids)
  if (rule.content === 'text') {
    checkText(element)
  } else if ('any' in rule.content) {
    for (const child of elementsOf(element)) checkForeign(child, rule.content.any, ids)
  } else {
    checkBlank(element)
    const children = elementsOf(element)
    checkOrder(element, children, rule.content)
    for (const child of children) {
      const model = models.get(`${element.known}/${child.known}`) ?? models.get(child.known)
      checkElement(child, model, ids)
    }
  }
}

/** An element in a place that is open for other namespaces, or one that is named there. */
function checkForeign(element: XmlElement, welcome: string[], ids: Set<string>): void {
  if (known.has(element.namespace)) {
    if (!welcome.includes(element.known)) fail(element)
    checkElement(element, models.get(element.known), ids)
    return
  }
  checkAttributes(element, foreign, ids)
  for (const child of elementsOf(element)) checkForeign(child, welcome, ids)
}

const foreign: Model = { required: [], optional: [], anyAttribute: true, content: { any: [] } }

/** The content models of SAML are deterministic, so taking as many as possible is always right. */
function checkOrder(element: XmlElement, children: XmlElement[], steps: Step[]): void {
  let next = 0
  for (const { of, from, to } of steps) {
    let taken = 0
    while (taken < to && next < children.length && of.includes(children[next]?.known ?? '')) {
      taken += 1
      next += 1
    }
    if (taken < from) {
      throw new Fault('xml.structure', {
        expected: `${of.join(' or ')} in ${element.known}`,
        received: next < children.length ? clarify(children[next]) : 'nothing',
      })
    }
  }
  if (next < children.length) {
    const received = `${clarify(children[next])} in ${element.known}`
    throw new Fault('xml.structure', { received })
  }
}

function checkAttributes(element: XmlElement, rule: Model, ids: Set<string>): void {
  for (const attribute of element.attributes) {
    checkId(attribute.name, attribute.value, ids)
    if (attribute.namespace === '') {
      const { name } = attribute
      const listed = rule.required.includes(name) || rule.optional.includes(name)
      if (!listed && rule !== foreign) {
        throw new Fault('xml.structure', { received: `${name} of ${clarify(element)}` })
      }
    } else if (attribute.namespace === namespaces.xml) {
      // xml:base and xml:id would steer what canonicalisation and references see.
      if (attribute.name === 'base' || attribute.name === 'id' || !rule.anyAttribute) fail(element)
    } else if (attribute.namespace !== namespaces.xsi) {
      if (!rule.anyAttribute || known.has(attribute.namespace)) fail(element)
    }
  }
  for (const name of rule.required) {
    const present = element.attributes.some(
      (attribute) => attribute.namespace === '' && attribute.name === name,
    )
    if (!present) {
      const expected = `${name} of ${element.known}`
      throw new Fault('xml.structure', { expected, received: 'nothing' })
    }
  }
}

const idName = /^(?:id|assertionid)$/i
/** An NCName, as xs:ID wants it, in ASCII and of a length that fits a store. */
const idValue = /^[A-Za-z_][A-Za-z0-9_.-]{0,249}$/

/** Attributes of any namespace that some other reader might take for an ID count as IDs. */
function checkId(name: string, value: string, ids: Set<string>): void {
  if (!idName.test(name)) return
  if (!idValue.test(value) || ids.has(value)) throw new Fault('xml.ids', { received: value })
  ids.add(value)
}

function checkText(element: XmlElement): void {
  for (const child of element.children) if (typeof child !== 'string') fail(child)
}

function checkBlank(element: XmlElement): void {
  for (const child of element.children) {
    if (typeof child === 'string' && /[^\t\n\r ]/.test(child)) fail(element)
  }
}

function elementsOf(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => typeof child !== 'string')
}

function clarify(element: XmlElement | undefined): string {
  if (!element) return 'nothing'
  return element.known.startsWith('?') ? `{${element.namespace}}${element.name}` : element.known
}

function fail(element: XmlElement): never {
  throw new Fault('xml.structure', { received: clarify(element) })
}
