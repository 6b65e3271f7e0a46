/** Logout messages: what ends a session and what must not. */
import type { RefusalCode } from '../../src/model/refusals.ts'
import { algorithms, instant, type LogoutOptions } from '../identity-provider.ts'
import { evil, key, minute, signatureOf, unsigned, type World } from './world.ts'

export type LogoutInput =
  | { binding: 'redirect'; rawQuery: string }
  | { binding: 'post'; samlMessage: string; field: 'SAMLRequest' | 'SAMLResponse' }

export type LogoutCase = {
  name: string
  /** `accepted` where the message counts. */
  code: RefusalCode | 'accepted'
  build: (world: World) => LogoutInput
}

type Overrides = Partial<LogoutOptions>

function send(world: World, overrides: Overrides = {}) {
  return world.idp.logoutRequest({
    sloUrl: world.sp.sloUrl,
    now: world.now,
    sessionIndex: '_session-1',
    ...overrides,
  })
}

function answer(world: World, overrides: Overrides = {}) {
  return world.idp.logoutResponse({
    sloUrl: world.sp.sloUrl,
    now: world.now,
    inResponseTo: world.inResponseTo,
    ...overrides,
  })
}

const redirect = (rawQuery: string): LogoutInput => ({ binding: 'redirect', rawQuery })

const post = (xml: string, field: 'SAMLRequest' | 'SAMLResponse' = 'SAMLRequest'): LogoutInput => ({
  binding: 'post',
  samlMessage: Buffer.from(xml).toString('base64'),
  field,
})

type Make = Overrides | ((world: World) => Overrides)

const made = (make: Make, world: World) => (typeof make === 'function' ? make(world) : make)

/** The same message by both bindings. */
function both(name: string, code: LogoutCase['code'], make: Make): LogoutCase[] {
  return [
    {
      name: `${name}, by redirect`,
      code,
      build: (world) => redirect(send(world, made(make, world)).rawQuery),
    },
    { name: `${name}, by POST`, code, build: (world) => post(send(world, made(make, world)).xml) },
  ]
}

function query(
  name: string,
  code: LogoutCase['code'],
  change: (query: string, world: World) => string,
  make: Make = {},
): LogoutCase {
  return {
    name,
    code,
    build: (world) => redirect(change(send(world, made(make, world)).rawQuery, world)),
  }
}

function document(
  name: string,
  code: LogoutCase['code'],
  change: (xml: string, world: World) => string,
): LogoutCase {
  return { name, code, build: (world) => post(change(send(world).xml, world)) }
}

const unsignedCode = 'saml.logout_unsigned'

export const logoutMessages: LogoutCase[] = [
  ...both('a signed request', 'accepted', {}),
  ...both('a signed request of several sessions', 'accepted', { sessionIndex: ['_1', '_2'] }),
  ...both('a signed request with relay state', 'accepted', { relayState: 'a b+c/é' }),
  ...both('a signed request with an end in the future', 'accepted', (w) => ({
    notOnOrAfter: instant(w.now + minute),
  })),
  {
    name: 'a signed response, by redirect',
    code: 'accepted',
    build: (w) => redirect(answer(w).rawQuery),
  },
  {
    name: 'an unsigned response, as Entra ID sends it, by redirect',
    code: 'accepted',
    build: (w) => redirect(answer(w, { signed: false }).rawQuery),
  },
  {
    name: 'a signed response, by POST',
    code: 'accepted',
    build: (w) => post(answer(w).xml, 'SAMLResponse'),
  },
  query('a leading question mark', 'accepted', (raw) => `?${raw}`),
  query('parameters in another order', 'accepted', (raw) => raw.split('&').reverse().join('&')),
  query('a parameter of the address itself', 'accepted', (raw) => `lang=de&${raw}`),

  ...both('an unsigned request', unsignedCode, { signed: false }),
  ...both("a request signed by the attacker's key", unsignedCode, () => ({
    signing: { key: key('rsa2048') },
  })),
  ...both('a request signed with SHA-1', unsignedCode, {
    signing: { signatureMethod: algorithms.rsaSha1 },
  }),
  ...both('a request of another issuer', 'saml.issuer_mismatch', {
    issuer: 'https://evil.example/',
  }),
  ...both('a request for another address', 'saml.destination_mismatch', {
    destination: 'https://other.example/slo',
  }),
  ...both('a request without destination', 'saml.destination_mismatch', { destination: false }),
  ...both('a request of yesterday, sent again', 'saml.expired', (w) => ({
    issueInstant: instant(w.now - 24 * 60 * minute),
  })),
  ...both('a request that has ended', 'saml.expired', (w) => ({
    notOnOrAfter: instant(w.now - 2 * minute),
  })),
  ...both('a request from the future', 'saml.not_yet_valid', (w) => ({
    issueInstant: instant(w.now + 10 * minute),
  })),
  ...both('a request without NameID', 'saml.malformed', {
    xml: (xml) => xml.replace(/<saml:NameID.*<\/saml:NameID>/, ''),
  }),
  ...both('a request with two NameIDs', 'saml.malformed', {
    xml: (xml) => xml.replace(/<saml:NameID.*<\/saml:NameID>/, '$&$&'),
  }),
  ...both('a request of SAML 1.1', 'saml.malformed', {
    xml: (xml) => xml.replace('Version="2.0"', 'Version="1.1"'),
  }),
  ...both('a request with a document type', 'saml.malformed', {
    signed: false,
    xml: (xml) => `<!DOCTYPE x>${xml}`,
  }),
  ...both('a request with a zero-width space in the NameID', 'saml.malformed', {
    nameId: 'ada\u200b@acme.example',
  }),
  {
    name: 'an unsigned response with a damaged signature, by redirect',
    code: unsignedCode,
    build: (w) => redirect(answer(w, { signing: { key: key('rsa2048') } }).rawQuery),
  },
  {
    name: 'a response of another issuer',
    code: 'saml.issuer_mismatch',
    build: (w) => redirect(answer(w, { issuer: 'https://evil.example/' }).rawQuery),
  },
  {
    name: 'a request in the field for responses',
    code: 'saml.malformed',
    build: (w) => post(send(w).xml, 'SAMLResponse'),
  },

  query('the signature taken off', unsignedCode, (raw) => raw.replace(/&SigAlg=.*/, '')),
  query('the signature value taken off', unsignedCode, (raw) => raw.replace(/&Signature=.*/, '')),
  query('the algorithm taken off', unsignedCode, (raw) => raw.replace(/&SigAlg=[^&]*/, '')),
  query('an empty signature', unsignedCode, (raw) => raw.replace(/&Signature=.*/, '&Signature=')),
  query('the algorithm changed', unsignedCode, (raw) => raw.replace('rsa-sha256', 'rsa-sha512')),
  query('an HMAC algorithm', unsignedCode, (raw) => raw.replace('rsa-sha256', 'hmac-sha256')),
  query(
    'the relay state changed',
    unsignedCode,
    (raw) => raw.replace('RelayState=one', 'RelayState=two'),
    { relayState: 'one' },
  ),
  query('the relay state taken off', unsignedCode, (raw) => raw.replace('&RelayState=one', ''), {
    relayState: 'one',
  }),
  query('a relay state added', unsignedCode, (raw) => `${raw}&RelayState=evil`),
  query('another message under the signature', unsignedCode, (raw, w) => {
    const other = send(w, { nameId: 'mallory@acme.example' }).rawQuery
    return raw.replace(/^SAMLRequest=[^&]*/, other.split('&')[0] ?? '')
  }),
  query('the message twice', 'saml.malformed', (raw) => `${raw}&${raw.split('&')[0]}`),
  query('the signature twice', 'saml.malformed', (raw) => `${raw}&Signature=AAAA`),
  query('a request and a response', 'saml.malformed', (raw) => `${raw}&SAMLResponse=AAAA`),
  query('a second algorithm in disguise', 'saml.malformed', (raw) => `${raw}&Sig%41lg=none`),
  query('no message', 'saml.malformed', () => 'RelayState=x'),
  query('an empty query', 'saml.malformed', () => ''),
  query(
    'a broken percent sign',
    'saml.malformed',
    (raw) => raw.replace('RelayState=', 'RelayState=%'),
    {
      relayState: 'x',
    },
  ),
  query('a message that is not base64', 'saml.malformed', () => 'SAMLRequest=%3Cxml%3E'),
  query(
    'a message that is not deflated',
    'saml.malformed',
    (_, w) => `SAMLRequest=${encodeURIComponent(Buffer.from(send(w).xml).toString('base64'))}`,
  ),
  query('a zip bomb', 'saml.malformed', (raw) => raw, {
    xml: (xml) => xml + ' '.repeat(9_000_000),
  }),
  query('a signature inside the message, in the redirect binding', unsignedCode, (raw) => raw, {
    xml: (xml) => xml.replace('</saml:Issuer>', `</saml:Issuer>${innerSignature}`),
    signed: false,
  }),

  document('another person written into a signed request', unsignedCode, (xml) =>
    xml.replace('ada@acme.example', 'mallory@acme.example'),
  ),
  document('another session written into a signed request', unsignedCode, (xml) =>
    xml.replace('_session-1', '_session-2'),
  ),
  document('a session added to a signed request', unsignedCode, (xml) =>
    xml.replace(
      '</samlp:LogoutRequest>',
      '<samlp:SessionIndex>_2</samlp:SessionIndex></samlp:LogoutRequest>',
    ),
  ),
  document('the signed request inside the signature of an evil one', 'saml.malformed', (xml) => {
    const signature = signatureOf(xml)
    const wrapped = signature.replace('</ds:Signature>', () => `${unsigned(xml)}</ds:Signature>`)
    return evil(xml, '_evil').replace(signature, () => wrapped)
  }),
  document('the signed request in an Object of an evil one', 'saml.malformed', (xml) => {
    const signature = signatureOf(xml)
    const object = `<ds:Object>${unsigned(xml)}</ds:Object></ds:Signature>`
    return evil(xml, '_evil').replace(signature, () => signature.replace('</ds:Signature>', object))
  }),
  document('the signed request in Extensions of an evil one', 'saml.malformed', (xml) => {
    const extensions = `<samlp:Extensions>${unsigned(xml)}</samlp:Extensions><saml:NameID`
    return evil(xml, '_evil').replace('<saml:NameID', () => extensions)
  }),
  document('the signed request beside an evil NameID', 'saml.malformed', (xml) =>
    xml.replace('<saml:NameID', () => `${unsigned(xml)}<saml:NameID`),
  ),
  document('the signature of a response on a request', unsignedCode, (xml, w) =>
    xml.replace(signatureOf(xml), signatureOf(answer(w).xml)),
  ),
]

const innerSignature =
  '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI="#x"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>'
