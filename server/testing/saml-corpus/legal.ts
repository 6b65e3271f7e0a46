/** Shapes that honest identity providers send, each with exactly who has to be read from it. */
import {
  algorithms,
  assertionXml,
  base64,
  escapeXml,
  formats,
  instant,
  newId,
  type ResponseOptions,
  signXml,
  x509DataXml,
} from '../identity-provider.ts'
import {
  ada,
  facts,
  honest,
  key,
  type LegalCase,
  minute,
  names,
  parts,
  type World,
} from './world.ts'

const sessionIndex = '_session-1'

type More = Omit<LegalCase, 'name' | 'build'>

function legal(
  name: string,
  overrides: Partial<ResponseOptions> | ((world: World) => Partial<ResponseOptions>),
  more: More = {},
): LegalCase {
  return legalXml(
    name,
    (world) =>
      honest(world, {
        sessionIndex,
        ...(typeof overrides === 'function' ? overrides(world) : overrides),
      }),
    more,
  )
}

function legalXml(name: string, xml: (world: World) => string, more: More = {}): LegalCase {
  return { name, build: (world) => base64(xml(world)), ...more }
}

const signatures: LegalCase[] = [
  legal('a signed assertion', {}),
  legal('a signed response', { sign: 'response' }),
  legal('both signed', { sign: 'both' }),
  ...(['rsaSha384', 'rsaSha512'] as const).map((name) =>
    legal(`signed with ${name}`, { signing: { signatureMethod: algorithms[name] } }),
  ),
  ...(['sha384', 'sha512'] as const).map((name) =>
    legal(`digested with ${name}`, { signing: { digestMethod: algorithms[name] } }),
  ),
  ...(['p256', 'p384'] as const).map((kind) =>
    legal(
      `signed by an ECDSA key on ${kind}`,
      () => ({ signing: { key: key(kind, 'the identity provider') } }),
      { settings: () => ({ certificates: [facts(key(kind, 'the identity provider'))] }) },
    ),
  ),
  legal(
    'signed by an RSA key of 3,072 bits',
    () => ({ signing: { key: key('rsa3072', 'the identity provider') } }),
    { settings: () => ({ certificates: [facts(key('rsa3072', 'the identity provider'))] }) },
  ),
  ...(['exclusiveWithComments', 'inclusive', 'inclusiveWithComments'] as const).flatMap((c14n) =>
    (['assertion', 'response', 'both'] as const).map((sign) =>
      legal(`${c14n} canonicalisation of ${sign}`, {
        sign,
        signing: { c14n: algorithms[c14n] },
        responseSigning: { c14n: algorithms[c14n] },
      }),
    ),
  ),
  legal('InclusiveNamespaces that name declared, unused and unknown prefixes', {
    rootAttributes: ' xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:unused="urn:unused"',
    signing: { inclusivePrefixes: 'xs unused nowhere' },
  }),
  legal('InclusiveNamespaces with the default namespace', {
    prefixes: { samlp: '', saml: 'saml' },
    signing: { inclusivePrefixes: '#default xs' },
  }),
  legal('no KeyInfo', { signing: { keyInfo: false } }),
  legal('several certificates in KeyInfo', (w) => ({
    signing: {
      keyInfo: x509DataXml([key('rsa2048').certificatePem, w.idp.certificatePem]),
    },
  })),
  legal("someone else's certificate in KeyInfo, which is not looked at", () => ({
    signing: { keyInfo: x509DataXml([key('rsa2048').certificatePem]) },
  })),
  legal('a key value in KeyInfo', {
    signing: {
      keyInfo:
        '<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>',
    },
  }),
  legal('a key name and an issuer serial in KeyInfo', {
    signing: {
      keyInfo:
        '<ds:KeyName>signing</ds:KeyName><ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial><ds:X509SubjectName>CN=x</ds:X509SubjectName></ds:X509Data>',
    },
  }),
  legal(
    'the second of two configured certificates',
    {},
    {
      settings: (w) => ({
        certificates: [facts(key('rsa2048', 'the next year')), facts(w.idp.key)],
      }),
    },
  ),
  legal(
    'a valid certificate beside an expired one',
    {},
    {
      settings: (w) => ({
        certificates: [facts(key('rsa2048', 'expired', w.now - 10 * minute)), facts(w.idp.key)],
      }),
    },
  ),
  legal('signature values in lines of 76', {
    signing: {
      signatureValue: (right) => `\n${right.replace(/.{76}/g, '$&\n')}\n`,
      digestValue: (right) => `\n  ${right}\n`,
    },
  }),
  legal('a signature element with the default namespace', { signing: { prefix: '' } }),
  legal('a signature element with another prefix', { signing: { prefix: 'dsig' } }),
]

const writing: LegalCase[] = [
  legal('prefixes saml2p and saml2', { prefixes: { samlp: 'saml2p', saml: 'saml2' } }),
  legal('the assertion in the default namespace', { prefixes: { samlp: 'samlp', saml: '' } }),
  legal('both in the default namespace', { prefixes: { samlp: '', saml: '' } }),
  legal('one prefix for two namespaces, one inside the other', {
    prefixes: { samlp: 'x', saml: 'x' },
    statusXml:
      '<x:Status><x:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></x:Status>',
  }),
  legal('a namespace declared again deep down', {
    beforeSigning: (xml) =>
      xml.replaceAll(
        '<saml:Attribute ',
        '<saml:Attribute xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ',
      ),
  }),
  legal('all namespaces declared on the root', {
    rootAttributes:
      ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
  }),
  legal('pretty-printed', { beforeSigning: pretty }),
  legal('pretty-printed with CRLF', {
    beforeSigning: pretty,
    afterSigning: (xml) => xml.replaceAll('\n', '\r\n'),
  }),
  legal('pretty-printed with tabs, response signed', {
    sign: 'response',
    beforeSigning: (xml) => pretty(xml).replaceAll('  ', '\t'),
  }),
  legal('blanks behind the root', { afterSigning: (xml) => `${xml}\n\n  ` }),
  legal('a byte order mark', { afterSigning: (xml) => `\uFEFF${xml}` }),
  legal('an XML declaration', {
    afterSigning: (xml) => `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`,
  }),
  legal('an XML declaration in single quotes, standalone, behind a byte order mark', {
    afterSigning: (xml) => `\uFEFF<?xml version='1.0' encoding='utf-8' standalone='no' ?>${xml}`,
  }),
  legal('single quotes around attributes', {
    afterSigning: (xml) => xml.replace(/ ([\w:]+)="([^"']*)"/g, " $1='$2'"),
  }),
  legal('blanks inside tags and around equal signs', {
    afterSigning: (xml) =>
      xml
        .replaceAll(' Name="', '  \n Name = "')
        .replaceAll('</saml:Attribute>', '</saml:Attribute >'),
  }),
  legal('attributes in another order', {
    afterSigning: (xml) =>
      xml.replace(/( ID="[^"]*")( Version="2.0")( IssueInstant="[^"]*")/, '$3$2$1'),
  }),
  legal('empty elements written with two tags', {
    afterSigning: (xml) => xml.replace(/<(samlp:StatusCode)([^>]*)\/>/g, '<$1$2></$1>'),
  }),
  legal('letters written as character references', {
    afterSigning: (xml) => xml.replace('>Ada<', '>&#65;&#x64;a<'),
  }),
  { name: 'base64 with line breaks', build: (w) => lines(base64(usual(w)), '\n') },
  { name: 'base64 with CRLF and blanks', build: (w) => ` ${lines(base64(usual(w)), '\r\n ')} ` },
  legal('an xsi:schemaLocation on the root', {
    rootAttributes:
      ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:oasis:names:tc:SAML:2.0:protocol http://docs.oasis-open.org/saml/v2.0/saml-schema-protocol-2.0.xsd"',
  }),
  legal('Extensions with foreign content', {
    extensionsXml: '<samlp:Extensions><x:hint xmlns:x="urn:x">hello</x:hint></samlp:Extensions>',
  }),
  legal('Consent on the response', {
    rootAttributes: ' Consent="urn:oasis:names:tc:SAML:2.0:consent:unspecified"',
  }),
  legal('an issuer with the entity format', { issuerFormat: formats.entity }),
  legal('a status message beside Success', {
    statusXml:
      '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/><samlp:StatusMessage>Welcome</samlp:StatusMessage></samlp:Status>',
  }),
]

function usual(world: World): string {
  return honest(world, { sessionIndex })
}

function lines(field: string, ending: string): string {
  return field.replace(/.{76}/g, `$&${ending}`)
}

function pretty(xml: string): string {
  return xml.replaceAll('><', '>\n  <')
}

const xs =
  'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

function statement(...attributes: string[]): Partial<ResponseOptions> {
  return {
    attributeStatementXml: `<saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement>`,
  }
}

function attributeXml(name: string, values: string, more = ''): string {
  return `<saml:Attribute Name="${escapeXml(name)}"${more}>${values}</saml:Attribute>`
}

const value = (text: string, more = '') =>
  `<saml:AttributeValue${more}>${text}</saml:AttributeValue>`

const attributes: LegalCase[] = [
  legal(
    'attributes that nobody asked for',
    { attributes: { ...names, shoeSize: '38' } },
    {
      identity: { attributes: { firstName: ['Ada'], lastName: ['Lovelace'], shoeSize: ['38'] } },
    },
  ),
  legal(
    'several values',
    { attributes: { groups: ['one', 'two', 'one'] } },
    {
      identity: { attributes: { groups: ['one', 'two', 'one'] } },
    },
  ),
  legal(
    'an attribute in two elements',
    {
      attributes: [
        ['groups', 'one'],
        ['groups', 'two'],
      ],
    },
    {
      identity: { attributes: { groups: ['one', 'two'] } },
    },
  ),
  legal(
    'empty values',
    { attributes: { firstName: '', lastName: ['', 'Lovelace'] } },
    {
      identity: { attributes: { firstName: [''], lastName: ['', 'Lovelace'] } },
    },
  ),
  legal('no attributes', { attributes: {} }, { identity: { attributes: {} } }),
  legal('an attribute without values', statement(attributeXml('empty', '')), {
    identity: { attributes: { empty: [] } },
  }),
  legal(
    'xsi:type, xs:string, friendly names and name formats',
    statement(
      attributeXml(
        'urn:oid:2.5.4.42',
        value('Ada', ` ${xs} xsi:type="xs:string"`),
        ' FriendlyName="givenName" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"',
      ),
    ),
    { identity: { attributes: { 'urn:oid:2.5.4.42': ['Ada'] } } },
  ),
  legal('xsi:nil', statement(attributeXml('manager', value('', ` ${xs} xsi:nil="true"`))), {
    identity: { attributes: { manager: [''] } },
  }),
  legal(
    'foreign attributes on an attribute',
    statement(
      attributeXml('firstName', value('Ada'), ' xmlns:o="urn:original" o:OriginalIssuer="hr"'),
    ),
    { identity: { attributes: { firstName: ['Ada'] } } },
  ),
  legal('blanks around values', { attributes: { firstName: '  Ada\n', lastName: '\tLovelace ' } }),
  legal(
    'a NameID as value',
    statement(
      attributeXml(
        'urn:oid:1.3.6.1.4.1.5923.1.1.1.10',
        value(`<saml:NameID Format="${formats.persistent}">x-1</saml:NameID>`),
      ),
    ),
    { identity: { attributes: { 'urn:oid:1.3.6.1.4.1.5923.1.1.1.10': ['x-1'] } } },
  ),
  legal(
    'a structured value, which is no claim',
    statement(attributeXml('address', value('<a:city xmlns:a="urn:a">London</a:city>'))),
    { identity: { attributes: { address: [] } } },
  ),
  legal(
    'prototype names as attribute names',
    {
      attributes: [
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['toString', 'c'],
      ],
    },
    {
      identity: {
        attributes: Object.fromEntries([
          ['__proto__', ['a']],
          ['constructor', ['b']],
          ['toString', ['c']],
        ]),
      },
    },
  ),
  ...(
    [
      ['accents', 'Zoë', 'Müller-Lüdenscheidt'],
      ['CJK', '小雨', '王'],
      ['apostrophes', "Siobhán 'Shiv'", "O'Neill"],
      ['emoji', 'Ada 🧮', '👩‍👩‍👧‍👦'],
      ['markup', '<b>Ada</b> & "Co"', '&amp;'],
      ['right-to-left letters', 'עדה', 'لوفلايس'],
      ['100 characters', 'A'.repeat(100), 'ß'.repeat(100)],
    ] as const
  ).map(([what, firstName, lastName]) =>
    legal(
      `names with ${what}`,
      { attributes: { firstName, lastName } },
      {
        identity: { attributes: { firstName: [firstName], lastName: [lastName] } },
      },
    ),
  ),
  legal(
    'two thousand group ids',
    { attributes: { groups: Array.from({ length: 2000 }, (_, at) => `group-${at}`) } },
    {
      identity: {
        attributes: { groups: Array.from({ length: 2000 }, (_, at) => `group-${at}`) },
      },
    },
  ),
]

const subjects: LegalCase[] = [
  legal(
    'a persistent NameID with qualifiers',
    {
      nameId: 'x-9b1c',
      nameIdFormat: formats.persistent,
      nameIdAttributes:
        ' NameQualifier="https://idp.example/" SPNameQualifier="https://usher.example/"',
    },
    {
      identity: {
        nameId: {
          value: 'x-9b1c',
          format: formats.persistent,
          nameQualifier: 'https://idp.example/',
          spNameQualifier: 'https://usher.example/',
        },
      },
    },
  ),
  legal(
    'an unspecified NameID',
    { nameIdFormat: formats.unspecified },
    {
      identity: { nameId: { value: ada, format: formats.unspecified } },
    },
  ),
  legal(
    'a NameID without format',
    { nameIdFormat: false },
    { identity: { nameId: { value: ada } } },
  ),
  legal('a NameID with blanks around it', { nameId: `\n  ${ada}\n` }),
  legal(
    'a NameID with plus, hash and apostrophe',
    { nameId: "o'neill+x#EXT#@acme.example" },
    {
      identity: { nameId: { value: "o'neill+x#EXT#@acme.example", format: formats.emailAddress } },
    },
  ),
  legal(
    'no NameID',
    { nameId: false, attributes: { email: ada } },
    {
      identity: { attributes: { email: [ada] } },
    },
  ),
  legal('several audiences in one restriction', (w) => ({
    audience: ['https://other.example/', w.sp.entityId],
  })),
  legal('two restrictions that both name us', (w) => ({
    extraConditions: `<saml:AudienceRestriction><saml:Audience>${w.sp.entityId}</saml:Audience></saml:AudienceRestriction>`,
  })),
  legal('OneTimeUse', { extraConditions: '<saml:OneTimeUse/>' }),
  legal('ProxyRestriction', { extraConditions: '<saml:ProxyRestriction Count="0"/>' }),
  legal('a second confirmation that is not for browsers', (w) => ({
    subjectXml: subjectXml(w, [
      '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"/>',
      bearerXml(w, w.sp.acsUrl),
    ]),
  })),
  legal('a second bearer confirmation for another URL', (w) => ({
    subjectXml: subjectXml(w, [
      bearerXml(w, 'https://other.example/acs'),
      bearerXml(w, w.sp.acsUrl),
    ]),
  })),
  legal('the address of the browser in the confirmation', (w) => ({
    subjectXml: subjectXml(w, [bearerXml(w, w.sp.acsUrl, ' Address="192.0.2.7"')]),
  })),
  legal(
    'an authentication statement with all fields',
    (w) => ({
      authnStatementXml: `<saml:AuthnStatement AuthnInstant="${instant(w.now)}" SessionIndex="${sessionIndex}" SessionNotOnOrAfter="${instant(w.now + 60 * minute)}"><saml:SubjectLocality Address="192.0.2.7" DNSName="desk.example"/><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef><saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef><saml:AuthenticatingAuthority>https://idp.example/</saml:AuthenticatingAuthority></saml:AuthnContext></saml:AuthnStatement>`,
    }),
    { identity: { sessionNotOnOrAfter: (w) => w.now + 60 * minute } },
  ),
  legal('an authorisation decision, which decides nothing here', {
    extraAssertionXml:
      '<saml:AuthzDecisionStatement Resource="x" Decision="Permit"><saml:Action Namespace="urn:x">GET</saml:Action></saml:AuthzDecisionStatement>',
  }),
  legal('Advice with foreign content', {
    assertion: (xml) =>
      xml.replace(
        '<saml:AuthnStatement',
        '<saml:Advice><x xmlns="urn:x"/></saml:Advice><saml:AuthnStatement',
      ),
  }),
  legal(
    'an unsolicited response where that is allowed',
    { inResponseTo: undefined },
    {
      settings: () => ({ allowIdpInitiated: true }),
      identity: { inResponseTo: false },
    },
  ),
]

function subjectXml(_: World, confirmations: string[]): string {
  return `<saml:Subject><saml:NameID Format="${formats.emailAddress}">${ada}</saml:NameID>${confirmations.join('')}</saml:Subject>`
}

function bearerXml(w: World, recipient: string, more = ''): string {
  return `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${w.inResponseTo}" NotOnOrAfter="${instant(w.now + 5 * minute)}" Recipient="${recipient}"${more}/></saml:SubjectConfirmation>`
}

const seconds = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`

const clocks: LegalCase[] = [
  legal('a clock 30 seconds ahead', (w) => ({
    issueInstant: instant(w.now + minute / 2),
    notBefore: instant(w.now + minute / 2),
    authnInstant: instant(w.now + minute / 2),
  })),
  legal('a clock 30 seconds behind', (w) => ({ notOnOrAfter: instant(w.now - minute / 2) })),
  legal('times without fraction', (w) => ({
    issueInstant: seconds(w.now),
    notBefore: seconds(w.now - minute),
    notOnOrAfter: seconds(w.now + 5 * minute),
  })),
  legal('times with seven digits of fraction', (w) => ({
    notOnOrAfter: instant(w.now + 5 * minute).replace('Z', '4567Z'),
  })),
  legal('times with +00:00', (w) => ({
    notOnOrAfter: instant(w.now + 5 * minute).replace('Z', '+00:00'),
  })),
  legal('a confirmation with NotBefore', (w) => ({
    subjectXml: subjectXml(w, [
      bearerXml(w, w.sp.acsUrl, ` NotBefore="${instant(w.now - minute)}"`),
    ]),
  })),
]

const encryptions: LegalCase[] = [
  ...(['aes128Cbc', 'aes256Cbc', 'aes128Gcm', 'aes256Gcm'] as const).map((cipher) =>
    legal(`encrypted with ${cipher}`, (w) => ({
      encrypt: { certificatePem: w.encryptionCertificatePem, cipher: algorithms[cipher] },
    })),
  ),
  legal('RSA-OAEP with SHA-256 and MGF1 with SHA-256', (w) => ({
    encrypt: {
      certificatePem: w.encryptionCertificatePem,
      keyTransport: algorithms.oaep,
      oaepDigest: 'sha256',
      mgf: 'sha256',
    },
  })),
  legal('RSA-OAEP with SHA-256 and MGF1 with SHA-1', (w) => ({
    encrypt: {
      certificatePem: w.encryptionCertificatePem,
      keyTransport: algorithms.oaep,
      oaepDigest: 'sha256',
      mgf: 'sha1',
    },
  })),
  legal('rsa-oaep-mgf1p with SHA-256', (w) => ({
    encrypt: { certificatePem: w.encryptionCertificatePem, oaepDigest: 'sha256' },
  })),
  legal('the key beside the data', (w) => ({
    encrypt: { certificatePem: w.encryptionCertificatePem, keyBeside: true },
  })),
  legal('encrypted in a signed response, itself not signed', (w) => ({
    sign: 'response',
    encrypt: { certificatePem: w.encryptionCertificatePem },
  })),
  legal('encrypted, signed inside and around', (w) => ({
    sign: 'both',
    encrypt: { certificatePem: w.encryptionCertificatePem },
  })),
  legal('encrypted for two recipients', (w) => ({
    encrypt: {
      certificatePem: w.encryptionCertificatePem,
      element: (xml) => {
        const one = /<xenc:EncryptedKey[\s\S]*<\/xenc:EncryptedKey>/.exec(xml)?.[0] ?? ''
        const other = one
          .replace('Id="_', 'Recipient="https://other.example/" Id="_other')
          .replace(/(<xenc:CipherValue>)[^<]*/, `$1${Buffer.alloc(256, 7).toString('base64')}`)
        return xml.replace(one, () => other + one)
      },
    },
  })),
  legal('our certificate named in a WS-Security token reference', (w) => ({
    encrypt: {
      certificatePem: w.encryptionCertificatePem,
      element: (xml) =>
        xml.replace(
          /(<xenc:EncryptedKey[\s\S]*?<\/xenc:EncryptionMethod>)/,
          (_, head: string) =>
            `${head}<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><o:SecurityTokenReference xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">${x509DataXml([w.encryptionCertificatePem])}</o:SecurityTokenReference></ds:KeyInfo>`,
        ),
    },
  })),
]

const soap = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'
const microsoft = 'http://schemas.microsoft.com/identity/claims'
const groupsClaim = 'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups'
const tenant = 'e0f0a1d2-0000-4a4a-9c9c-0123456789ab'

const entraAttributes: Record<string, string | string[]> = {
  [`${microsoft}/tenantid`]: tenant,
  [`${microsoft}/objectidentifier`]: '6f5a5c7e-1111-4b4b-8d8d-ba9876543210',
  [`${microsoft}/displayname`]: 'Ada Lovelace',
  [`${microsoft}/identityprovider`]: `https://sts.windows.net/${tenant}/`,
  'http://schemas.microsoft.com/claims/authnmethodsreferences': [
    'http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password',
    'http://schemas.microsoft.com/claims/multipleauthn',
  ],
  [`${soap}/givenname`]: 'Ada',
  [`${soap}/surname`]: 'Lovelace',
  [`${soap}/emailaddress`]: ada,
  [`${soap}/name`]: ada,
  firstName: 'Ada',
}

const asRead = (attributes: Record<string, string | string[]>) =>
  Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, [values].flat()]))

/** As Entra ID writes it: default namespaces, one line, upper and lower case GUIDs, seven digits. */
function entra(w: World, overrides: Partial<ResponseOptions> = {}): Partial<ResponseOptions> {
  return {
    responseId: newId(),
    prefixes: { samlp: 'samlp', saml: '' },
    issueInstant: instant(w.now),
    audience: w.sp.entityId,
    attributes: entraAttributes,
    signing: { prefix: '' },
    ...overrides,
  }
}

const entraShapes: LegalCase[] = [
  ...(['assertion', 'response', 'both'] as const).map((sign) =>
    legal(`Entra ID signing the ${sign}`, (w) => entra(w, { sign }), {
      identity: { attributes: asRead(entraAttributes) },
    }),
  ),
  legal(
    "Entra ID's guest",
    (w) => entra(w, { nameId: 'ada_acme.example#EXT#@contoso.onmicrosoft.com' }),
    {
      identity: {
        nameId: {
          value: 'ada_acme.example#EXT#@contoso.onmicrosoft.com',
          format: formats.emailAddress,
        },
        attributes: asRead(entraAttributes),
      },
    },
  ),
  legal(
    'Entra ID with 150 groups',
    (w) =>
      entra(w, { attributes: { [groupsClaim]: Array.from({ length: 150 }, (_, at) => `g${at}`) } }),
    {
      identity: {
        attributes: { [groupsClaim]: Array.from({ length: 150 }, (_, at) => `g${at}`) },
      },
    },
  ),
  legal(
    'Entra ID with a link instead of groups',
    (w) =>
      entra(w, {
        attributes: {
          'http://schemas.microsoft.com/claims/groups.link':
            'https://graph.windows.net/x/users/y/getMemberObjects',
        },
      }),
    {
      identity: {
        attributes: {
          'http://schemas.microsoft.com/claims/groups.link': [
            'https://graph.windows.net/x/users/y/getMemberObjects',
          ],
        },
      },
    },
  ),
  legal(
    'Entra ID with token encryption',
    (w) =>
      entra(w, {
        prefixes: { samlp: 'samlp', saml: 'saml' },
        encrypt: { certificatePem: w.encryptionCertificatePem, cipher: algorithms.aes256Cbc },
      }),
    { identity: { attributes: asRead(entraAttributes) } },
  ),
  legal("Entra ID's portal, unsolicited", (w) => entra(w, { inResponseTo: undefined }), {
    settings: () => ({ allowIdpInitiated: true }),
    identity: { attributes: asRead(entraAttributes), inResponseTo: false },
  }),
  legalXml('an assertion that was signed before it was put into its response', (w) => {
    const assertionId = '_alone'
    const options = {
      sp: w.sp,
      now: w.now,
      inResponseTo: w.inResponseTo,
      nameId: ada,
      attributes: names,
      sessionIndex,
      issuer: w.idp.entityId,
    }
    const alone = signXml(assertionXml(options, assertionId), assertionId, { key: w.idp.key })
    const { head, tail } = parts(honest(w))
    return head + alone + tail
  }),
]

export const legalResponses: LegalCase[] = [
  ...signatures,
  ...writing,
  ...attributes,
  ...subjects,
  ...clocks,
  ...encryptions,
  ...entraShapes,
]
