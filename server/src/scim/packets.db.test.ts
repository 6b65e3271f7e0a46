import { Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createScimOrganisation } from '../../testing/scim.ts'
import { onPostgres } from '../../testing/usher-process.ts'

const active = (value: boolean) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: [{ op: 'replace', path: 'active', value }],
})
const member = (op: 'add' | 'remove', id: string) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: [
    op === 'add'
      ? { op, path: 'members', value: [{ value: id }] }
      : { op, path: `members[value eq "${id}"]` },
  ],
})

/** What leaves for the database; the embedded one has no network between. */
async function packetsOf(work: () => Promise<unknown>): Promise<number> {
  let packets = 0
  for (const name of ['_write', '_writev'] as const) {
    const write = Socket.prototype[name] as (this: Socket, ...parts: unknown[]) => void
    const counting = vi.spyOn(Socket.prototype, name)
    counting.mockImplementation(function (this: Socket, ...parts: unknown[]) {
      packets += 1
      write.apply(this, parts)
    } as typeof write)
    onTestFinished(() => counting.mockRestore())
  }
  await work()
  return packets
}

// A round trip costs more than most questions do: what does not wait for an answer travels together.
test.each<[string, number]>([
  ['GET', 1],
  ['PATCH active', 4],
  ['a member who comes', 4],
  ['a member who goes', 4],
])('%s reaches PostgreSQL in %i packets', async (what, atMost) => {
  const acme = await createScimOrganisation()
  const id = await acme.user({ userName: 'ada@acme.test' })
  const { body: group } = await acme.scim('POST', '/Groups', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'Engineers',
  })
  const calls: Record<string, () => Promise<unknown>> = {
    GET: () => acme.scim('GET', `/Users/${id}`),
    'PATCH active': () => acme.scim('PATCH', `/Users/${id}`, active(false)),
    'a member who comes': () => acme.scim('PATCH', `/Groups/${group.id}`, member('add', id)),
    'a member who goes': () => acme.scim('PATCH', `/Groups/${group.id}`, member('remove', id)),
  }
  if (what === 'a member who goes') await calls['a member who comes']?.()
  await acme.usher.provisioningLog.flush()

  const packets = await packetsOf(async () => calls[what]?.())

  expect(packets).toBe(onPostgres ? atMost : 0)
})
