import { expect, test } from 'vitest'
import type { SamlSettings } from '../../model/saml.ts'
import { readClaims, type SamlIdentity } from './index.ts'

const soap = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'
const format = (name: string) =>
  `urn:oasis:names:tc:SAML:${name === 'persistent' || name === 'transient' ? '2.0' : '1.1'}:nameid-format:${name}`

function settings(overrides: Partial<SamlSettings> = {}): SamlSettings {
  return {
    idpEntityId: 'https://idp.example/',
    ssoUrl: 'https://idp.example/sso',
    ssoBinding: 'redirect',
    certificates: [],
    signAuthnRequests: true,
    allowIdpInitiated: false,
    emailFrom: 'nameId',
    attributes: { firstName: 'firstName', lastName: 'lastName' },
    ...overrides,
  }
}

function identity(
  nameId: SamlIdentity['nameId'] | undefined,
  attributes: [string, string[]][] = [],
): SamlIdentity {
  return {
    issuer: 'https://idp.example/',
    responseId: '_r',
    assertionId: '_a',
    ...(nameId ? { nameId } : {}),
    attributes: new Map(attributes),
    expiresAt: 0,
  }
}

test('NameID in e-mail format is key and e-mail, names come from the configured claims', () => {
  const claims = readClaims(
    identity({ value: 'ada@acme.example', format: format('emailAddress') }, [
      ['firstName', ['Ada', 'Augusta']],
      ['lastName', ['Lovelace']],
      ['groups', ['one', 'two']],
    ]),
    settings(),
  )

  expect(claims).toEqual({
    subject: 'ada@acme.example',
    subjectFormat: format('emailAddress'),
    email: 'ada@acme.example',
    firstName: 'Ada',
    lastName: 'Lovelace',
    claimsUsed: {
      subject: 'NameID',
      email: 'NameID',
      firstName: 'firstName',
      lastName: 'lastName',
    },
    all: [
      { name: 'firstName', values: ['Ada', 'Augusta'] },
      { name: 'lastName', values: ['Lovelace'] },
      { name: 'groups', values: ['one', 'two'] },
    ],
  })
})

test.each([
  ['emailAddress', 'ada@acme.example', 'ada@acme.example'],
  [
    'emailAddress',
    'ada_acme.example#EXT#@contoso.onmicrosoft.com',
    'ada_acme.example#EXT#@contoso.onmicrosoft.com',
  ],
  ['unspecified', 'ada@acme.example', 'ada@acme.example'],
  ['unspecified', 'ada', undefined],
  ['unspecified', 'a@b@acme.example', undefined],
  ['unspecified', 'ada@localhost', undefined],
  ['unspecified', 'ada @acme.example', undefined],
  ['unspecified', '@acme.example', undefined],
  ['unspecified', 'ada@acme..example', undefined],
  ['persistent', 'ada@acme.example', undefined],
  ['transient', 'ada@acme.example', undefined],
  ['WindowsDomainQualifiedName', 'ada@acme.example', undefined],
])('as e-mail, a NameID of format %s with %j gives %j', (name, value, email) => {
  const claims = readClaims(identity({ value, format: format(name) }), settings())

  expect(claims.email).toBe(email)
})

test('a NameID without format counts as unspecified', () => {
  expect(readClaims(identity({ value: 'ada@acme.example' }), settings()).email).toBe(
    'ada@acme.example',
  )
})

test('when NameID is to be the e-mail, no other claim takes its place', () => {
  const claims = readClaims(
    identity({ value: 'x-1', format: format('persistent') }, [
      [`${soap}/emailaddress`, ['other@acme.example']],
    ]),
    settings(),
  )

  expect(claims).toMatchObject({ subject: 'x-1' })
  expect(claims.email).toBeUndefined()
})

test('a named claim gives the e-mail, the Microsoft claim when it is absent', () => {
  const by = (attributes: [string, string[]][]) =>
    readClaims(
      identity({ value: 'x-1', format: format('persistent') }, attributes),
      settings({ emailFrom: { claim: 'mail' } }),
    )

  expect(by([['mail', ['', 'ada@acme.example']]]).email).toBe('ada@acme.example')
  expect(by([[`${soap}/emailaddress`, ['ada@acme.example']]])).toMatchObject({
    email: 'ada@acme.example',
    claimsUsed: { email: `${soap}/emailaddress` },
  })
  expect(
    by([
      [`${soap}/emailaddress`, ['other@acme.example']],
      ['mail', ['ada@acme.example']],
    ]).email,
  ).toBe('ada@acme.example')
  expect(by([['Mail', ['ada@acme.example']]]).email).toBeUndefined()
})

test('names fall back to the Microsoft claims and are never split from a display name', () => {
  const claims = readClaims(
    identity({ value: 'ada@acme.example' }, [
      [`${soap}/givenname`, ['Ada']],
      [`${soap}/name`, ['Ada Lovelace']],
      ['http://schemas.microsoft.com/identity/claims/displayname', ['Ada Lovelace']],
    ]),
    settings(),
  )

  expect(claims.firstName).toBe('Ada')
  expect(claims.lastName).toBeUndefined()
})

test('a configured key claim is the key, and without it there is none', () => {
  const objectId = 'http://schemas.microsoft.com/identity/claims/objectidentifier'
  const by = (attributes: [string, string[]][]) =>
    readClaims(
      identity({ value: 'ada@acme.example', format: format('emailAddress') }, attributes),
      settings({ subjectClaim: objectId }),
    )

  expect(by([[objectId, ['6f5a']]])).toMatchObject({
    subject: '6f5a',
    subjectFormat: objectId,
    claimsUsed: { subject: objectId },
  })
  expect(by([]).subject).toBeUndefined()
})

test('a transient NameID is no key', () => {
  expect(
    readClaims(identity({ value: '_x', format: format('transient') }), settings()).subject,
  ).toBe(undefined)
})

test('prototype names are claims like any other and change nothing', () => {
  const claims = readClaims(
    identity({ value: 'x' }, [
      ['__proto__', ['polluted']],
      ['constructor', ['polluted']],
    ]),
    settings({ attributes: { firstName: 'toString', lastName: 'constructor' } }),
  )

  expect(claims.firstName).toBeUndefined()
  expect(claims.lastName).toBe('polluted')
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})
