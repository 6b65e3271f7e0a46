import { describe, expect, test } from 'vitest'
import { createScimOrganisation } from '../../testing/scim.ts'

const bob = { firstName: 'Bob', lastName: 'Miller', email: 'bob.miller@acme.test' }
const someone = {
  userName: bob.email,
  name: { givenName: bob.firstName, familyName: bob.lastName },
  emails: [{ value: bob.email, type: 'work', primary: true }],
  title: 'Engineer',
}

/** Somebody whom SCIM made, put into a group and a pool, and deleted; then SCIM was left. */
async function deleted(source: 'portal' | 'sso_jit' | 'scim' = 'portal') {
  const acme = await createScimOrganisation()
  const id = await acme.user(someone)
  const groupId = await acme.makeGroup('Operators')
  const poolId = await acme.makePool('Production')
  await acme.api('POST', `/groups/${groupId}/members`, { userId: id })
  await acme.api('POST', `/users/${id}/pool-grants`, { poolId })
  await acme.scim('DELETE', `/Users/${id}`)
  if (source !== 'scim') await acme.api('PUT', '/identity/provisioning', { source })
  const begun = (await acme.events()).length
  return { acme, id, since: async () => (await acme.events()).slice(begun) }
}

describe('MU-7: somebody whom the identity provider deleted', () => {
  test.each(['bob.miller@acme.test', ' BOB.Miller@ACME.test '])(
    'is not made anew as %s: the answer names who can be restored',
    async (email) => {
      const { acme, id, since } = await deleted()

      const refused = await acme.api('POST', '/users', { ...bob, email })

      expect(refused).toMatchObject({
        status: 409,
        body: { code: 'user.restorable', userId: id, errors: [{ pointer: '/email' }] },
      })
      expect(await since()).toEqual([])
    },
  )

  test.each(['portal', 'sso_jit'] as const)(
    'is back under %s with the same id, roles, groups and pools, and Pending',
    async (source) => {
      const { acme, id, since } = await deleted(source)

      const restored = await acme.api('POST', `/users/${id}/restore`)

      expect(restored).toMatchObject({
        status: 200,
        body: { id, email: bob.email, status: 'pending', managedBy: 'portal', joinedBy: 'scim' },
      })
      const { roles, groups, pools } = restored.body
      expect(roles).toEqual(['ROLE_USER'])
      expect(groups.map((one: { name: string }) => one.name).sort()).toEqual([
        'Default',
        'Operators',
      ])
      expect(pools.map((one: { poolName: string }) => one.poolName).sort()).toEqual([
        'Default',
        'Production',
      ])
      expect(await since()).toMatchObject([
        { type: 'user.restored', subject_id: id, before: { managedBy: 'scim' } },
        { type: 'activation.issued', subject_id: id },
      ])
      expect(restored.body.activationLink).toContain('/activate/')
      expect((await acme.mails()).at(-1)).toEqual({ template: 'activation', recipient: bob.email })
    },
  )

  test('is still known as the identity provider described them, when it asks again', async () => {
    const { acme, id } = await deleted()
    await acme.api('POST', `/users/${id}/restore`)
    await acme.store(`update organisations set source = 'scim' where id = '${acme.id}'`)

    const { body } = await acme.scim('GET', `/Users/${id}`)

    expect(body).toMatchObject({ id, ...someone })
  })

  test('is restored once: of two at once, one does it', async () => {
    const { acme, id, since } = await deleted()

    const answers = await Promise.all([
      acme.api('POST', `/users/${id}/restore`),
      acme.api('POST', `/users/${id}/restore`),
    ])

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await since()).map((event) => event.type)).toEqual([
      'user.restored',
      'activation.issued',
    ])
    expect((await acme.people()).filter(({ email }) => email === bob.email)).toHaveLength(1)
  })

  test('stays away while SCIM decides who comes', async () => {
    const { acme, id, since } = await deleted('scim')

    const refused = await acme.api('POST', `/users/${id}/restore`)

    expect(refused).toMatchObject({ status: 409, body: { code: 'provisioning.method_conflict' } })
    expect(await since()).toEqual([])
  })

  test('is no more when the time to come back is over, and the address is free', async () => {
    const { acme, id } = await deleted()
    await acme.store(`update tombstones set erase_at = 1 where org_id = '${acme.id}'`)

    const refused = await acme.api('POST', `/users/${id}/restore`)
    const anew = await acme.api('POST', '/users', bob)

    expect(refused).toMatchObject({ status: 404, body: { code: 'resource.not_found' } })
    expect(anew.status).toBe(201)
    expect(anew.body.id).not.toBe(id)
  })

  test('MU-11: a key that may not give what they had brings nobody back', async () => {
    const { acme, id, since } = await deleted()

    const refused = await acme.byKey(
      await acme.apiKey(['users:write']),
      'POST',
      `/users/${id}/restore`,
    )

    expect(refused).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
    expect((await since()).map((event) => event.type)).toEqual(['api_key.created'])
  })
})
