import fc from 'fast-check'
import { expect, test } from 'vitest'
import { howMany } from '../../testing/long-run.ts'
import { createScimOrganisation, type ScimOrganisation } from '../../testing/scim.ts'

const sequences = howMany('USHER_SEQUENCES', 25)
const acts = [
  'leave',
  'return',
  'delete',
  'come back',
  'hold',
  'release',
  'demote',
  'promote',
] as const
type Act = { act: (typeof acts)[number]; who: number }

const names = [0, 1, 2].map((who) => `manager${who}@acme.test`)
const turn = fc.array(fc.record({ act: fc.constantFrom(...acts), who: fc.nat({ max: 2 }) }), {
  minLength: 1,
  maxLength: 3,
})

/** Everyone who can sign in and manage, asked of the database itself. */
async function working(acme: ScimOrganisation): Promise<number> {
  const rows = await acme.usher.store.read
    .selectFrom('users')
    .innerJoin('user_roles', 'user_roles.user_id', 'users.id')
    .innerJoin('identities', 'identities.user_id', 'users.id')
    .select('users.id')
    .where('users.org_id', '=', acme.id)
    .where('role', '=', 'ROLE_MANAGER')
    .where('status', '=', 'active')
    .where('held', '=', 0)
    .execute()
  return rows.length
}

test(`US-14: ${sequences} random sequences of managers and the identity provider, several at a time, leave somebody who can manage`, {
  timeout: 3_600_000,
}, async () => {
  const acme = await createScimOrganisation()
  const ids: string[] = []
  for (const userName of names) {
    const id = await acme.user({ userName })
    await acme.signIn({ email: userName })
    await acme.api('PATCH', `/users/${id}`, { roles: ['ROLE_USER', 'ROLE_MANAGER'] })
    ids.push(id)
  }
  // From here on the three are all there is, and the portal is used with a key.
  const key = await acme.apiKey(['users:write', 'identity:write', 'access:write', 'audit:write'])
  await acme.store(`delete from user_roles where user_id = '${acme.manager.id}'`)

  async function take({ act, who }: Act): Promise<number> {
    const [id, userName] = [ids[who] ?? '', names[who] ?? '']
    const active = (value: boolean) => ({ op: 'replace', path: 'active', value })
    const roles = (...given: string[]) => acme.byKey(key, 'PATCH', `/users/${id}`, { roles: given })
    const answers = {
      leave: () => acme.patch(`/Users/${id}`, active(false)),
      return: () => acme.patch(`/Users/${id}`, active(true)),
      delete: () => acme.scim('DELETE', `/Users/${id}`),
      'come back': () => acme.scim('POST', '/Users', { userName }),
      hold: () => acme.byKey(key, 'PUT', `/users/${id}/hold`),
      release: () => acme.byKey(key, 'DELETE', `/users/${id}/hold`),
      demote: () => roles('ROLE_USER'),
      promote: () => roles('ROLE_USER', 'ROLE_MANAGER'),
    }
    return (await answers[act]()).status
  }

  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 4, maxLength: 12 }), async (turns) => {
      for (const together of turns) {
        const statuses = await Promise.all(together.map(take))
        expect(statuses.every((status) => status < 500)).toBe(true)
        expect(await working(acme)).toBeGreaterThan(0)
      }
      // For the next sequence everybody is there again.
      for (const act of ['come back', 'return', 'release', 'promote'] as const)
        for (const who of [0, 1, 2]) await take({ act, who })
    }),
    { numRuns: sequences, endOnFailure: true },
  )
  // Acts of every kind were carried out, or nothing was shown.
  const kinds = new Set(await acme.eventNames())
  for (const kind of ['deactivated', 'enabled', 'deleted', 'restored', 'held', 'released'])
    expect([...kinds]).toContain(`user.${kind}`)
  for (const kind of ['role_granted', 'role_revoked']) expect([...kinds]).toContain(`user.${kind}`)
})
