import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  patchSchema,
  type ScimOrganisation,
  scimError,
} from '../../testing/scim.ts'
import { me } from '../../testing/second-factor.ts'

const ada = {
  userName: 'ada@acme.test',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [{ value: 'ada@acme.test', type: 'work', primary: true }],
  active: true,
}

/** Somebody whom SCIM made, signed in, with a key of their own. */
async function withKey(scopes = ['users:read']) {
  const acme = await createScimOrganisation()
  const id = await acme.user(ada)
  const { session = '' } = await acme.signIn({ email: 'ada@acme.test' })
  const made = await me(acme, 'POST', '/keys', { label: 'my script', scopes }, session)
  const key = made.body.key as string
  return {
    acme,
    id,
    session,
    made: made.body as { id: string; key: string },
    ask: asking(acme, key),
  }
}

const asking =
  (acme: ScimOrganisation, key: string) =>
  (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    acme.scim(method, path, body, { ...headers, authorization: `Bearer ${key}` })

describe('SC-33: /Me by a personal key', () => {
  test('is its owner as the identity provider reads them, whose lasting address is told', async () => {
    const { acme, id, ask } = await withKey()

    const own = await ask('GET', '/Me')
    const part = await ask('GET', '/Me?attributes=userName')
    const etag = String(own.headers.etag)
    const unchanged = await ask('GET', '/Me', undefined, { 'if-none-match': etag })

    expect(own.status).toBe(200)
    expect(own.body).toEqual((await acme.scim('GET', `/Users/${id}`)).body)
    expect(own.headers.location).toBe(`${acme.baseUrl}/Users/${id}`)
    expect(part.body).toEqual({ schemas: own.body.schemas, id, userName: 'ada@acme.test' })
    expect(unchanged.status).toBe(304)
  })

  test('a person whom SCIM does not manage reads themselves too', async () => {
    const acme = await createScimOrganisation({ provisionExistingUsers: false })
    const wish = { label: 'my script', scopes: ['users:read'] }
    const { key } = (await me(acme, 'POST', '/keys', wish)).body

    const own = await asking(acme, key)('GET', '/Me')

    expect(own).toMatchObject({ status: 200, body: { id: acme.manager.id } })
  })

  test.each([
    ['GET', '/Users', 403],
    ['POST', '/Users', 403],
    ['POST', '/Users/.search', 403],
    ['POST', '/.search', 403],
    ['GET', '/', 403],
    ['GET', '/Groups', 403],
    ['POST', '/Bulk', 403],
    ['PATCH', '/Me', 405],
    ['DELETE', '/Me', 405],
    ['GET', '/Me/name', 404],
    ['GET', '/ServiceProviderConfig', 200],
  ])('such a key is answered to %s %s with %i', async (method, path, status) => {
    const { acme, id, ask } = await withKey()
    const before = await acme.scim('GET', `/Users/${id}`)

    const answer = await ask(method, path, method === 'POST' || method === 'PATCH' ? {} : undefined)
    const byId = await ask('DELETE', `/Users/${id}`)

    expect(answer.status).toBe(status)
    expect(byId).toMatchObject(scimError(403, undefined, /^auth\.forbidden/))
    expect((await acme.scim('GET', `/Users/${id}`)).body).toEqual(before.body)
  })

  test('needs the scope users:read', async () => {
    const acme = await createScimOrganisation()
    const wish = { label: 'my script', scopes: ['audit:read'] }
    const { key } = (await me(acme, 'POST', '/keys', wish)).body

    const refused = await asking(acme, key)('GET', '/Me')

    expect(refused).toMatchObject(scimError(403, undefined, /^api_key\.scope_missing/))
  })

  test('AK-6, AK-7: opens nothing once it is revoked, elsewhere, or when its owner is deactivated', async () => {
    const { acme, session, made, ask } = await withKey()
    const left = await withKey()
    const here = await ask('GET', '/Me')
    const elsewhere = await asking(left.acme, made.key)('GET', '/Me')

    await me(acme, 'DELETE', `/keys/${made.id}`, undefined, session)
    await left.acme.scim('PATCH', `/Users/${left.id}`, {
      schemas: [patchSchema],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    })

    expect(here.status).toBe(200)
    for (const refused of [elsewhere, await ask('GET', '/Me'), await left.ask('GET', '/Me')]) {
      expect(refused).toMatchObject(scimError(401))
    }
  })
})
