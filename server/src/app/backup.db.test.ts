import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { environmentOf, runUsher } from '../../testing/command.ts'
import { freshDatabase, startUsherAlone, type World } from '../../testing/organisation.ts'
import { createScimOrganisation } from '../../testing/scim.ts'
import { backup, openStore, type Store } from '../store/index.ts'
import type { Config } from './config.ts'
import { buildServer } from './server.ts'

type Acme = Awaited<ReturnType<typeof createScimOrganisation>>

let usher: World
let acme: Acme
let scratch: string
let file: string
/** All rows at the moment of the backup, by table. */
let rows: Map<string, string[]>

beforeAll(async () => {
  usher = await startUsherAlone()
  scratch = mkdtempSync(join(tmpdir(), 'usher-backup-'))
  file = join(scratch, 'usher.backup.gz')
  acme = await createScimOrganisation({ syncRoles: true })
  const people = await Promise.all(
    Array.from({ length: 1_200 }, (_, n) =>
      acme.user({
        userName: `person-${n}@acme.test`,
        externalId: `${n}`,
        name: { givenName: 'Zoë', familyName: `O’Hara “${n}”\n` },
        displayName: n % 2 ? `👩‍🚀 ${n}` : '',
        emails: [{ value: `Person-${n}@Acme.Test`, primary: true }],
        roles: [{ value: n % 9 ? 'ROLE_USER' : 'ROLE_VIEWER' }],
      }),
    ),
  )
  const inner = await acme.group('Inner', ...people.slice(0, 30))
  await acme.group('Outer', inner)
  await acme.scim('DELETE', `/Users/${people[1_199]}`)
  await acme.usher.provisioningLog.flush()
  await usher.store.catchUp()
  usher.clock.advance(5 * 60_000)
  await acme.sealTrail()
  // What an extension or an administrator puts beside our tables is none of ours.
  await usher.store.write((db) => sql`create view people_now as select 1 as one`.execute(db))
  rows = await allOf(usher.store)
  const made = await runUsher(['backup', file, '--json'], environmentOf(usher.config))
  expect(made).toMatchObject({ code: 0, json: { file, rows: countOf(rows) } })
})
afterAll(() => rmSync(scratch, { recursive: true }))

async function allOf(store: Store): Promise<Map<string, string[]>> {
  const all = new Map<string, string[]>()
  for await (const { table, columns, rows: some } of store.dump()) {
    const texts = some.map((row) =>
      // Neither database promises an order of columns in what it keeps as JSON.
      JSON.stringify(Object.fromEntries(columns.map((name, at) => [name, sortedJson(row[at])]))),
    )
    all.set(table, [...(all.get(table) ?? []), ...texts])
  }
  return new Map([...all].map(([table, texts]) => [table, texts.toSorted()]))
}

function sortedJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sortedJson)
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sortedJson(inner)]),
  )
}

const countOf = (tables: Map<string, string[]>) =>
  [...tables.values()].reduce((sum, { length }) => sum + length, 0)

/** Without what the commands themselves recorded. */
const withoutOwnEvents = (tables: Map<string, string[]>) =>
  new Map(
    [...tables].map(([table, texts]) => [
      table,
      texts.filter((text) => !/"type":"installation\./.test(text)),
    ]),
  )

/** Where a backup may go to: nobody has used it yet. */
async function elsewhere(databaseUrl: string | undefined): Promise<Config> {
  const dataDir = mkdtempSync(join(tmpdir(), 'usher-restored-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  return { ...usher.config, dataDir, databaseUrl }
}

function restore(config: Config, from = file, env: Record<string, string> = {}) {
  return runUsher(['restore', from, '--json'], { ...environmentOf(config), ...env })
}

async function open(config: Config): Promise<Store> {
  const store = await openStore({ ...config, file: join(config.dataDir, 'usher.db') })
  onTestFinished(() => store.close())
  return store
}

describe('a backup that is restored', () => {
  test('OP-4: holds every row, and people, groups, credentials and the search work', async () => {
    const config = await elsewhere(await freshDatabase())

    const restored = await restore(config)

    expect(restored).toMatchObject({ code: 0, json: { rows: countOf(rows) } })
    const verified = await runUsher(['audit', 'verify', '--json'], environmentOf(config))
    expect(verified).toMatchObject({ code: 0, json: { trails: expect.any(Array) } })
    const trail = verified.json.trails.find((one: { seals: number }) => one.seals > 0)
    expect(trail).toMatchObject({ organisation: acme.slug, fault: null })
    expect(trail.events).toBeGreaterThan(1_200)
    const store = await open(config)
    expect(withoutOwnEvents(await allOf(store))).toEqual(rows)
    const operations = await store.read
      .selectFrom('events')
      .select(['type', 'actor_kind'])
      .where('type', 'like', 'installation.%')
      .execute()
    expect(operations).toEqual([{ type: 'installation.restored', actor_kind: 'operator' }])

    const { app } = await buildServer(config, store, usher.clock)
    onTestFinished(() => app.close())
    const authorization = `Bearer ${acme.token}`
    const found = await app.inject({
      url: `/scim/${acme.id}/v2/Users?filter=${encodeURIComponent('displayName sw "👩‍🚀"')}&count=0`,
      headers: { authorization },
    })
    expect(found.json()).toMatchObject({ totalResults: 599 })
    const searched = await app.inject({
      url: `/api/v1/orgs/${acme.id}/users?search=person-777`,
      headers: { cookie: `usher_session=${acme.session}` },
    })
    expect(searched.json()).toMatchObject({ total: 1, items: [{ email: 'Person-777@acme.test' }] })
  })

  test('moves an installation to the embedded database, and from there back', async () => {
    const embedded = await elsewhere(undefined)
    const back = await elsewhere(await freshDatabase())
    const second = join(embedded.dataDir, 'second.gz')

    const moved = await restore(embedded)
    const saved = await runUsher(['backup', second, '--json'], environmentOf(embedded))
    const returned = await restore(back, second)

    expect([moved.code, saved.code, returned.code]).toEqual([0, 0, 0])
    expect(withoutOwnEvents(await allOf(await open(back)))).toEqual(rows)
  })
})

describe('usher backup', () => {
  test('is for its owner’s eyes, writes over nothing, leaves nothing half-written, and is recorded', async () => {
    const before = readFileSync(file)
    const recorded = async () =>
      Object.fromEntries(await allOf(usher.store)).events?.filter((text) =>
        text.includes('"installation.backed_up"'),
      ).length
    const recordedBefore = await recorded()

    const again = await runUsher(['backup', file], environmentOf(usher.config))
    const nowhere = await runUsher(
      ['backup', join(scratch, 'no', 'folder.gz')],
      environmentOf(usher.config),
    )

    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(again).toMatchObject({ code: 1, err: `${file} is there already.\n` })
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(nowhere.code).toBe(1)
    expect(nowhere.err).toMatch(/no\/folder\.gz: ENOENT/)
    expect(readdirSync(scratch)).toContain('usher.backup.gz')
    expect(readdirSync(scratch).filter((name) => name.endsWith('.part'))).toEqual([])
    expect(recordedBefore).toBeGreaterThan(0)
    expect(await recorded()).toBe(recordedBefore)
  })

  test('of two at the same moment each writes a file of its own, and one name is given once', async () => {
    const twice = join(scratch, 'twice.gz')
    const both = await Promise.all(
      [1, 2].map(() => runUsher(['backup', twice], environmentOf(usher.config))),
    )

    expect(both.some(({ code }) => code === 0)).toBe(true)
    expect(readdirSync(scratch).filter((name) => name.endsWith('.part'))).toEqual([])
    const config = await elsewhere(await freshDatabase())
    expect((await restore(config, twice)).code).toBe(0)
  })

  test('holds no secret that opens anything by itself', () => {
    const text = gunzipSync(readFileSync(file)).toString()

    for (const secret of [
      acme.token,
      acme.session,
      acme.manager.password,
      usher.config.secretKeys[0],
    ])
      expect(text).not.toContain(secret)
  })
})

describe('usher restore changes nothing and says why', () => {
  const lines = () => gunzipSync(readFileSync(file)).toString().split('\n')
  const changed = (change: (lines: string[]) => string[]) => gzipSync(change(lines()).join('\n'))

  test.each<[string, string, () => Buffer]>([
    ['is cut off', 'restore.damaged', () => readFileSync(file).subarray(0, -900)],
    ['has a row less', 'restore.damaged', () => changed((all) => all.toSpliced(40, 1))],
    [
      'has a row twice',
      'restore.damaged',
      () => changed((all) => all.toSpliced(40, 0, all[40] ?? '')),
    ],
    ['has no end', 'restore.damaged', () => changed((all) => all.slice(0, -2))],
    [
      'was changed by hand',
      'restore.damaged',
      () => changed((all) => all.map((line) => line.replace('ROLE_VIEWER', 'ROLE_MANAGER'))),
    ],
    [
      'names a table that there is not',
      'restore.damaged',
      () =>
        changed((all) =>
          all.map((line) => line.replace('"table":"users"', '"table":"sqlite_master"')),
        ),
    ],
    ['is some other file', 'restore.damaged', () => Buffer.from('PK nothing of ours')],
    ['is some other text', 'restore.damaged', () => gzipSync('{"hello":"world"}\n')],
    [
      'is of a newer Usher',
      'restore.newer',
      () =>
        changed((all) =>
          all.map((line) => line.replace(`"schema":${backup.newestSchema}`, '"schema":9999')),
        ),
    ],
  ])('when the file %s', async (_, code, bytes) => {
    const config = await elsewhere(await freshDatabase())
    const broken = join(config.dataDir, 'broken.gz')
    writeFileSync(broken, bytes())

    const refused = await restore(config, broken)

    expect(refused).toMatchObject({ code: 1, json: { error: { code } } })
    expect(countOf(await allOf(await open(config)))).toBe(0)
  })

  test('when there is no such file, or another secret key', async () => {
    const config = await elsewhere(await freshDatabase())

    const missing = await restore(config, join(scratch, 'missing.gz'))
    const locked = await restore(config, file, {
      SECRET_KEY: 'another key that is long enough as well',
    })

    expect(missing.json.error).toMatchObject({ code: 'backup.file_unusable' })
    expect(locked.json.error).toMatchObject({ code: 'restore.key_differs' })
  })

  test('when the installation is in use', async () => {
    const before = countOf(await allOf(usher.store))

    const refused = await restore(usher.config)

    expect(refused).toMatchObject({ code: 1, json: { error: { code: 'restore.not_empty' } } })
    expect(countOf(await allOf(usher.store))).toBe(before)
  })
})
