/** Documents that nobody may be signed in by, as data, row by row of the threat list. */
import type { RefusalCode } from '../../src/model/refusals.ts'
import {
  algorithms,
  base64,
  behindIssuer,
  encryptedAssertionXml,
  formats,
  instant,
  type ResponseOptions,
  signXml,
  x509DataXml,
} from '../identity-provider.ts'
import {
  ada,
  evil,
  facts,
  type HostileCase,
  honest,
  idOf,
  key,
  mallory,
  minute,
  parts,
  signatureOf,
  unsigned,
  type World,
} from './world.ts'

type Row = [
  name: string,
  code: RefusalCode,
  xml: (world: World) => string | Buffer,
  settings?: HostileCase['settings'],
]

function family(className: string, rows: Row[]): HostileCase[] {
  return rows.map(([name, code, xml, settings]) => ({
    class: className,
    name,
    code,
    build: (world) => base64(xml(world) as string),
    ...(settings ? { settings } : {}),
  }))
}

/** The same with the form field itself in the hands of the attacker. */
function fields(
  className: string,
  rows: [string, RefusalCode, (world: World) => string][],
): HostileCase[] {
  return rows.map(([name, code, build]) => ({ class: className, name, code, build }))
}

/** A response with these deviations, honestly signed. */
const signed =
  (overrides: Partial<ResponseOptions> | ((world: World) => Partial<ResponseOptions>)) =>
  (world: World) =>
    honest(world, typeof overrides === 'function' ? overrides(world) : overrides)

/** A change made after signing. */
const changed = (change: (xml: string, world: World) => string) => (world: World) =>
  change(honest(world), world)

const insertBefore = (xml: string, mark: string, what: string) =>
  xml.replace(mark, () => `${what}${mark}`)

const emptySignature = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'

const notSigned = family('Not signed, or not what is signed', [
  ['no signature at all', 'saml.signature_missing', signed({ sign: 'none' })],
  [
    'an empty signature element',
    'saml.malformed',
    (w) => {
      const xml = honest(w, { sign: 'none' })
      return behindIssuer(xml, idOf(parts(xml).assertion), emptySignature)
    },
  ],
  [
    'the signature twice',
    'saml.malformed',
    changed((xml) => xml.replace(signatureOf(xml), (one) => one + one)),
  ],
  [
    'the signature in another namespace',
    'saml.malformed',
    changed((xml) => xml.replaceAll('http://www.w3.org/2000/09/xmldsig#"', 'urn:other"')),
  ],
  ...['Extensions', 'StatusDetail'].map(
    (place): Row => [
      `the signature under ${place}`,
      'saml.malformed',
      changed((xml) => {
        const signature = signatureOf(xml)
        const bare = unsigned(xml)
        return place === 'Extensions'
          ? insertBefore(
              bare,
              '<samlp:Status>',
              `<samlp:Extensions>${signature}</samlp:Extensions>`,
            )
          : insertBefore(
              bare,
              '</samlp:Status>',
              `<samlp:StatusDetail>${signature}</samlp:StatusDetail>`,
            )
      }),
    ],
  ),
  [
    'the signature under Advice',
    'saml.malformed',
    changed((xml) =>
      insertBefore(
        unsigned(xml),
        '<saml:AuthnStatement',
        `<saml:Advice>${signatureOf(xml)}</saml:Advice>`,
      ),
    ),
  ],
  [
    'the signature inside the issuer',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      const bare = unsigned(assertion)
      return head + insertBefore(bare, '</saml:Issuer>', signatureOf(xml)) + tail
    }),
  ],
  [
    'the signature inside an attribute value',
    'saml.malformed',
    changed((xml) => insertBefore(unsigned(xml), '</saml:AttributeValue>', signatureOf(xml))),
  ],
  [
    'an Object beside the signed content',
    'saml.malformed',
    changed((xml) => insertBefore(xml, '</ds:Signature>', '<ds:Object>extra</ds:Object>')),
  ],
  [
    'a signature over the Status alone',
    'saml.malformed',
    (w) => {
      const xml = honest(w, { sign: 'none' }).replace('<samlp:Status>', '<samlp:Status ID="_s">')
      return signXml(xml, '_s', {
        key: w.idp.key,
        place: (all, signature) => behindIssuer(all, idOf(parts(xml).assertion), signature),
      })
    },
  ],
  [
    'a signed metadata snippet instead of a response',
    'saml.malformed',
    (w) =>
      signXml(
        `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_m" entityID="${w.idp.entityId}"></md:EntityDescriptor>`,
        '_m',
        { key: w.idp.key },
      ),
  ],
  [
    'a detached reference to another document',
    'saml.malformed',
    signed({ signing: { referenceUri: 'https://idp.example/good.xml' } }),
  ],
  ['a reference with an empty URI', 'saml.malformed', signed({ signing: { referenceUri: '' } })],
  [
    'a reference by XPointer',
    'saml.malformed',
    signed({ assertionId: '_a1', signing: { referenceUri: "#xpointer(id('_a1'))" } }),
  ],
  [
    'two references',
    'saml.malformed',
    signed({
      signing: {
        signedInfo: (xml) => {
          const reference = /<ds:Reference[\s\S]*<\/ds:Reference>/.exec(xml)?.[0] ?? ''
          return xml.replace(reference, reference + reference)
        },
      },
    }),
  ],
  [
    'no reference',
    'saml.malformed',
    signed({
      signing: { signedInfo: (xml) => xml.replace(/<ds:Reference[\s\S]*<\/ds:Reference>/, '') },
    }),
  ],
  [
    'an assertion whose signature refers to the response around it',
    'saml.malformed',
    signed({ responseId: '_r1', signing: { referenceUri: '#_r1' } }),
  ],
  [
    'a response whose signature refers to the assertion inside',
    'saml.malformed',
    signed({ assertionId: '_a1', sign: 'response', signing: { referenceUri: '#_a1' } }),
  ],
  [
    'an unsigned assertion beside the signed one',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      return head + assertion + evil(unsigned(assertion), '_evil') + tail
    }),
  ],
  [
    'an unsigned assertion before the signed one',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      return head + evil(unsigned(assertion), '_evil') + assertion + tail
    }),
  ],
  [
    'a signed response into which a foreign assertion was put',
    'saml.signature_invalid',
    (w) => {
      const { head, tail } = parts(honest(w, { sign: 'response' }))
      return head + evil(parts(honest(w, { sign: 'none' })).assertion) + tail
    },
  ],
  [
    'a signed response whose own signature was taken off',
    'saml.signature_missing',
    (w) => unsigned(honest(w, { sign: 'response' })),
  ],
  [
    'a good response signature around an assertion signed by someone else',
    'saml.signature_invalid',
    signed({ sign: 'both', signing: { key: key('rsa2048') } }),
  ],
  [
    'a good assertion in a response signed by someone else',
    'saml.signature_invalid',
    signed({ sign: 'both', responseSigning: { key: key('rsa2048') } }),
  ],
  [
    'another person written into the signed assertion',
    'saml.signature_invalid',
    changed((xml) => evil(xml)),
  ],
  [
    'an attribute added to the signed assertion',
    'saml.signature_invalid',
    changed((xml) =>
      insertBefore(
        xml,
        '</saml:AttributeStatement>',
        '<saml:Attribute Name="role"><saml:AttributeValue>admin</saml:AttributeValue></saml:Attribute>',
      ),
    ),
  ],
  [
    'the signature of another response of the same provider',
    'saml.signature_invalid',
    (w) => {
      const assertionId = '_a1'
      const other = honest(w, { nameId: mallory, assertionId })
      const xml = honest(w, { assertionId })
      return xml.replace(signatureOf(xml), signatureOf(other))
    },
  ],
])

/** The evil content is what a careless reader takes; the good content is what verifies. */
const wrapping = family('Signature wrapping', [
  [
    'XSW1: an evil response, the signed one inside its signature',
    'saml.malformed',
    (w) => {
      const xml = honest(w, { sign: 'response' })
      const signature = signatureOf(xml)
      const wrapped = signature.replace('</ds:Signature>', () => `${unsigned(xml)}</ds:Signature>`)
      return evil(xml, '_evil').replace(signature, () => wrapped)
    },
  ],
  [
    'XSW2: an evil response, the signed one before the signature',
    'saml.malformed',
    (w) => {
      const xml = honest(w, { sign: 'response' })
      const signature = signatureOf(xml)
      return evil(xml, '_evil').replace(signature, () => unsigned(xml) + signature)
    },
  ],
  [
    'XSW2 mirrored: the signed response behind the signature',
    'saml.malformed',
    (w) => {
      const xml = honest(w, { sign: 'response' })
      const signature = signatureOf(xml)
      return evil(xml, '_evil').replace(signature, () => signature + unsigned(xml))
    },
  ],
  [
    'XSW3: an evil assertion first, the signed one second',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      return head + evil(unsigned(assertion), '_evil') + assertion + tail
    }),
  ],
  [
    'XSW3 mirrored: the evil assertion last',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      return head + assertion + evil(unsigned(assertion), '_evil') + tail
    }),
  ],
  [
    'XSW4: the signed assertion inside an evil one',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      const outer = evil(unsigned(assertion), '_evil')
      return head + insertBefore(outer, '</saml:Assertion>', assertion) + tail
    }),
  ],
  [
    'XSW4 mirrored: the evil assertion inside the signed one',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      const inner = evil(unsigned(assertion), '_evil')
      return head + insertBefore(assertion, '</saml:Assertion>', inner) + tail
    }),
  ],
  [
    'XSW5: the evil assertion keeps the signature, the good one follows bare',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      return head + evil(assertion, '_evil') + unsigned(assertion) + tail
    }),
  ],
  [
    'XSW6: the good assertion inside the signature of the evil one',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      const outer = evil(assertion, '_evil')
      return head + insertBefore(outer, '</ds:Signature>', unsigned(assertion)) + tail
    }),
  ],
  [
    'XSW7: the good assertion in Extensions',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      const hidden = `<samlp:Extensions>${unsigned(assertion)}</samlp:Extensions>`
      return insertBefore(head, '<samlp:Status>', hidden) + evil(assertion, '_evil') + tail
    }),
  ],
  [
    'XSW7 mirrored: the evil assertion in Extensions',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      const hidden = `<samlp:Extensions>${evil(unsigned(assertion), '_evil')}</samlp:Extensions>`
      return insertBefore(head, '<samlp:Status>', hidden) + assertion + tail
    }),
  ],
  [
    'XSW8: the good assertion in an Object of the signature',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      const object = `<ds:Object>${unsigned(assertion)}</ds:Object>`
      const outer = evil(assertion, '_evil')
      return head + insertBefore(outer, '</ds:Signature>', object) + tail
    }),
  ],
  ...(
    [
      ['StatusDetail', '</samlp:Status>', 'samlp:StatusDetail'],
      ['StatusMessage', '</samlp:Status>', 'samlp:StatusMessage'],
      ['Advice', '<saml:AuthnStatement', 'saml:Advice'],
      ['a condition', '</saml:Conditions>', 'saml:Condition'],
      ['an attribute value', '</saml:AttributeStatement>', 'saml:AttributeValue'],
      ['an authentication context declaration', '</saml:AuthnContext>', 'saml:AuthnContextDecl'],
    ] as const
  ).map(
    ([where, mark, element]): Row => [
      `the good assertion wrapped into ${where}`,
      'saml.malformed',
      changed((xml) => {
        const { head, assertion, tail } = parts(xml)
        const good = unsigned(assertion)
        const inside = `<${element}>${good}</${element}>`
        const hidden =
          element === 'saml:AttributeValue'
            ? `<saml:Attribute Name="x">${inside}</saml:Attribute>`
            : inside
        const outer = evil(assertion, '_evil')
        return head.includes(mark)
          ? insertBefore(head, mark, hidden) + outer + tail
          : head + insertBefore(outer, mark, hidden) + tail
      }),
    ],
  ),
  [
    'the good assertion wrapped into a subject confirmation',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      const outer = evil(assertion, '_evil').replace(
        /(<saml:SubjectConfirmationData[^>]*)\/>/,
        (_, open: string) => `${open}>${unsigned(assertion)}</saml:SubjectConfirmationData>`,
      )
      return head + outer + tail
    }),
  ],
  [
    'the good assertion wrapped into a foreign element of an attribute value',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      const hidden = `<x xmlns="urn:x">${unsigned(assertion)}</x>`
      const outer = evil(assertion, '_evil')
      return head + insertBefore(outer, '</saml:AttributeValue>', hidden) + tail
    }),
  ],
  [
    'two assertions under one ID, the evil one first',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      return head + evil(unsigned(assertion)) + assertion + tail
    }),
  ],
  [
    'response and assertion under one ID',
    'saml.malformed',
    signed({ responseId: '_same', assertionId: '_same' }),
  ],
  ...['Id', 'id', 'AssertionID', 'xml:id', 'x:ID'].map(
    (attribute): Row => [
      `the signed ID again as ${attribute} on another element`,
      'saml.malformed',
      signed({
        assertionId: '_a1',
        afterSigning: (xml) =>
          xml.replace(
            '<samlp:Status>',
            `<samlp:Extensions><e xmlns="urn:e" xmlns:x="urn:x" ${attribute}="_a1"/></samlp:Extensions><samlp:Status>`,
          ),
      }),
    ],
  ),
  [
    'an assertion with ID and Id',
    'saml.malformed',
    changed((xml) => xml.replace('<saml:Assertion ', '<saml:Assertion Id="_evil" ')),
  ],
  [
    'an assertion inside an encrypted assertion element',
    'saml.malformed',
    changed((xml) => {
      const { head, assertion, tail } = parts(xml)
      return `${head}<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${assertion}</saml:EncryptedAssertion>${tail}`
    }),
  ],
  [
    'a response inside the response',
    'saml.malformed',
    (w) => {
      const outer = honest(w, { sign: 'none' })
      return insertBefore(outer, '</samlp:Response>', honest(w))
    },
  ],
])

const differentials = family('Parser differentials', [
  [
    'a comment in the NameID',
    'saml.malformed',
    changed((xml) => xml.replace(ada, 'ada@acme.example<!---->.evil.example')),
  ],
  ['a comment before the root', 'saml.malformed', changed((xml) => `<!-- -->${xml}`)],
  ['a comment behind the root', 'saml.malformed', changed((xml) => `${xml}<!-- -->`)],
  [
    'a comment in the issuer',
    'saml.malformed',
    changed((xml, w) => xml.replace(w.idp.entityId, `${w.idp.entityId}<!-- x -->`)),
  ],
  [
    'a CDATA section in the NameID',
    'saml.malformed',
    changed((xml) => xml.replace(ada, `<![CDATA[${ada}]]>`)),
  ],
  [
    'a processing instruction in the NameID',
    'saml.malformed',
    changed((xml) => xml.replace(ada, 'ada<?x y?>@acme.example')),
  ],
  [
    'a processing instruction before the root',
    'saml.malformed',
    changed((xml) => `<?xml-stylesheet href="https://evil.example/x.xsl"?>${xml}`),
  ],
  ['a document type', 'saml.malformed', changed((xml) => `<!DOCTYPE samlp:Response>${xml}`)],
  [
    'an entity declaration used as e-mail',
    'saml.malformed',
    changed((xml) => `<!DOCTYPE r [<!ENTITY who "${mallory}">]>${xml.replace(ada, '&who;')}`),
  ],
  [
    'an entity that nobody declared',
    'saml.malformed',
    changed((xml) => xml.replace(ada, '&nbsp;ada@acme.example')),
  ],
  [
    'an attribute default from a document type',
    'saml.malformed',
    changed((xml) => `<!DOCTYPE r [<!ATTLIST saml:Assertion ID CDATA "_x">]>${xml}`),
  ],
  [
    'the same attribute twice',
    'saml.malformed',
    changed((xml) => xml.replace('<saml:Assertion ', '<saml:Assertion Version="2.0" ')),
  ],
  [
    'the same attribute twice under two prefixes of one namespace',
    'saml.malformed',
    signed({
      attributeStatementXml:
        '<saml:AttributeStatement><saml:Attribute Name="a" xmlns:p="urn:p" xmlns:q="urn:p"><saml:AttributeValue/></saml:Attribute></saml:AttributeStatement>',
      afterSigning: (xml) => xml.replace('Name="a"', 'Name="a" p:x="1" q:x="2"'),
    }),
  ],
  ['two root elements', 'saml.malformed', (w) => honest(w) + honest(w)],
  ['text behind the root element', 'saml.malformed', changed((xml) => `${xml}x`)],
  ['text before the root element', 'saml.malformed', changed((xml) => `x${xml}`)],
  [
    'UTF-16 with a byte order mark',
    'saml.malformed',
    (w) => Buffer.from(`\uFEFF${honest(w)}`, 'utf16le'),
  ],
  [
    'a UTF-16 label on UTF-8 text',
    'saml.malformed',
    changed((xml) => `<?xml version="1.0" encoding="UTF-16"?>${xml}`),
  ],
  [
    'a UTF-7 label',
    'saml.malformed',
    changed((xml) => `<?xml version="1.0" encoding="UTF-7"?>${xml}`),
  ],
  [
    'an ISO-8859-1 label',
    'saml.malformed',
    changed((xml) => `<?xml version="1.0" encoding="ISO-8859-1"?>${xml}`),
  ],
  ['XML 1.1', 'saml.malformed', changed((xml) => `<?xml version="1.1"?>${xml}`)],
  [
    'a second XML declaration',
    'saml.malformed',
    changed((xml) => `<?xml version="1.0"?><?xml version="1.0"?>${xml}`),
  ],
  ['a NUL character', 'saml.malformed', changed((xml) => xml.replace(ada, `${ada}\u0000.evil`))],
  [
    'a NUL character as reference',
    'saml.malformed',
    changed((xml) => xml.replace(ada, `${ada}&#0;.evil`)),
  ],
  [
    'invalid UTF-8',
    'saml.malformed',
    (w) => {
      const bytes = Buffer.from(honest(w))
      bytes[bytes.indexOf('ada@')] = 0xc0
      return bytes
    },
  ],
  [
    'overlong UTF-8',
    'saml.malformed',
    (w) => {
      const xml = honest(w)
      const at = xml.indexOf(ada)
      return Buffer.concat([
        Buffer.from(xml.slice(0, at)),
        Buffer.from([0xc1, 0xa1]),
        Buffer.from(xml.slice(at + 1)),
      ])
    },
  ],
  [
    'a carriage return smuggled into the NameID as reference',
    'saml.signature_invalid',
    changed((xml) => xml.replace(ada, `${ada}&#13;`)),
  ],
  [
    'an undeclared prefix',
    'saml.malformed',
    changed((xml) => xml.replace('<saml:Subject>', '<saml:Subject x:y="1">')),
  ],
  ['an element that is never closed', 'saml.malformed', changed((xml) => xml.slice(0, -3))],
  [
    'elements closed in the wrong order',
    'saml.malformed',
    changed((xml) =>
      xml.replace('</saml:NameID><saml:SubjectConfirmation', '<saml:SubjectConfirmation'),
    ),
  ],
  ['an empty document', 'saml.malformed', () => ' '],
  ['HTML', 'saml.malformed', () => '<html><body>Sign in</body></html>'],
  ['JSON', 'saml.malformed', () => '{"email":"ada@acme.example"}'],
])

const steered = family('Void or steered canonicalisation', [
  [
    'a relative namespace URI, which canonicalisation chokes on',
    'saml.malformed',
    changed((xml) => xml.replace('<samlp:Response ', '<samlp:Response xmlns:r="relative" ')),
  ],
  [
    'a relative namespace URI inside the signature',
    'saml.malformed',
    changed((xml) => xml.replace('<ds:SignedInfo', '<ds:SignedInfo xmlns:r="1"')),
  ],
  [
    'a prefix list of thousands',
    'saml.malformed',
    signed({
      signing: { inclusivePrefixes: Array.from({ length: 5000 }, (_, at) => `p${at}`).join(' ') },
    }),
  ],
  [
    'xml:base on the assertion',
    'saml.malformed',
    changed((xml) =>
      xml.replace('<saml:Assertion ', '<saml:Assertion xml:base="https://evil.example/" '),
    ),
  ],
  [
    'xml:base on the response',
    'saml.malformed',
    signed({ rootAttributes: ' xml:base="https://evil.example/"' }),
  ],
  [
    'xml:space on the assertion',
    'saml.malformed',
    signed({
      assertion: (xml) => xml.replace('<saml:Assertion ', '<saml:Assertion xml:space="preserve" '),
    }),
  ],
  [
    'the ds prefix bound to another namespace around SignedInfo',
    'saml.malformed',
    changed((xml) => xml.replace('<ds:SignedInfo>', '<ds:SignedInfo xmlns:ds="urn:evil">')),
  ],
  [
    'an unused namespace declared on SignedInfo under inclusive canonicalisation',
    'saml.signature_invalid',
    signed({
      signing: { c14n: algorithms.inclusive },
      afterSigning: (xml) =>
        xml.replace('<ds:SignedInfo>', '<ds:SignedInfo xmlns:evil="urn:evil">'),
    }),
  ],
  [
    'a namespace added around an inclusively signed assertion',
    'saml.signature_invalid',
    signed({
      signing: { c14n: algorithms.inclusive },
      afterSigning: (xml) =>
        xml.replace('<samlp:Response ', '<samlp:Response xmlns:evil="urn:evil" '),
    }),
  ],
  [
    'a listed prefix bound to something else after signing',
    'saml.signature_invalid',
    signed({
      rootAttributes: ' xmlns:xs="http://www.w3.org/2001/XMLSchema"',
      signing: { inclusivePrefixes: 'xs' },
      afterSigning: (xml) =>
        xml.replace('xmlns:xs="http://www.w3.org/2001/XMLSchema"', 'xmlns:xs="urn:evil"'),
    }),
  ],
  [
    'a canonicalisation that nobody knows',
    'saml.malformed',
    signed({
      signing: {
        signedInfo: (xml) =>
          xml.replace(
            /CanonicalizationMethod Algorithm="[^"]*"/,
            'CanonicalizationMethod Algorithm="urn:none"',
          ),
      },
    }),
  ],
  [
    'an empty canonicalisation',
    'saml.malformed',
    signed({
      signing: {
        signedInfo: (xml) =>
          xml.replace(
            /CanonicalizationMethod Algorithm="[^"]*"/,
            'CanonicalizationMethod Algorithm=""',
          ),
      },
    }),
  ],
  [
    'the digest of nothing, for a canonicaliser that fails to an empty string',
    'saml.signature_invalid',
    signed({
      signing: { digestValue: () => '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' },
    }),
  ],
])

const signedInfoTricks = family('Digest and SignedInfo tricks', [
  [
    'a comment in the digest value',
    'saml.malformed',
    signed({
      signing: { digestValue: (right) => `${right.slice(0, 4)}<!-- -->${right.slice(4)}` },
    }),
  ],
  [
    'an element in the digest value',
    'saml.malformed',
    signed({ signing: { digestValue: (right) => `${right}<x xmlns="urn:x"/>` } }),
  ],
  [
    'a comment in the signature value',
    'saml.malformed',
    signed({ signing: { signatureValue: (right) => `<!--${right}-->${right}` } }),
  ],
  [
    'an element in the signature value',
    'saml.malformed',
    signed({ signing: { signatureValue: (right) => `${right}<ds:Object>x</ds:Object>` } }),
  ],
  [
    'two SignedInfo, the good one first',
    'saml.malformed',
    changed((xml) => {
      const good = /<ds:SignedInfo[\s\S]*<\/ds:SignedInfo>/.exec(xml)?.[0] ?? ''
      return xml.replace(good, () => good + good.replace(/URI="[^"]*"/, 'URI="#_evil"'))
    }),
  ],
  [
    'two SignedInfo, the good one last',
    'saml.malformed',
    changed((xml) => {
      const good = /<ds:SignedInfo[\s\S]*<\/ds:SignedInfo>/.exec(xml)?.[0] ?? ''
      return xml.replace(good, () => good.replace(/URI="[^"]*"/, 'URI="#_evil"') + good)
    }),
  ],
  [
    'SignedInfo nested deeper',
    'saml.malformed',
    changed((xml) =>
      xml
        .replace('<ds:SignedInfo>', '<ds:Object><ds:SignedInfo>')
        .replace('</ds:SignedInfo>', '</ds:SignedInfo></ds:Object>'),
    ),
  ],
  [
    'two digest values',
    'saml.malformed',
    signed({
      signing: { digestValue: (right) => `${right}</ds:DigestValue><ds:DigestValue>AAAA` },
    }),
  ],
  [
    'Unicode digits in the digest',
    'saml.signature_invalid',
    signed({ signing: { digestValue: (right) => `\u0661${right.slice(1)}` } }),
  ],
  [
    'a no-break space in the digest',
    'saml.signature_invalid',
    signed({ signing: { digestValue: (right) => `\u00a0${right}` } }),
  ],
  [
    'a truncated digest',
    'saml.signature_invalid',
    signed({
      signing: {
        digestValue: (right) => Buffer.from(right, 'base64').subarray(0, 16).toString('base64'),
      },
    }),
  ],
  ['an empty digest', 'saml.signature_invalid', signed({ signing: { digestValue: () => '' } })],
  [
    'an empty signature value',
    'saml.signature_invalid',
    signed({ signing: { signatureValue: () => '' } }),
  ],
  [
    'a signature value of zeroes',
    'saml.signature_invalid',
    signed({ signing: { signatureValue: () => Buffer.alloc(256).toString('base64') } }),
  ],
  [
    'a signature value with URL-safe letters',
    'saml.signature_invalid',
    signed({
      signing: { signatureValue: (right) => `-_${right.slice(2)}` },
    }),
  ],
  [
    'the digest changed to fit other content',
    'saml.signature_invalid',
    changed((xml) => {
      const other = /<ds:DigestValue>([^<]*)/.exec(xml)?.[1] ?? ''
      return xml.replace(other, `${other.startsWith('A') ? 'B' : 'A'}${other.slice(1)}`)
    }),
  ],
  [
    'the digest changed together with the content, SignedInfo not signed again',
    'saml.signature_invalid',
    (w) => {
      const xml = honest(w, { assertionId: '_a1' })
      const other = honest(w, { assertionId: '_a1', nameId: mallory })
      const digest = (one: string) => /<ds:DigestValue>([^<]*)/.exec(one)?.[1] ?? ''
      return other
        .replace(digest(other), digest(other))
        .replace(/<ds:SignatureValue>[^<]*/, /<ds:SignatureValue>[^<]*/.exec(xml)?.[0] ?? '')
    },
  ],
])

const foreignCertificate = () => x509DataXml([key('rsa2048').certificatePem])

const keysFamily = family('Keys', [
  [
    "the attacker's key, his certificate in KeyInfo",
    'saml.signature_invalid',
    signed(() => ({ signing: { key: key('rsa2048') } })),
  ],
  [
    "the attacker's key, the honest certificate in KeyInfo",
    'saml.signature_invalid',
    signed((w) => ({
      signing: { key: key('rsa2048'), keyInfo: x509DataXml([w.idp.certificatePem]) },
    })),
  ],
  [
    "the attacker's key, both certificates as a chain",
    'saml.signature_invalid',
    signed((w) => ({
      signing: {
        key: key('rsa2048'),
        keyInfo: x509DataXml([w.idp.certificatePem, key('rsa2048').certificatePem]),
      },
    })),
  ],
  [
    "the attacker's key, named by KeyName",
    'saml.signature_invalid',
    signed(() => ({
      signing: { key: key('rsa2048'), keyInfo: '<ds:KeyName>signing</ds:KeyName>' },
    })),
  ],
  [
    "the attacker's key without KeyInfo",
    'saml.signature_invalid',
    signed(() => ({ signing: { key: key('rsa2048'), keyInfo: false } })),
  ],
  [
    'KeyInfo that refers to a listener',
    'saml.malformed',
    signed({
      signing: {
        keyInfo:
          '<ds:RetrievalMethod URI="http://127.0.0.1:9/key" Type="http://www.w3.org/2000/09/xmldsig#X509Data"/>',
      },
    }),
  ],
  [
    'HMAC with the public certificate as secret',
    'saml.algorithm_weak',
    signed({
      signing: {
        signedInfo: (xml) => xml.replace(algorithms.rsaSha256, algorithms.hmacSha256),
      },
    }),
  ],
  [
    'HMAC cut to eight bits',
    'saml.algorithm_weak',
    signed({
      signing: {
        signedInfo: (xml) =>
          xml.replace(
            /<ds:SignatureMethod[^>]*\/>/,
            `<ds:SignatureMethod Algorithm="${algorithms.hmacSha256}"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>`,
          ),
      },
    }),
  ],
  [
    "another organisation's identity provider",
    'saml.signature_invalid',
    signed(() => ({ signing: { key: key('rsa2048', 'another organisation') } })),
  ],
  [
    'an expired configured certificate',
    'saml.signature_invalid',
    signed((w) => ({ signing: { key: key('rsa2048', 'expired', w.now - 10 * minute) } })),
    (w) => ({ certificates: [facts(key('rsa2048', 'expired', w.now - 10 * minute))] }),
  ],
  [
    'no configured certificate at all',
    'saml.signature_invalid',
    signed({}),
    () => ({ certificates: [] }),
  ],
  [
    'an RSA key of 1024 bits',
    'saml.algorithm_weak',
    signed(() => ({ signing: { key: key('rsa1024') } })),
    () => ({ certificates: [facts(key('rsa1024'))] }),
  ],
  [
    'a DSA key',
    'saml.algorithm_weak',
    signed(() => ({ signing: { key: key('dsa') } })),
    () => ({ certificates: [facts(key('dsa'))] }),
  ],
  [
    'a curve that is not allowed',
    'saml.algorithm_weak',
    signed(() => ({ signing: { key: key('secp256k1') } })),
    () => ({ certificates: [facts(key('secp256k1'))] }),
  ],
  [
    "the attacker's key value",
    'saml.signature_invalid',
    signed(() => ({
      signing: {
        key: key('rsa2048'),
        keyInfo: `<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>${foreignCertificate()}`,
      },
    })),
  ],
])

const algorithmsFamily = family('Algorithms', [
  ...(['rsaSha1', 'rsaMd5', 'rsaRipemd160'] as const).map(
    (name): Row => [
      `signed with ${name}`,
      'saml.algorithm_weak',
      signed({ signing: { signatureMethod: algorithms[name] } }),
    ],
  ),
  ...(['sha1', 'md5'] as const).map(
    (name): Row => [
      `digested with ${name}`,
      'saml.algorithm_weak',
      signed({ signing: { digestMethod: algorithms[name] } }),
    ],
  ),
  [
    'a weak response signature around a strong assertion',
    'saml.algorithm_weak',
    signed({ sign: 'both', responseSigning: { signatureMethod: algorithms.rsaSha1 } }),
  ],
  [
    'a signature algorithm that nobody knows',
    'saml.algorithm_weak',
    signed({ signing: { signedInfo: (xml) => xml.replace(algorithms.rsaSha256, 'urn:none') } }),
  ],
  [
    'an empty signature algorithm',
    'saml.algorithm_weak',
    signed({ signing: { signedInfo: (xml) => xml.replace(algorithms.rsaSha256, '') } }),
  ],
  [
    'an ECDSA algorithm with an RSA key',
    'saml.signature_invalid',
    signed({
      signing: { signedInfo: (xml) => xml.replace(algorithms.rsaSha256, algorithms.ecdsaSha256) },
    }),
  ],
  [
    'SHA-512 promised, SHA-256 done',
    'saml.signature_invalid',
    changed((xml) => xml.replace(algorithms.rsaSha256, algorithms.rsaSha512)),
  ],
  [
    'the algorithm in other letters',
    'saml.algorithm_weak',
    signed({
      signing: {
        signedInfo: (xml) => xml.replace(algorithms.rsaSha256, algorithms.rsaSha256.toUpperCase()),
      },
    }),
  ],
  [
    'key transport by RSA 1.5',
    'saml.algorithm_weak',
    signed((w) => ({
      encrypt: { certificatePem: w.encryptionCertificatePem, keyTransport: algorithms.rsa15 },
    })),
  ],
  [
    'triple DES',
    'saml.algorithm_weak',
    signed((w) => ({
      encrypt: { certificatePem: w.encryptionCertificatePem, cipher: algorithms.tripleDesCbc },
    })),
  ],
])

const transform = (algorithm: string, content = '') =>
  `<ds:Transform Algorithm="${algorithm}">${content}</ds:Transform>`
const enveloped = transform(algorithms.enveloped)
const exclusive = transform(algorithms.exclusive)

const transforms = family(
  'Transforms',
  (
    [
      [
        'an XSLT transform',
        `${enveloped}${transform('http://www.w3.org/TR/1999/REC-xslt-19991116', '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/>')}`,
      ],
      [
        'an XPath transform',
        `${enveloped}${transform('http://www.w3.org/TR/1999/REC-xpath-19991116', '<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>')}`,
      ],
      [
        'an XPath transform without content',
        `${enveloped}${transform('http://www.w3.org/TR/1999/REC-xpath-19991116')}`,
      ],
      [
        'an XPath filter that subtracts the victim',
        `${enveloped}${transform('http://www.w3.org/2002/06/xmldsig-filter2', '<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="subtract">//saml:NameID</f:XPath>')}`,
      ],
      [
        'a base64 transform',
        `${enveloped}${transform('http://www.w3.org/2000/09/xmldsig#base64')}`,
      ],
      ['a second enveloped transform', `${enveloped}${enveloped}${exclusive}`],
      ['no transforms', ''],
      ['the enveloped transform alone', enveloped],
      ['canonicalisation alone', exclusive],
      ['the two in the wrong order', `${exclusive}${enveloped}`],
      ['an unknown transform', `${enveloped}${transform('urn:none')}`],
      ['an unknown transform in third place', `${enveloped}${exclusive}${transform('urn:none')}`],
      ['fifty transforms', `${enveloped}${exclusive.repeat(49)}`],
    ] as const
  ).map(
    ([name, content]): Row => [
      name,
      'saml.malformed',
      signed({ signing: { transforms: content } }),
    ],
  ),
)

const repeatedText = (text: string, times: number) => text.repeat(times)

const bombs = family('XML bombs and reach-out', [
  [
    'a billion laughs',
    'saml.malformed',
    changed((xml) => {
      const entities = Array.from(
        { length: 9 },
        (_, at) => `<!ENTITY l${at + 1} "${repeatedText(`&l${at};`, 10)}">`,
      )
      return `<!DOCTYPE r [<!ENTITY l0 "lol">${entities.join('')}]>${xml.replace(ada, '&l9;')}`
    }),
  ],
  [
    'quadratic blow-up',
    'saml.malformed',
    changed(
      (xml) =>
        `<!DOCTYPE r [<!ENTITY a "${repeatedText('a', 50_000)}">]>${xml.replace(ada, repeatedText('&a;', 20_000))}`,
    ),
  ],
  ...['file:///etc/passwd', 'http://127.0.0.1:9/x', '//evil.example/share/x'].map(
    (url): Row => [
      `an external entity at ${url}`,
      'saml.malformed',
      changed((xml) => `<!DOCTYPE r [<!ENTITY x SYSTEM "${url}">]>${xml.replace(ada, '&x;')}`),
    ],
  ),
  [
    'an external document type',
    'saml.malformed',
    changed((xml) => `<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">${xml}`),
  ],
  [
    'a parameter entity',
    'saml.malformed',
    changed((xml) => `<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>${xml}`),
  ],
  [
    'XInclude in place of the NameID',
    'saml.malformed',
    changed((xml) =>
      xml.replace(
        ada,
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
      ),
    ),
  ],
  [
    'a schema location inside the signed assertion',
    'saml.signature_invalid',
    changed((xml) =>
      xml.replace(
        '<saml:Assertion ',
        '<saml:Assertion xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd" ',
      ),
    ),
  ],
  [
    'a cipher reference to a listener',
    'saml.malformed',
    signed((w) => ({
      encrypt: {
        certificatePem: w.encryptionCertificatePem,
        element: (xml) =>
          xml.replace(
            /<xenc:CipherValue>[^<]*<\/xenc:CipherValue><\/xenc:CipherData><\/xenc:EncryptedData>/,
            '<xenc:CipherReference URI="http://127.0.0.1:9/x"/></xenc:CipherData></xenc:EncryptedData>',
          ),
      },
    })),
  ],
])

const attributesXml = (count: number, value: string) =>
  `<saml:AttributeStatement><saml:Attribute Name="a">${repeatedText(`<saml:AttributeValue>${value}</saml:AttributeValue>`, count)}</saml:Attribute></saml:AttributeStatement>`

/** None of these is signed: limits come before signatures, and building them stays fast. */
const sizes = family('Size and time', [
  [
    'a message of 20 MB',
    'saml.malformed',
    (w) =>
      honest(w, {
        sign: 'none',
        attributeStatementXml: attributesXml(1, repeatedText('a', 20_000_000)),
      }),
  ],
  [
    'depth 100,000 with short names',
    'saml.malformed',
    (w) =>
      honest(w, {
        sign: 'none',
        attributeStatementXml: attributesXml(
          1,
          repeatedText('<a>', 50_000) + repeatedText('</a>', 50_000),
        ),
      }),
  ],
  ['depth 10,000 unclosed', 'saml.malformed', () => repeatedText('<a>', 100_000)],
  [
    'an element with 40,000 attributes',
    'saml.malformed',
    () => `<a ${Array.from({ length: 40_000 }, (_, at) => `a${at}=""`).join(' ')}/>`,
  ],
  [
    'an element with 20,000 namespaces',
    'saml.malformed',
    () => `<a ${Array.from({ length: 20_000 }, (_, at) => `xmlns:a${at}="u:${at}"`).join(' ')}/>`,
  ],
  [
    'namespaces that pile up with depth',
    'saml.malformed',
    () => {
      const levels = Array.from({ length: 39 }, (_, level) => {
        const declarations = Array.from({ length: 60 }, (_, at) => `xmlns:a${level}b${at}="u:x"`)
        return `<a ${declarations.join(' ')}>`
      })
      return `${levels.join('')}${repeatedText('<b/>', 3000)}${repeatedText('</a>', 39)}`
    },
  ],
  [
    'sixty namespaces in scope of five thousand elements',
    'saml.malformed',
    () => {
      const declarations = Array.from({ length: 60 }, (_, at) => `xmlns:a${at}="u:${at}"`)
      return `<a ${declarations.join(' ')}>${repeatedText('<b/>', 4990)}</a>`
    },
  ],
  [
    'five thousand elements with sixty attributes each, as far as they fit',
    'saml.malformed',
    () => {
      const attributes = Array.from({ length: 60 }, (_, at) => `a${at}=""`).join(' ')
      return `<a>${repeatedText(`<b ${attributes}/>`, 900)}</a>`
    },
  ],
  [
    'a hundred thousand attribute values',
    'saml.malformed',
    (w) => honest(w, { sign: 'none', attributeStatementXml: attributesXml(6_000, 'x') }),
  ],
  [
    'ten thousand references',
    'saml.malformed',
    (w) =>
      honest(w).replace(
        '</ds:Reference>',
        `</ds:Reference>${repeatedText('<ds:Reference/>', 10_000)}`,
      ),
  ],
  [
    'a huge comment',
    'saml.malformed',
    changed((xml) => `${xml}<!--${repeatedText('x', 300_000)}-->`),
  ],
  [
    'an attribute value that is never closed',
    'saml.malformed',
    () => `<a b="${repeatedText('<', 300_000)}`,
  ],
  ['three hundred thousand opening brackets', 'saml.malformed', () => repeatedText('<', 300_000)],
  [
    'quotes and brackets taking turns',
    'saml.malformed',
    () => `<a ${repeatedText(`x="'" y='"' `, 25_000)}>`,
  ],
  [
    'an unsigned message that is all character references',
    'saml.malformed',
    () => `<a>${repeatedText('&#38;', 75_000)}</a>`,
  ],
  [
    'an unsigned message that is all blanks',
    'saml.malformed',
    () => `<a>${repeatedText(' ', 370_000)}x</a>`,
  ],
])

const forms = fields('Base64 and form', [
  ['nothing', 'saml.malformed', () => ''],
  ['blanks', 'saml.malformed', () => ' \r\n '],
  ['padding in the middle', 'saml.malformed', (w) => `PA==${base64(honest(w))}`],
  ['padding missing', 'saml.malformed', (w) => withoutPadding(honest(w))],
  ['too much padding', 'saml.malformed', (w) => `${base64(honest(w))}====`],
  [
    'bits set under the padding',
    'saml.malformed',
    (w) => {
      const field = base64(padTo(honest(w), 1))
      return `${field.slice(0, -3)}${next(field.at(-3) ?? 'A')}==`
    },
  ],
  [
    'the URL-safe alphabet',
    'saml.malformed',
    (w) => `${Buffer.from(`${honest(w)}<?>`).toString('base64url')}`.replace(/[A-Z]/, '-'),
  ],
  ['base64 of base64', 'saml.malformed', (w) => base64(base64(honest(w)))],
  ['plain XML', 'saml.malformed', (w) => honest(w)],
  ['percent-encoded base64', 'saml.malformed', (w) => encodeURIComponent(`${base64(honest(w))}==`)],
  ['a data URL', 'saml.malformed', (w) => `data:text/xml;base64,${base64(honest(w))}`],
  ['a no-break space', 'saml.malformed', (w) => `\u00a0${base64(honest(w))}`],
  ['full-width letters', 'saml.malformed', (w) => base64(honest(w)).replace('A', '\uff21')],
  ['more than 512 kB', 'saml.malformed', (w) => base64(honest(w)) + ' '.repeat(600_000)],
  [
    'a deflated message, as the redirect binding has it',
    'saml.malformed',
    (w) =>
      new URL(w.idp.logoutRequest({ sloUrl: w.sp.sloUrl, now: w.now }).url).searchParams.get(
        'SAMLRequest',
      ) ?? '',
  ],
])

function withoutPadding(xml: string): string {
  return base64(padTo(xml, 1)).replace(/=+$/, '')
}

/** Trailing blanks until the length leaves this remainder by three. */
function padTo(xml: string, remainder: number): string {
  let padded = xml
  while (Buffer.byteLength(padded) % 3 !== remainder) padded += ' '
  return padded
}

function next(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  return alphabet[(alphabet.indexOf(letter) + 1) % 64] ?? 'A'
}

/** Every trouble behind the encryption has one code, so that a ciphertext cannot be asked about. */
const opaque = 'saml.signature_invalid'

const encrypted = (
  encrypt: Omit<NonNullable<ResponseOptions['encrypt']>, 'certificatePem'>,
  more: Partial<ResponseOptions> = {},
) =>
  signed((w) => ({ encrypt: { certificatePem: w.encryptionCertificatePem, ...encrypt }, ...more }))

const encryption = family('Encryption', [
  [
    'a plaintext that breaks out of its element',
    opaque,
    encrypted({
      plaintext: (xml) => `${xml}</saml:EncryptedAssertion>${evil(unsigned(xml), '_evil')}`,
    }),
  ],
  [
    'two assertions in one plaintext',
    opaque,
    encrypted({ plaintext: (xml) => evil(unsigned(xml), '_evil') + xml }),
  ],
  [
    'a plaintext with a document type',
    opaque,
    encrypted({ plaintext: (xml) => `<!DOCTYPE a [<!ENTITY x "y">]>${xml}` }),
  ],
  [
    'a plaintext with a comment',
    opaque,
    encrypted({ plaintext: (xml) => xml.replace(ada, 'ada@acme.example<!---->.evil.example') }),
  ],
  [
    'a plaintext that is a whole response',
    opaque,
    (w) => {
      const inner = honest(w)
      const { head, tail, assertion } = parts(honest(w))
      const certificatePem = w.encryptionCertificatePem
      return (
        head + encryptedAssertionXml(assertion, { certificatePem, plaintext: () => inner }) + tail
      )
    },
  ],
  ['a plaintext of garbage', opaque, encrypted({ plaintext: () => Buffer.from([1, 2, 3, 0xff]) })],
  ['an empty plaintext', opaque, encrypted({ plaintext: () => '' })],
  [
    'a flipped bit in CBC',
    opaque,
    encrypted({ cipher: algorithms.aes256Cbc, ciphertext: (bytes) => flip(bytes, 40) }),
  ],
  [
    'wrong padding in CBC',
    opaque,
    encrypted({
      cipher: algorithms.aes256Cbc,
      ciphertext: (bytes) => flip(bytes, bytes.length - 17),
    }),
  ],
  [
    'a CBC ciphertext of half a block',
    opaque,
    encrypted({ cipher: algorithms.aes128Cbc, ciphertext: (bytes) => bytes.subarray(0, -8) }),
  ],
  [
    'a CBC ciphertext without content',
    opaque,
    encrypted({ cipher: algorithms.aes128Cbc, ciphertext: (bytes) => bytes.subarray(0, 16) }),
  ],
  [
    'a wrong tag in GCM',
    opaque,
    encrypted({
      cipher: algorithms.aes256Gcm,
      ciphertext: (bytes) => flip(bytes, bytes.length - 1),
    }),
  ],
  [
    'a GCM tag cut to four bytes',
    opaque,
    encrypted({ cipher: algorithms.aes256Gcm, ciphertext: (bytes) => bytes.subarray(0, -12) }),
  ],
  [
    'a GCM ciphertext shorter than its tag',
    opaque,
    encrypted({ cipher: algorithms.aes128Gcm, ciphertext: (bytes) => bytes.subarray(0, 20) }),
  ],
  [
    'a key for someone else',
    opaque,
    signed(() => ({ encrypt: { certificatePem: key('rsa2048', 'someone else').certificatePem } })),
  ],
  [
    'a key that is garbage',
    opaque,
    encrypted({
      element: (xml) => xml.replace(/<xenc:CipherValue>[^<]*/, '<xenc:CipherValue>AAAA'),
    }),
  ],
  [
    'a key of the wrong length for the cipher',
    opaque,
    encrypted({
      cipher: algorithms.aes128Gcm,
      element: (xml) => xml.replace(algorithms.aes128Gcm, algorithms.aes256Gcm),
    }),
  ],
  ['encrypted but not signed', opaque, encrypted({}, { sign: 'none' })],
  [
    'encrypted and signed by nobody we know',
    opaque,
    encrypted({}, { signing: { key: key('rsa2048') } }),
  ],
  ['encrypted and changed after signing', opaque, encrypted({ plaintext: (xml) => evil(xml) })],
  [
    'encrypted and signed with SHA-1',
    opaque,
    encrypted({}, { signing: { signatureMethod: algorithms.rsaSha1 } }),
  ],
  [
    'a signed response whose ciphertext was exchanged',
    opaque,
    (w) => {
      const encrypt = { certificatePem: w.encryptionCertificatePem }
      const one = honest(w, { sign: 'response', encrypt })
      const other = honest(w, { sign: 'none', encrypt, nameId: mallory })
      const element = /<saml:EncryptedAssertion[\s\S]*<\/saml:EncryptedAssertion>/
      return one.replace(element, () => element.exec(other)?.[0] ?? '')
    },
  ],
  [
    'two hundred keys',
    'saml.malformed',
    encrypted({
      element: (xml) => {
        const one = /<xenc:EncryptedKey[\s\S]*<\/xenc:EncryptedKey>/.exec(xml)?.[0] ?? ''
        const many = Array.from({ length: 200 }, (_, at) => one.replace('Id="_', `Id="_${at}`))
        return xml.replace(one, () => many.join(''))
      },
    }),
  ],
  [
    'no key at all',
    'saml.malformed',
    encrypted({
      element: (xml) => xml.replace(/<xenc:EncryptedKey[\s\S]*<\/xenc:EncryptedKey>/, ''),
    }),
  ],
  [
    'an encrypted assertion beside a plain one',
    'saml.malformed',
    (w) => {
      const xml = honest(w)
      const { head, assertion, tail } = parts(xml)
      const certificatePem = w.encryptionCertificatePem
      return (
        head +
        assertion +
        encryptedAssertionXml(evil(assertion, '_evil'), { certificatePem }) +
        tail
      )
    },
  ],
  [
    'an encrypted NameID, which this service provider does not open',
    'saml.malformed',
    signed({ nameIdXml: '<saml:EncryptedID><x xmlns="urn:x"/></saml:EncryptedID>' }),
  ],
])

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

const status = (inner: string) => `<samlp:Status>${inner}</samlp:Status>`
const code = (name: string, inner = '') =>
  `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${name}">${inner}</samlp:StatusCode>`

const envelope = family('Envelope rules', [
  [
    'a status that is not Success',
    'auth.invalid_credentials',
    signed({ statusXml: status(code('Responder', code('AuthnFailed'))) }),
  ],
  [
    'an honest refusal: no assertion, not signed',
    'auth.invalid_credentials',
    (w) => {
      const xml = honest(w, {
        sign: 'none',
        statusXml: status(
          `${code('Requester', code('RequestDenied'))}<samlp:StatusMessage>AADSTS50105: not assigned</samlp:StatusMessage>`,
        ),
      })
      const { head, tail } = parts(xml)
      return head + tail
    },
  ],
  [
    'Success nested in a failure',
    'auth.invalid_credentials',
    signed({ statusXml: status(code('Responder', code('Success'))) }),
  ],
  [
    'a failure nested in Success',
    'auth.invalid_credentials',
    signed({ statusXml: status(code('Success', code('AuthnFailed'))) }),
  ],
  [
    'Success in other letters',
    'auth.invalid_credentials',
    signed({ statusXml: status(code('SUCCESS')) }),
  ],
  [
    'two statuses',
    'saml.malformed',
    signed({ statusXml: status(code('Success')) + status(code('Responder')) }),
  ],
  [
    'two status codes side by side',
    'saml.malformed',
    signed({ statusXml: status(code('Success') + code('Responder')) }),
  ],
  ['no status', 'saml.malformed', signed({ statusXml: '' })],
  ['an empty status', 'saml.malformed', signed({ statusXml: '<samlp:Status/>' })],
  ['an assertion as root', 'saml.malformed', (w) => parts(honest(w)).assertion],
  [
    'an ArtifactResponse as root',
    'saml.malformed',
    changed((xml) => xml.replaceAll('samlp:Response', 'samlp:ArtifactResponse')),
  ],
  [
    'a response of another namespace',
    'saml.malformed',
    changed((xml) => xml.replace('urn:oasis:names:tc:SAML:2.0:protocol', 'urn:evil')),
  ],
  [
    'a response of SAML 1.1',
    'saml.malformed',
    () =>
      '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:1.0:protocol" MajorVersion="1" MinorVersion="1" ResponseID="_r"/>',
  ],
  [
    'an assertion of SAML 1.1',
    'saml.malformed',
    (w) => {
      const { head, tail } = parts(honest(w))
      return `${head}<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion" MajorVersion="1" MinorVersion="1" AssertionID="_a"/>${tail}`
    },
  ],
  ['Version 1.1 on the response', 'saml.malformed', signed({ version: '1.1' })],
  ['Version 1.1 on the assertion', 'saml.malformed', signed({ assertionVersion: '1.1' })],
  [
    'no Version',
    'saml.malformed',
    signed({ beforeSigning: (xml) => xml.replaceAll(' Version="2.0"', '') }),
  ],
  [
    'two signed assertions',
    'saml.malformed',
    (w) => {
      const { head, assertion, tail } = parts(honest(w))
      return head + assertion + parts(honest(w, { nameId: mallory })).assertion + tail
    },
  ],
  [
    'no assertion',
    'saml.malformed',
    (w) => {
      const { head, tail } = parts(honest(w))
      return head + tail
    },
  ],
  ['no issuer on the response', 'saml.issuer_mismatch', signed({ responseIssuer: false })],
  ['no issuer on the assertion', 'saml.issuer_mismatch', signed({ assertionIssuer: false })],
  [
    'a foreign issuer on the response',
    'saml.issuer_mismatch',
    signed({ responseIssuer: 'https://evil.example/' }),
  ],
  [
    'a foreign issuer on the assertion',
    'saml.issuer_mismatch',
    signed({ assertionIssuer: 'https://evil.example/' }),
  ],
  [
    'an issuer of another format',
    'saml.issuer_mismatch',
    signed({ issuerFormat: formats.emailAddress }),
  ],
  [
    'an issuer with a blank behind it',
    'saml.issuer_mismatch',
    signed((w) => ({ issuer: `${w.idp.entityId} ` })),
  ],
  [
    'an issuer with a line break before it',
    'saml.issuer_mismatch',
    signed((w) => ({ assertionIssuer: `\n${w.idp.entityId}` })),
  ],
  [
    'an issuer in other letters',
    'saml.issuer_mismatch',
    signed((w) => ({ assertionIssuer: w.idp.entityId.toUpperCase() })),
  ],
  [
    'an issuer with a slash more',
    'saml.issuer_mismatch',
    signed((w) => ({ assertionIssuer: `${w.idp.entityId}/` })),
  ],
  [
    'an issuer that starts like ours',
    'saml.issuer_mismatch',
    signed((w) => ({ issuer: w.idp.entityId.slice(0, -1) })),
  ],
  ['an empty issuer', 'saml.issuer_mismatch', signed({ assertionIssuer: '' })],
  [
    'elements in the wrong order',
    'saml.malformed',
    signed({
      beforeSigning: (xml) =>
        xml.replace(
          /(<samlp:Status>.*<\/samlp:Status>)(<saml:Assertion.*<\/saml:Assertion>)/,
          '$2$1',
        ),
    }),
  ],
  [
    'an attribute that the schema does not know',
    'saml.malformed',
    signed({ rootAttributes: ' Trust="me"' }),
  ],
  [
    'an element that the schema does not know',
    'saml.malformed',
    signed({ extraAssertionXml: '<saml:Trust/>' }),
  ],
  [
    'text between the elements',
    'saml.malformed',
    signed({ extraAssertionXml: 'ada@acme.example' }),
  ],
  ['an ID that is not a name', 'saml.malformed', signed({ assertionId: '1 or 1=1' })],
])

const audience = (...values: string[]) =>
  `<saml:AudienceRestriction>${values.map((value) => `<saml:Audience>${value}</saml:Audience>`).join('')}</saml:AudienceRestriction>`

const conditionsWith = (w: World, inner: string) =>
  `<saml:Conditions NotBefore="${instant(w.now - minute)}" NotOnOrAfter="${instant(w.now + 5 * minute)}">${inner}</saml:Conditions>`

/** The URL of the target and what attackers make of it. */
const urls: [string, (url: string) => string][] = [
  [
    'another host',
    (url) =>
      url
        .replace('usher.example', 'evil.example')
        .replace('127.0.0.1', 'evil.example')
        .replace('localhost', 'evil.example'),
  ],
  ['a host that ends differently', (url) => url.replace(/^(https?:\/\/[^/:]+)/, '$1.evil.example')],
  ['user information before the host', (url) => url.replace('://', '://user@')],
  [
    'our host as user information',
    (url) => url.replace(/^(https?:\/\/)([^/]+)/, '$1$2@evil.example'),
  ],
  ['path traversal', (url) => `${url}/../acs`],
  ['a query', (url) => `${url}?x=1`],
  ['a fragment', (url) => `${url}#x`],
  ['another port', (url) => url.replace(/^(https?:\/\/[^/:]+)(:\d+)?/, '$1:444')],
  ['other letters', (url) => url.toUpperCase()],
  ['a slash more', (url) => `${url}/`],
  ['a blank behind', (url) => `${url} `],
  ['plain http', (url) => `ftp${url.slice(url.indexOf(':'))}`],
  ['our URL as prefix', (url) => `${url}.evil.example`],
  ["another organisation's URL", (url) => url.replace(/\/([^/]+)\/acs$/, '/other/acs')],
]

const addressing = family('Addressing', [
  ['no audience restriction', 'saml.audience_mismatch', signed({ audience: false })],
  ['no conditions', 'saml.audience_mismatch', signed({ conditionsXml: '' })],
  ['an empty audience', 'saml.audience_mismatch', signed({ audience: '' })],
  [
    'an audience restriction without audience',
    'saml.malformed',
    signed((w) => ({ conditionsXml: conditionsWith(w, audience()) })),
  ],
  ['another audience', 'saml.audience_mismatch', signed({ audience: 'https://other.example/' })],
  [
    'our entity ID as prefix of the audience',
    'saml.audience_mismatch',
    signed((w) => ({ audience: `${w.sp.entityId}.evil.example` })),
  ],
  [
    'our entity ID as suffix of the audience',
    'saml.audience_mismatch',
    signed((w) => ({ audience: `https://evil.example/?${w.sp.entityId}` })),
  ],
  [
    'an audience in other letters',
    'saml.audience_mismatch',
    signed((w) => ({ audience: w.sp.entityId.toUpperCase() })),
  ],
  [
    'an audience with blanks',
    'saml.audience_mismatch',
    signed((w) => ({ audience: ` ${w.sp.entityId} ` })),
  ],
  [
    'two restrictions of which the second fails',
    'saml.audience_mismatch',
    signed((w) => ({
      conditionsXml: conditionsWith(
        w,
        audience(w.sp.entityId) + audience('https://other.example/'),
      ),
    })),
  ],
  [
    'two restrictions of which the first fails',
    'saml.audience_mismatch',
    signed((w) => ({
      conditionsXml: conditionsWith(
        w,
        audience('https://other.example/') + audience(w.sp.entityId),
      ),
    })),
  ],
  ['no destination', 'saml.destination_mismatch', signed({ destination: false })],
  ['an empty destination', 'saml.destination_mismatch', signed({ destination: '' })],
  ...urls.map(
    ([name, change]): Row => [
      `a destination with ${name}`,
      'saml.destination_mismatch',
      signed((w) => ({ destination: change(w.sp.acsUrl) })),
    ],
  ),
  ['no recipient', 'saml.recipient_mismatch', signed({ recipient: false })],
  ['an empty recipient', 'saml.recipient_mismatch', signed({ recipient: '' })],
  ...urls.map(
    ([name, change]): Row => [
      `a recipient with ${name}`,
      'saml.recipient_mismatch',
      signed((w) => ({ recipient: change(w.sp.acsUrl) })),
    ],
  ),
  [
    "a whole response for another organisation's service provider",
    'saml.destination_mismatch',
    signed((w) => ({
      sp: {
        entityId: w.sp.entityId.replace(/[^/]+\/metadata$/, 'other/metadata'),
        acsUrl: w.sp.acsUrl.replace(/[^/]+\/acs$/, 'other/acs'),
      },
    })),
  ],
  [
    'two confirmations, neither for us',
    'saml.recipient_mismatch',
    signed((w) => ({
      subjectXml: `<saml:Subject><saml:NameID>${ada}</saml:NameID>${[1, 2]
        .map(
          (at) =>
            `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${w.inResponseTo}" NotOnOrAfter="${instant(w.now + minute)}" Recipient="https://other.example/${at}"/></saml:SubjectConfirmation>`,
        )
        .join('')}</saml:Subject>`,
    })),
  ],
])

const ago = (minutes: number) => (w: World) => instant(w.now - minutes * minute)

const time = family('Time and use', [
  ['expired two minutes ago', 'saml.expired', signed((w) => ({ notOnOrAfter: ago(2)(w) }))],
  [
    'expired exactly at the end of the skew',
    'saml.expired',
    signed((w) => ({ notOnOrAfter: ago(1)(w) })),
  ],
  [
    'only the confirmation expired',
    'saml.expired',
    signed((w) => ({ confirmationNotOnOrAfter: ago(2)(w) })),
  ],
  [
    'only the conditions expired',
    'saml.expired',
    signed((w) => ({
      notOnOrAfter: ago(2)(w),
      confirmationNotOnOrAfter: instant(w.now + 5 * minute),
    })),
  ],
  [
    'not valid before two minutes from now',
    'saml.not_yet_valid',
    signed((w) => ({ notBefore: instant(w.now + 2 * minute) })),
  ],
  [
    'issued in the future',
    'saml.not_yet_valid',
    signed((w) => ({ issueInstant: instant(w.now + 2 * minute) })),
  ],
  [
    'authenticated in the future',
    'saml.not_yet_valid',
    signed((w) => ({ authnInstant: instant(w.now + 2 * minute) })),
  ],
  [
    'no times at all',
    'saml.expired',
    signed({ notBefore: false, notOnOrAfter: false, confirmationNotOnOrAfter: false }),
  ],
  [
    'no end in the confirmation',
    'saml.expired',
    signed((w) => ({
      conditionsXml: conditionsWith(w, audience(w.sp.entityId)),
      confirmationNotOnOrAfter: false,
    })),
  ],
  [
    'a stamp in local time',
    'saml.malformed',
    signed((w) => ({ notOnOrAfter: instant(w.now + 5 * minute).replace('Z', '') })),
  ],
  [
    'a stamp in another time zone',
    'saml.malformed',
    signed((w) => ({ notOnOrAfter: instant(w.now + 5 * minute).replace('Z', '+02:00') })),
  ],
  ['the year 9999', 'saml.expired', signed({ notOnOrAfter: '9999-12-31T23:59:59Z' })],
  ['the year 12026', 'saml.malformed', signed({ notOnOrAfter: '12026-01-01T00:00:00Z' })],
  ['a leap second', 'saml.malformed', signed({ notOnOrAfter: '2036-12-31T23:59:60Z' })],
  ['the 30th of February', 'saml.malformed', signed({ notOnOrAfter: '2036-02-30T00:00:00Z' })],
  ['24 o’clock', 'saml.malformed', signed({ notOnOrAfter: '2036-02-01T24:00:00Z' })],
  ['a date alone', 'saml.malformed', signed({ notOnOrAfter: '2036-02-01' })],
  ['an empty time', 'saml.malformed', signed({ notOnOrAfter: '' })],
  ['Unix seconds', 'saml.malformed', signed({ notOnOrAfter: '2085978494' })],
  ['Arabic digits', 'saml.malformed', signed({ notOnOrAfter: '٢٠٣٦-٠١-٠١T00:00:00Z' })],
  [
    'no InResponseTo while unsolicited responses are off',
    'saml.unsolicited',
    signed({ inResponseTo: undefined }),
  ],
  [
    'InResponseTo on the response alone',
    'saml.in_response_to_mismatch',
    signed({ confirmationInResponseTo: false }),
  ],
  [
    'InResponseTo in the confirmation alone',
    'saml.in_response_to_mismatch',
    signed({ responseInResponseTo: false }),
  ],
  [
    'two different InResponseTo',
    'saml.in_response_to_mismatch',
    signed({ confirmationInResponseTo: '_other' }),
  ],
  [
    'an assertion for another request in a response for ours',
    'saml.in_response_to_mismatch',
    signed((w) => ({ inResponseTo: '_other', responseInResponseTo: w.inResponseTo })),
  ],
  [
    'InResponseTo changed on the unsigned response',
    'saml.in_response_to_mismatch',
    changed((xml) => xml.replace(/ InResponseTo="[^"]*"/, ' InResponseTo="_other"')),
  ],
  [
    'InResponseTo taken off the response while unsolicited responses are on',
    'saml.in_response_to_mismatch',
    changed((xml) => xml.replace(/ InResponseTo="[^"]*"/, '')),
    () => ({ allowIdpInitiated: true }),
  ],
  [
    'a session that ended already',
    'saml.expired',
    signed((w) => ({ sessionNotOnOrAfter: ago(5)(w) })),
  ],
  [
    'a condition that nobody knows',
    'saml.malformed',
    signed({
      extraConditions:
        '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:e="urn:e" xsi:type="e:Delegation"/>',
    }),
  ],
  ['no authentication statement', 'saml.malformed', signed({ authnStatementXml: '' })],
])

const confirmation = (w: World) =>
  `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${w.inResponseTo}" NotOnOrAfter="${instant(w.now + minute)}" Recipient="${w.sp.acsUrl}"/></saml:SubjectConfirmation>`

const subject = family('Subject', [
  [
    'two NameIDs',
    'saml.malformed',
    signed({ nameIdXml: `<saml:NameID>${ada}</saml:NameID><saml:NameID>${mallory}</saml:NameID>` }),
  ],
  [
    'two subjects',
    'saml.malformed',
    signed((w) => ({
      subjectXml: [ada, mallory]
        .map(
          (who) =>
            `<saml:Subject><saml:NameID>${who}</saml:NameID>${confirmation(w)}</saml:Subject>`,
        )
        .join(''),
    })),
  ],
  ['no subject', 'saml.malformed', signed({ subjectXml: '' })],
  [
    'no confirmation',
    'saml.recipient_mismatch',
    signed({ subjectXml: `<saml:Subject><saml:NameID>${ada}</saml:NameID></saml:Subject>` }),
  ],
  ...['holder-of-key', 'sender-vouches', 'Bearer'].map(
    (method): Row => [
      `confirmation by ${method}`,
      'saml.recipient_mismatch',
      signed({ confirmationMethod: `urn:oasis:names:tc:SAML:2.0:cm:${method}` }),
    ],
  ),
  [
    'a bearer confirmation without data',
    'saml.recipient_mismatch',
    signed({
      subjectXml: `<saml:Subject><saml:NameID>${ada}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/></saml:Subject>`,
    }),
  ],
  [
    'an element inside the NameID',
    'saml.malformed',
    signed({
      nameIdXml: '<saml:NameID>ada@acme.example<b xmlns="urn:b"/>.evil.example</saml:NameID>',
    }),
  ],
  ['an empty NameID', 'saml.malformed', signed({ nameId: '' })],
  ['a blank NameID', 'saml.malformed', signed({ nameId: ' \n\t ' })],
  ['a tab inside the NameID', 'saml.malformed', signed({ nameId: 'ada@acme.example\tx' })],
  [
    'a line break inside the NameID',
    'saml.malformed',
    signed({ nameId: 'ada@acme.example\nBcc: x' }),
  ],
  [
    'a zero-width space in the NameID',
    'saml.malformed',
    signed({ nameId: 'ada\u200b@acme.example' }),
  ],
  ['a soft hyphen in the NameID', 'saml.malformed', signed({ nameId: 'a\u00adda@acme.example' })],
  [
    'text direction turned in the NameID',
    'saml.malformed',
    signed({ nameId: '\u202eelpmaxe.emca@ada' }),
  ],
  [
    'a byte order mark in the NameID',
    'saml.malformed',
    signed({ nameId: '\ufeffada@acme.example' }),
  ],
  [
    'a C1 control character in the NameID',
    'saml.malformed',
    signed({ nameId: 'ada\u0085@acme.example' }),
  ],
  [
    'a NameID of 2,000 letters',
    'saml.malformed',
    signed({ nameId: `${'a'.repeat(2000)}@acme.example` }),
  ],
  [
    'text beside an element in an attribute value',
    'saml.malformed',
    signed({
      attributeStatementXml:
        '<saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>ada@acme.example<b xmlns="urn:b"/>.evil.example</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>',
    }),
  ],
  [
    'an attribute without a name',
    'saml.malformed',
    signed({
      attributeStatementXml:
        '<saml:AttributeStatement><saml:Attribute><saml:AttributeValue>x</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>',
    }),
  ],
  [
    'an encrypted attribute',
    'saml.malformed',
    signed({
      attributeStatementXml:
        '<saml:AttributeStatement><saml:EncryptedAttribute/></saml:AttributeStatement>',
    }),
  ],
])

export const hostileResponses: HostileCase[] = [
  ...notSigned,
  ...wrapping,
  ...differentials,
  ...steered,
  ...signedInfoTricks,
  ...keysFamily,
  ...algorithmsFamily,
  ...transforms,
  ...bombs,
  ...sizes,
  ...forms,
  ...encryption,
  ...envelope,
  ...addressing,
  ...time,
  ...subject,
]
