import { expect, test, vi } from 'vitest'
import {
  createScimOrganisation,
  type ScimOrganisation,
  scimError,
  userSchema,
} from '../../testing/scim.ts'
import {
  changeProvisioning,
  listScimTokens,
  pauseProvisioning,
  putScimSettings,
  revokeScimToken,
  type Write,
} from '../directory/index.ts'

async function withAda(overTwoNodes: boolean) {
  const acme = await createScimOrganisation({ syncRoles: true, overTwoNodes })
  const id = await acme.user({ userName: 'ada@acme.test', roles: [{ value: 'ROLE_VIEWER' }] })
  const read = () => acme.scim('GET', `/Users/${id}`)
  const change = (work: (write: Write) => Promise<unknown>) =>
    acme.usher.directory.change(acme.operator, work)
  return { acme, read, change }
}

async function tokenOf(acme: ScimOrganisation, write: Write): Promise<string> {
  const [token] = await listScimTokens({ ...write, actor: acme.operator })
  return token?.id ?? ''
}

type Change = (write: Write, acme: ScimOrganisation) => Promise<unknown>
const everySource = { portal: true, sso_jit: true, scim: true, ldap: true }
const changes: [string, Change, object][] = [
  [
    'a revoked token opens nothing any more',
    async (write, acme) => revokeScimToken(write, await tokenOf(acme, write)),
    scimError(401, undefined, /revoked/),
  ],
  [
    'a pause is heard of',
    (write) => pauseProvisioning(write, true, undefined),
    scimError(503, undefined, /provisioning\.paused/),
  ],
  [
    'another source is heard of',
    (write) => changeProvisioning(write, { source: 'portal' }, everySource, undefined),
    scimError(403, undefined, /provisioning\.method_conflict/),
  ],
]

// A read begins with who called before and is told to who calls indeed: none of it may be told late.
for (const overTwoNodes of [false, true]) {
  test.each(changes)(
    `${overTwoNodes ? 'over two nodes ' : ''}%s at the next read, though the read before was answered`,
    async (_, make, expected) => {
      const { acme, read, change } = await withAda(overTwoNodes)
      const before = [await read(), await read(), await read()]

      await change((write) => make(write, acme))
      const after = [await read(), await read(), await read()]

      expect(before.map(({ status }) => status)).toEqual([200, 200, 200])
      for (const answer of after) {
        expect(answer).toMatchObject(expected)
        expect(answer.text).not.toContain('ada@acme.test')
      }
    },
  )

  test(`${overTwoNodes ? 'over two nodes ' : ''}settings that changed show in the next read`, async () => {
    const { acme, change } = await withAda(overTwoNodes)
    const mutability = async () => {
      const { body } = await acme.scim('GET', `/Schemas/${userSchema}`)
      const { attributes } = body as { attributes: { name: string; mutability: string }[] }
      return attributes.find(({ name }) => name === 'roles')?.mutability
    }
    const before = [await mutability(), await mutability(), await mutability()]

    await change((write) => putScimSettings(write, { syncRoles: false }))
    const after = [await mutability(), await mutability(), await mutability()]

    expect(before).toEqual(Array(3).fill('readWrite'))
    expect(after).toEqual(Array(3).fill('readOnly'))
  })
}

test('what fails before it is known who calls is put down to nobody', async () => {
  const { acme, read } = await withAda(false)
  await read()
  const { store, provisioningLog } = acme.usher
  const executor = store.read.getExecutor()
  const ask = executor.executeQuery.bind(executor)
  const failing = vi.spyOn(executor, 'executeQuery')
  failing.mockImplementation((query) =>
    query.sql.includes('scim_tokens') ? Promise.reject(new Error('It is down.')) : ask(query),
  )

  const answer = await read()
  failing.mockRestore()
  await provisioningLog.flush()

  expect(answer).toMatchObject(scimError(500))
  const calls = await store.read
    .selectFrom('provisioning_log')
    .select(['status', 'credential'])
    .where('org_id', '=', acme.id)
    .where('method', '=', 'GET')
    .orderBy('id')
    .execute()
  expect(calls).toEqual([
    { status: 200, credential: 'Tests' },
    { status: 500, credential: null },
  ])
})

test('who was answered at one organisation is nobody at another', async () => {
  const acme = await createScimOrganisation()
  const other = await createScimOrganisation()
  await other.user({ userName: 'bob@other.test' })
  await acme.scim('GET', '/Users')

  const crossed = await acme.usher.app.inject({
    method: 'GET',
    url: `/scim/${other.id}/v2/Users`,
    headers: { authorization: `Bearer ${acme.token}` },
  })

  expect(crossed.statusCode).toBe(401)
  expect(crossed.body).not.toContain('bob@other.test')
})
