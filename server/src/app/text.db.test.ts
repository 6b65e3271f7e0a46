import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOrganisation, startUsher } from '../../testing/organisation.ts'
import { findBroken } from './text.ts'

const broken = ['\0', 'a\0b', '\ud800', 'b\udc00']
const hostile = [...broken, '\uffff', '%', "';--", '__proto__', '\u202e', 'x'.repeat(5_000)]
const encoded = (text: string) => (text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80')

/** Every list of the Management API with every text that it can be asked by. */
async function searches(): Promise<string[]> {
  const { app } = await startUsher()
  const { paths } = (await app.inject({ url: '/api/v1/openapi.json' })).json()
  type Asked = { get?: { parameters?: { in: string; name: string }[] } }
  return Object.entries(paths as Record<string, Asked>)
    .filter(([path]) => path.startsWith('/api/v1/orgs/'))
    .flatMap(([path, { get }]) =>
      (get?.parameters ?? [])
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => `${path.replace('/api/v1/orgs/{organisationId}', '')}?${name}=`),
    )
    .filter((path) => !path.includes('{'))
}

describe.each(hostile.map((text) => [JSON.stringify(text.slice(0, 20)), text]))(
  '%s is answered and never a fault of ours',
  (_, text) => {
    test('in every search of the Management API', async () => {
      const acme = await createOrganisation({ method: 'password' })
      const paths = await searches()
      expect(paths.length).toBeGreaterThan(20)

      for (const path of paths) {
        const { status } = await acme.api('GET', `${path}${encoded(text)}`)
        expect({ path, isFault: status >= 500 }).toEqual({ path, isFault: false })
      }
    })

    test('in what a manager sends, and by people without a session', async () => {
      const acme = await createOrganisation({ method: 'password' })
      const names = { firstName: text, lastName: text }
      const cell = JSON.stringify(text).slice(1, -1)
      const csv = `email,first,last,roles,groups\nnoa@acme.test,${text},${cell},${text},${text}`
      const path = encoded(text)
      const sent: [string, object][] = [
        ['/invitations', { emails: [text, `${text}@acme.test`, `noa@${text}.test`] }],
        ['/invitations/csv', { csv }],
        ['/users', { email: 'noa@acme.test', ...names }],
        ['/groups', { name: text }],
        ['/pools', { name: text }],
      ]
      const anonymous: [string, object][] = [
        [`/sign-in/${path}/password`, { email: text, password: text }],
        [`/sign-in/${acme.slug}/password`, { email: text, password: text }],
        [`/sign-in/${acme.slug}/emergency`, { email: text, password: text, code: text }],
        [`/sign-in/${acme.slug}/reset`, { email: text }],
        [`/invitations/${acme.id}.${path}`, { ...names, password: text }],
        [`/activations/${acme.id}.${path}`, { password: text }],
        [`/join/${acme.slug}/${path}`, { ...names, email: text, challenge: text, solution: text }],
        ['/platform/sign-in', { email: text, password: text }],
      ]
      const answers = [
        ...(await Promise.all(sent.map(([to, body]) => acme.api('POST', to, body)))),
        ...(await Promise.all(
          anonymous.map(([to, body]) => acme.send('POST', `/api/v1${to}`, body)),
        )),
      ]

      expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([])
      if (!broken.includes(text)) return
      for (const { status, body } of answers) {
        expect([status, body.code]).toEqual([400, 'request.invalid'])
      }
      expect(await acme.eventNames()).toEqual([])
    })
  },
)

test('broken text is found wherever it stands, and told by its place', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  )
  fc.assert(
    fc.property(fc.object({ values: [leaf], key: fc.string({ unit: 'binary' }) }), (value) => {
      // What JSON writes as an escape is a NUL or half a character of the value.
      const isBroken = /(^|[^\\])(\\\\)*\\u(0000|d[89a-f][0-9a-f]{2})/.test(JSON.stringify(value))
      expect(findBroken(value) !== undefined).toBe(isBroken)
    }),
  )
  expect(findBroken({ people: [{ 'a/b': 'fine' }, { 'a/b': 'x\0' }] })).toBe('/people/1/a~1b')
  let deep: unknown = 'a\0b'
  for (let level = 0; level < 200_000; level += 1) deep = [deep]
  expect(findBroken(deep)).toMatch(/^(\/0)+$/)
})
