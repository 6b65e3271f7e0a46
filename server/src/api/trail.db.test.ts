import { describe, expect, test } from 'vitest'
import {
  createOrganisation,
  startSecondNode,
  type TestOrganisation,
} from '../../testing/organisation.ts'
import { onPostgres } from '../../testing/usher-process.ts'
import { trailSigner, verifyTrail } from '../directory/index.ts'
import { newId } from '../lib/ids.ts'
import { openVault } from '../lib/secrets.ts'
import { createSealer } from '../outbox/index.ts'

const url = '/audit-events/verification'
const minute = 60_000

const verify = async (acme: TestOrganisation, after = 0) =>
  (await acme.api('GET', `${url}?after=${after}`)).body

/** So many changes, each with its event, and a trail that is sealed after each of them. */
async function sealedTrail(events = 3, seals = 1): Promise<TestOrganisation> {
  const acme = await createOrganisation({ method: 'password' })
  for (let seal = 0; seal < seals; seal += 1) {
    for (let turn = 0; turn < events; turn += 1) await acme.makeGroup(`Group ${seal}.${turn}`)
    acme.usher.clock.advance(5 * minute)
    await acme.sealTrail()
  }
  return acme
}

type Row = { id: string }
async function eventIds(acme: TestOrganisation): Promise<string[]> {
  const rows: Row[] = await acme.usher.store.read
    .selectFrom('events')
    .select('id')
    .where('org_id', '=', acme.id)
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

const change = (acme: TestOrganisation, table: string, set: string, which: string) =>
  acme.store(`update ${table} set ${set} where org_id = '${acme.id}' and ${which}`)

describe('AU-5: the audit trail is sealed', () => {
  test('when its events are old enough that none can come between', async () => {
    const acme = await createOrganisation({ method: 'password' })
    await acme.makeGroup('Engineers')
    const all = await eventIds(acme)

    await acme.sealTrail()
    const early = await verify(acme)
    acme.usher.clock.advance(3 * minute)
    await acme.sealTrail()
    await acme.sealTrail()
    const late = await verify(acme)

    expect(early).toEqual({
      seals: 0,
      events: 0,
      purged: 0,
      next: null,
      fault: null,
      head: null,
      unsealed: all.length,
    })
    expect(late).toEqual({
      seals: 1,
      events: all.length,
      purged: 0,
      next: null,
      fault: null,
      head: {
        number: 1,
        chain: expect.stringMatching(/^[\w-]{43}$/),
        sealedAt: expect.any(Number),
      },
      unsealed: 0,
    })
  })

  test('in stretches of 500, which are compared 20 at a time', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const before = (await eventIds(acme)).length
    await acme.fillTrail(10_500)
    acme.usher.clock.advance(3 * minute)
    await acme.sealTrail()

    const first = await verify(acme)
    const second = await verify(acme, first.next)

    expect(first).toMatchObject({
      seals: 20,
      events: 10_000,
      next: 20,
      fault: null,
      unsealed: null,
    })
    expect(second).toMatchObject({ seals: 2, events: 500 + before, next: null, fault: null })
    expect(second.head.number).toBe(22)
  })

  test.each(['-1', '1.5', 'x', '2147483648', '1e300'])(
    'behind no such seal: after=%s',
    async (after) => {
      const acme = await createOrganisation({ method: 'password' })

      expect(await acme.api('GET', `${url}?after=${after}`)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid' },
      })
    },
  )

  test('by two nodes at the same moment once', async () => {
    const acme = await createOrganisation({ method: 'password' })
    await acme.makeGroup('Engineers')
    acme.usher.clock.advance(3 * minute)
    const nodes = [acme.usher, onPostgres ? await startSecondNode() : acme.usher]

    await Promise.all(nodes.map(({ sealer }) => sealer.seal({ organisationId: acme.id })))

    expect(await verify(acme)).toMatchObject({ seals: 1, fault: null, unsealed: 0 })
  })

  test('each organisation by itself: what happened in another changes nothing', async () => {
    const acme = await sealedTrail()
    const { head } = await verify(acme)
    await sealedTrail()

    expect((await verify(acme)).head).toEqual(head)
  })
})

describe('AU-5: whoever changes the database is found', () => {
  const column = [
    "type = 'group.deleted'",
    'at = at - 1',
    "result = 'failure'",
    "actor_kind = 'root'",
    `actor_id = '${newId()}'`,
    "actor = 'Mallory'",
    "ip = '192.0.2.9'",
    "source = 'scim'",
    "subject_kind = 'pool'",
    `subject_id = '${newId()}'`,
    "subject = 'Other'",
    `before = '{"name":"Before"}'`,
    `after = '{"name":"Other"}'`,
    `data = '{}'`,
    'emergency = 1 - emergency',
    "request_id = 'other'",
  ]
  test.each(column)('altered: %s', async (set) => {
    const acme = await sealedTrail(3, 2)
    const altered = (await eventIds(acme)).at(-2)
    await change(acme, 'events', set, `id = '${altered}'`)

    expect(await verify(acme)).toMatchObject({
      next: null,
      fault: { kind: 'altered', eventId: altered, seal: 2 },
      seals: 1,
    })
  })

  test.each([
    ['the first', 0],
    ['one in the middle', -3],
    ['the last', -1],
  ])('missing: %s', async (_, at) => {
    const acme = await sealedTrail(4)
    const gone = (await eventIds(acme)).at(at)
    await acme.store(`delete from events where org_id = '${acme.id}' and id = '${gone}'`)

    expect((await verify(acme)).fault).toEqual({ kind: 'missing', eventId: gone, seal: 1 })
  })

  test('added, with an id as old as the others', async () => {
    const acme = await sealedTrail(3)
    const [first = '', second = ''] = await eventIds(acme)
    const between = `${first.slice(0, -1)}${first.endsWith('f') ? '0' : 'f'}`
    expect([first, between, second].toSorted()).toContain(between)
    await acme.store(`insert into events select org_id, '${between}', type, at, result, actor_kind,
      actor_id, actor, ip, source, subject_kind, subject_id, subject, before, after, data, emergency,
      request_id from events where org_id = '${acme.id}' and id = '${second}'`)

    expect((await verify(acme)).fault).toEqual({ kind: 'added', eventId: between, seal: 1 })
  })

  test('reordered: of two events that changed places the first is named', async () => {
    const acme = await sealedTrail(3)
    const [first = '', second = ''] = (await eventIds(acme)).slice(-2)
    for (const [from, to] of [
      [first, 'aside'],
      [second, first],
      ['aside', second],
    ])
      await change(acme, 'events', `id = '${to}'`, `id = '${from}'`)

    expect((await verify(acme)).fault).toEqual({ kind: 'altered', eventId: first, seal: 1 })
  })

  test.each([
    ['a list', "list = replace(list, 'a', 'b')"],
    ['a list, as if it were purged', 'list = null, purged = signature'],
    ['the mark of a purge', 'purged = signature'],
    ['a list that is gone', 'list = null'],
    ['a count', 'events = events - 1'],
    ['the end', `last_id = '${newId()}'`],
    ['a tie', `chain = '${'A'.repeat(43)}'`],
    ['a signature', `signature = '${'A'.repeat(86)}'`],
    ['a signature that is none', "signature = ''"],
  ])('of a seal: %s', async (_, set) => {
    const acme = await sealedTrail(2, 3)
    await change(acme, 'audit_seals', set, 'number = 2')

    expect(await verify(acme)).toMatchObject({
      seals: 1,
      fault: { kind: 'seal_altered', eventId: null, seal: 2 },
    })
  })

  test('of a seal that is missing, with its events', async () => {
    const acme = await sealedTrail(2, 3)
    await acme.store(`delete from audit_seals where org_id = '${acme.id}' and number = 2`)

    expect(await verify(acme)).toMatchObject({
      seals: 1,
      fault: { kind: 'seal_missing', eventId: null, seal: 2 },
    })
    expect((await verify(acme, 2)).fault).toEqual({ kind: 'seal_missing', eventId: null, seal: 2 })
  })

  test('also when every seal is made anew with a key of one’s own', async () => {
    const acme = await sealedTrail(3)
    const { store, clock } = acme.usher
    await change(acme, 'events', "actor = 'Mallory'", 'true')
    await acme.store(`delete from audit_seals where org_id = '${acme.id}'`)
    const signer = trailSigner(openVault(['a key that is not of this installation at all']))
    await createSealer({ store, signer, clock, keeping: { days: 400 } }).seal({
      organisationId: acme.id,
    })

    expect((await verify(acme)).fault).toEqual({ kind: 'seal_altered', eventId: null, seal: 1 })
  })
})

test('AU-5: what an older key sealed stays sealed when the key is rotated', async () => {
  const acme = await sealedTrail(3)
  const { store, clock, config } = acme.usher
  const ring = openVault(['a newer key of this installation, long enough', ...config.secretKeys])
  await acme.makeGroup('Engineers')
  clock.advance(5 * minute)
  const signer = trailSigner(ring)
  await createSealer({ store, signer, clock, keeping: { days: 400 } }).seal({
    organisationId: acme.id,
  })

  const verified = await acme.usher.directory.view(acme.operator, (read) =>
    verifyTrail(read, signer, 0),
  )

  expect(verified).toMatchObject({ seals: 2, fault: null, unsealed: 0 })
})

describe('AU-4, AU-5: events are purged when their time is over', () => {
  const kept = 400 * 24 * 60 * minute
  /** As the schedule does when so much time has passed. */
  const pass = ({ id, usher: { store, vault } }: TestOrganisation, past: number) =>
    createSealer({
      store,
      signer: trailSigner(vault),
      clock: { now: () => Date.now() + past },
      keeping: { days: 400 },
    }).seal({ organisationId: id })

  const rows = (acme: TestOrganisation) =>
    acme.usher.store.read
      .selectFrom('events')
      .select(['id', 'type', 'data'])
      .where('org_id', '=', acme.id)
      .orderBy('id')
      .execute()

  test('a whole stretch at a time, recorded, and the trail is verified all the same', async () => {
    const acme = await sealedTrail(3, 6)
    const gone = (await rows(acme)).length

    await pass(acme, kept + minute)

    const left = (await rows(acme)).map(({ type, data }) => [type, JSON.parse(data ?? 'null')])
    expect(left).toEqual([
      ['audit.purged', { events: expect.any(Number), seals: [1, 4] }],
      ['audit.purged', { events: expect.any(Number), seals: [5, 6] }],
    ])
    expect(left.reduce((sum, [, { events }]) => sum + events, 0)).toBe(gone)
    const verified = await verify(acme)
    expect(verified).toMatchObject({ seals: 6, events: 0, purged: gone, fault: null, unsealed: 2 })
    await pass(acme, 5 * minute)
    expect(await verify(acme)).toMatchObject({ seals: 7, events: 2, purged: gone, fault: null })
  })

  test('and not before', async () => {
    const acme = await sealedTrail(3)
    const before = await rows(acme)

    await pass(acme, kept - minute)

    expect(await rows(acme)).toEqual(before)
    expect(await verify(acme)).toMatchObject({ events: before.length, purged: 0 })
  })

  test('what is put back among them is found', async () => {
    const acme = await sealedTrail(3)
    const [first = ''] = await eventIds(acme)
    const table = `kept_${acme.id.slice(-12)}`
    await acme.store(`create table ${table} as
      select * from events where org_id = '${acme.id}' and id = '${first}'`)
    await pass(acme, kept + minute)
    await acme.store(`insert into events select * from ${table}`)

    expect((await verify(acme)).fault).toEqual({ kind: 'added', eventId: first, seal: 1 })
  })
})
