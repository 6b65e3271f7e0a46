import { describe, expect, test } from 'vitest'
import { createScimOrganisation, type ScimOrganisation } from '../../testing/scim.ts'

const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const bulkSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'
const sql = [
  "'; drop table users; --",
  "' or '1'='1",
  '" or ""="',
  "\\'; delete from events; --",
  '$1',
  '?',
  '%',
  '_',
  "x' union select secret_hash from sessions --",
]
const nested = (depth: number, open: string, close: string, core = '1') =>
  `${open.repeat(depth)}${core}${close.repeat(depth)}`
const user = (fields: object) => JSON.stringify({ schemas: [userSchema], ...fields })
const patch = (...operations: object[]) =>
  JSON.stringify({ schemas: [patchSchema], Operations: operations })
const tooLong = 'a'.repeat(1_048_577)

/** What an attacker with a valid token might send, and the answer; nothing of it is ever written. */
const bodies: [name: string, body: string | Buffer, status: number, scimType?: string][] = [
  ['a body over the limit', user({ userName: tooLong }), 413],
  [
    'JSON nested 10,000 deep',
    `{"userName":"a","x":${nested(10_000, '[', ']')}}`,
    400,
    'invalidSyntax',
  ],
  [
    'objects nested 10,000 deep',
    `{"userName":"a","x":${nested(10_000, '{"a":', '}')}}`,
    400,
    'invalidSyntax',
  ],
  ['broken JSON', '{"userName":', 400, 'invalidSyntax'],
  ['no JSON at all', 'userName=a', 400, 'invalidSyntax'],
  ['an empty body', '', 400, 'invalidSyntax'],
  ['a JSON array', '[]', 400, 'invalidSyntax'],
  ['a JSON null', 'null', 400, 'invalidSyntax'],
  ['a JSON number', '7', 400, 'invalidSyntax'],
  ['__proto__', `{"userName":"a@acme.test","__proto__":{"active":false}}`, 400, 'invalidSyntax'],
  [
    'constructor',
    `{"userName":"a@acme.test","constructor":{"prototype":{"x":1}}}`,
    400,
    'invalidSyntax',
  ],
  ['NUL in a value', `{"userName":"a\\u0000@acme.test"}`, 400, 'invalidSyntax'],
  ['half a surrogate pair', `{"userName":"a\\ud800@acme.test"}`, 400, 'invalidSyntax'],
  [
    'broken UTF-8',
    Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0x22, 0x7d]),
    400,
    'invalidSyntax',
  ],
  ['UTF-16', Buffer.from('{"userName":"a@acme.test"}', 'utf16le'), 400, 'invalidSyntax'],
  [
    'an attribute twice',
    `{"userName":"a@acme.test","userName":"b@acme.test"}`,
    400,
    'invalidSyntax',
  ],
  [
    'an attribute twice in another case',
    `{"userName":"a@acme.test","USERNAME":"b@acme.test"}`,
    400,
    'invalidSyntax',
  ],
  ['a userName that is a number', user({ userName: 7 }), 400, 'invalidValue'],
  ['a userName that is an object', user({ userName: { a: 1 } }), 400, 'invalidValue'],
  [
    'a userName of blanks',
    user({ userName: '   ', emails: [{ value: 'a@acme.test' }] }),
    400,
    'invalidValue',
  ],
  [
    'a userName of 10,000 characters',
    user({ userName: `${'a'.repeat(10_000)}@acme.test` }),
    400,
    'invalidValue',
  ],
  [
    'an externalId of 10,000 characters',
    user({ userName: 'a@acme.test', externalId: 'x'.repeat(10_000) }),
    400,
    'invalidValue',
  ],
  ['active that is a list', user({ userName: 'a@acme.test', active: [true] }), 400, 'invalidValue'],
  ['active that is "yes"', user({ userName: 'a@acme.test', active: 'yes' }), 400, 'invalidValue'],
  ['e-mails that are a number', user({ userName: 'a@acme.test', emails: 7 }), 400, 'invalidValue'],
  [
    'a thousand e-mails',
    user({
      userName: 'a@acme.test',
      emails: Array.from({ length: 1_000 }, (_, at) => ({ value: `a${at}@acme.test` })),
    }),
    400,
    'invalidValue',
  ],
  [
    'two primary e-mails',
    user({
      userName: 'a@acme.test',
      emails: [
        { value: 'a@acme.test', primary: true },
        { value: 'b@acme.test', primary: true },
      ],
    }),
    400,
    'invalidValue',
  ],
  ['no address anywhere', user({ userName: 'nobody' }), 400, 'invalidValue'],
  [
    'an address with a line break',
    user({ userName: 'x', emails: [{ value: 'a@acme.test\r\nBcc: b@acme.test', primary: true }] }),
    400,
    'invalidValue',
  ],
]

const filters: [name: string, filter: string][] = [
  ['nested 10,000 deep', nested(10_000, '(', ')', 'userName pr')],
  ['of 10,000 nots', nested(10_000, 'not (', ')', 'userName pr')],
  ['of 1 MB', `userName eq "${'a'.repeat(1_000_000)}"`],
  ['of 5,000 conditions', Array.from({ length: 5_000 }, () => 'title pr').join(' or ')],
  ['without a value', 'userName eq'],
  ['of nothing', '()'],
  ['with an unknown attribute', 'password_hash eq "x"'],
  ['by password', 'password eq "x"'],
  ['by __proto__', '__proto__ pr'],
  ['with a quotation mark left open', 'userName eq "a'],
  ['with NUL', 'userName eq "\\u0000"'],
  ['with an unknown operator', 'userName like "a%"'],
  ['with more behind it', 'userName pr; drop table users'],
]

async function untouched(acme: ScimOrganisation, work: () => Promise<void>): Promise<void> {
  const rows = await acme.rows()
  await work()
  expect(await acme.rows()).toEqual(rows)
  expect(await acme.eventNames()).toEqual([])
}

describe('hostile input', () => {
  test.each(bodies)(
    '%s is a clean refusal, and nothing is written',
    async (_, body, status, type) => {
      const acme = await createScimOrganisation()
      await untouched(acme, async () => {
        for (const [method, path] of [
          ['POST', '/Users'],
          ['PUT', `/Users/${acme.manager.id}`],
        ] as const) {
          const answer = await send(acme, method, path, body)
          expect(answer.status).toBe(status)
          expect(answer.body).toMatchObject({
            status: String(status),
            ...(type && { scimType: type }),
          })
        }
      })
    },
  )

  test.each(filters)('a filter %s is invalidFilter, by query and by search', async (_, filter) => {
    const acme = await createScimOrganisation()
    await untouched(acme, async () => {
      const search = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter }
      const searched = await acme.scim('POST', '/Users/.search', search)
      if (filter.length < 500_000) expect(searched).toMatchObject(refusedFilter)
      else expect([400, 413]).toContain(searched.status)
      if (filter.length > 10_000) return
      const asked = await acme.scim('GET', `/Users?filter=${encodeURIComponent(filter)}`)
      expect(asked).toMatchObject(refusedFilter)
    })
  })
  const refusedFilter = { status: 400, body: { scimType: 'invalidFilter' } }

  test.each(sql)('%s is text like any other, everywhere', async (text) => {
    const acme = await createScimOrganisation()
    const id = await acme.user({
      userName: `${text}1`,
      emails: [{ value: 'a@acme.test', type: text, display: text, primary: true }],
      externalId: text,
      title: text,
      name: { givenName: text, familyName: text },
    })
    const quoted = JSON.stringify(text)
    for (const name of ['title', 'externalId', 'name.familyName', 'emails.type', 'userName']) {
      const operator = name === 'userName' ? 'sw' : 'eq'
      expect(await acme.find(`${name} ${operator} ${quoted}`)).toEqual([id])
    }
    expect(await acme.find(`emails[type eq ${quoted} and value co "@"]`)).toEqual([id])
    expect(await acme.find(`title co ${JSON.stringify(`${text}x`)}`)).toEqual([])
    const group = await acme.group(text, id)
    expect(await acme.find(`displayName eq ${quoted}`, '/Groups')).toEqual([group])
    const member = await acme.patch(`/Groups/${group}`, {
      op: 'add',
      path: 'members',
      value: [{ value: text }],
    })
    expect(member).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } })
    expect((await acme.scim('GET', `/Users/${encodeURIComponent(text)}`)).status).toBe(404)
    expect((await acme.scim('GET', `/Users?sortBy=${encodeURIComponent(text)}`)).status).toBe(400)
    const unknown = await acme.scim('GET', `/Users?cursor=${encodeURIComponent(text)}`)
    expect(unknown).toMatchObject({ status: 400, body: { scimType: 'invalidCursor' } })
    const { body } = await acme.scim('GET', `/Users/${id}`)
    expect(body).toMatchObject({ title: text, externalId: text })
  })

  test('operations that nobody understands change nothing', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({ userName: 'bob@acme.test' })
    for (const body of [
      patch({ op: 'add' }),
      patch({ op: 'drop', path: 'title', value: 'x' }),
      patch({ op: 'add', path: 'title[', value: 'x' }),
      patch({ op: 'add', path: '__proto__.x', value: 'x' }),
      patch({ op: 'add', value: { 'constructor.prototype': 'x' } }),
      patch({ op: 'replace', path: 'id', value: 'x' }),
      patch({ op: 'remove', path: 'userName' }),
      patch({ op: 'remove' }),
      patch({ op: 'add', path: 'title', value: { a: 1 } }),
      JSON.stringify({ schemas: [patchSchema], Operations: 'x' }),
      JSON.stringify({ schemas: [patchSchema], Operations: [] }),
      JSON.stringify({ Operations: [{ op: 'add', path: 'title', value: 'x' }, 7] }),
    ]) {
      const answer = await send(acme, 'PATCH', `/Users/${id}`, body)
      expect([body, answer.status]).toEqual([body, 400])
    }
    expect(await acme.eventNames()).toEqual(['user.joined'])
  })

  test('bulk requests over the limits are 413, and name the limit', async () => {
    const acme = await createScimOrganisation()
    const Operations = Array.from({ length: 1_001 }, (_, at) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `b${at}`,
      data: { userName: `p${at}@acme.test` },
    }))
    await untouched(acme, async () => {
      const many = await acme.scim('POST', '/Bulk', { schemas: [bulkSchema], Operations })
      expect(many).toMatchObject({ status: 413, body: { detail: expect.stringContaining('1000') } })
      const large = await send(
        acme,
        'POST',
        '/Bulk',
        JSON.stringify({ schemas: [bulkSchema], x: tooLong }),
      )
      expect(large).toMatchObject({
        status: 413,
        body: { detail: expect.stringContaining('1048576') },
      })
    })
  })

  test('addresses and methods that are not there are 404 and 405, never anything else', async () => {
    const acme = await createScimOrganisation()
    for (const [method, path, status] of [
      ['POST', '/', 405],
      ['GET', '/.search', 405],
      ['POST', '/.search/x', 404],
      ['GET', '/nothing', 404],
      ['GET', '/Users/a/b', 404],
      ['GET', '/Users/%00', 404],
      ['GET', '/Users/..%2f..%2fGroups', 404],
      ['DELETE', '/Users', 405],
      ['PATCH', '/Groups', 405],
      ['POST', '/Schemas', 405],
      ['GET', '/Bulk', 405],
      ['GET', '/Me', 404],
      ['OPTIONS', '/Users', 405],
      ['PROPFIND', '/Users', 404],
      ['GET', '/Users/%zz', 400],
      ['GET', '/Users/%ED%A0%80', 400],
    ] as const) {
      const answer = await acme.scim(method, path)
      expect([method, path, answer.status]).toEqual([method, path, status])
      expect(answer.body.schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error'])
    }
    const plain = await acme.scim('POST', '/Users', user({ userName: 'a@acme.test' }), {
      'content-type': 'text/plain',
    })
    expect(plain.status).toBe(415)
  })
})

describe('SE-10, SC-5: another organisation', () => {
  test('is nobody’s business: its credential, its people and its groups are unknown here', async () => {
    const [acme, other] = [await createScimOrganisation(), await createScimOrganisation()]
    const id = await other.user({ userName: 'eve@acme.test' })
    const group = await other.group('Theirs', id)
    for (const token of [other.token, 'uss_nothing', '', 'Basic abc']) {
      const answer = await acme.scim('GET', '/Users', undefined, {
        authorization: token && `Bearer ${token}`,
      })
      expect(answer).toMatchObject({ status: 401, body: { status: '401' } })
      expect(answer.headers['www-authenticate']).toContain('Bearer')
    }
    await untouched(acme, async () => {
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
        const body =
          method === 'PUT'
            ? { userName: 'x@acme.test' }
            : method === 'PATCH'
              ? JSON.parse(patch({ op: 'remove', path: 'title' }))
              : undefined
        expect((await acme.scim(method, `/Users/${id}`, body)).status).toBe(404)
      }
      expect((await acme.scim('GET', `/Groups/${group}`)).status).toBe(404)
      expect(await acme.find('userName pr')).toEqual([])
    })
    const { body } = await other.scim('GET', '/Users?cursor=&count=1')
    await other.user({ userName: 'mallory@acme.test' })
    const cursor = (await other.scim('GET', '/Users?cursor=&count=1')).body.nextCursor
    expect(body.nextCursor).toBeUndefined()
    expect(await acme.scim('GET', `/Users?cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { scimType: 'invalidCursor' },
    })
  })
})

async function send(acme: ScimOrganisation, method: string, path: string, body: string | Buffer) {
  const response = await acme.usher.app.inject({
    method: method as 'POST',
    url: `/scim/${acme.id}/v2${path}`,
    headers: { authorization: `Bearer ${acme.token}`, 'content-type': 'application/scim+json' },
    payload: body,
  })
  return { status: response.statusCode, body: JSON.parse(response.body) }
}
