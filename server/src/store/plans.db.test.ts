import { CompiledQuery, type QueryResult, sql } from 'kysely'
import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createOrganisation,
  startUsherAlone,
  type TestOrganisation,
} from '../../testing/organisation.ts'
import { bySync, rowsOf } from '../../testing/plans.ts'
import { onPostgres } from '../../testing/usher-process.ts'
import type { ResourceQuery } from '../model/scim.ts'
import { type Db, isSqlite } from './dialect.ts'
import {
  access,
  accessCheck,
  events,
  groups,
  people,
  peopleExport,
  pools,
  scimGroups,
  scimPeople,
  scimShown,
  shadows,
  users,
} from './index.ts'
import { laneSettings } from './postgres/connections.ts'
import { planned, statement } from './statement.ts'

// On PostgreSQL plans follow statistics, so the organisation has to be big enough to be worth an index.
const crowd = 30_000
// So many may be gathered and sorted for one page; more are walked in the order of an index.
const fewPeople = 20_001
const walking = 'walking: '

let db: Db
let acme: TestOrganisation
let organisationId: string

beforeAll(async () => {
  const { store } = await startUsherAlone()
  acme = await createOrganisation()
  db = store.read
  organisationId = acme.id
  await store.write((write) => fill(write, organisationId))
  await store.catchUp()
  if (!isSqlite(db)) await sql`vacuum analyze users`.execute(db)
  if (!isSqlite(db)) await sql`analyze user_roles, group_members, grants`.execute(db)
}, 60_000)

const everyone: people.PeopleFilter = {}
const filters: [string, people.PeopleFilter][] = [
  ['everybody', everyone],
  ['active people, the most', { status: 'active' }],
  ['pending people', { status: 'pending' }],
  ['deactivated people, of whom there is nobody', { status: 'deactivated' }],
  ['people of one source', { managedBy: ['scim'] }],
  ['people of one role, all of them', { role: 'ROLE_USER' }],
  ['people of one role, of whom there is one', { role: 'ROLE_MANAGER' }],
  ['people of no group', { groupIds: ['01990000-0000-7000-8000-000000000000'] }],
  ['people who never signed in', { notSince: 0 }],
  ['a name that many have', { search: 'person' }],
  ['an address that one has', { search: 'p12345@' }],
  ['a name that nobody has', { search: 'zzzz' }],
]

describe('US-2, US-3: no list reads or sorts the whole directory', () => {
  test.each(filters)('%s', async (_, filter) => {
    const plans = await plansOf(() =>
      people.list(
        db,
        organisationId,
        filter,
        { by: 'name', descending: false },
        { page: 0, size: 10 },
      ),
    )

    expect(walksEverything(plans)).toEqual([])
  })

  test.each([
    'name',
    'email',
    'managedBy',
    'createdBy',
    'updatedBy',
    'updatedAt',
    'lastSignIn',
  ] as const)('in the order of %s, both ways, first page and last', async (by) => {
    for (const descending of [false, true]) {
      for (const page of [0, crowd / 10 - 1]) {
        const plans = await plansOf(() =>
          people.list(db, organisationId, everyone, { by, descending }, { page, size: 10 }),
        )
        expect(walksEverything(plans)).toEqual([])
      }
    }
  })

  test.each([
    'name',
    'email',
    'managedBy',
    'createdBy',
    'updatedBy',
    'updatedAt',
    'lastSignIn',
  ] as const)('US-16: a step of the export in the order of %s', async (by) => {
    for (const descending of [false, true]) {
      const sort = { by, descending }
      const [after] = await people.placesAfter(db, organisationId, sort, undefined, 1)

      const plans = await plansOf(async () => {
        const step = await people.placesAfter(db, organisationId, sort, after, 50)
        const ids = step.map(({ id }) => id)
        await people.amongIds(db, organisationId, ids, { role: 'ROLE_USER' }, sort)
      })

      expect(walksEverything(plans)).toEqual([])
    }
  })

  test.each([
    ['many who share a source', 'managedBy', {}],
    ['many who never signed in, backwards', 'lastSignIn', {}],
    ['everybody of a role', 'name', { role: 'ROLE_USER' }],
  ] as const)('US-16: the export loses nobody and repeats nobody: %s', async (_, by, filter) => {
    const sort = { by, descending: by === 'lastSignIn' }
    const seen: string[] = []

    for await (const step of peopleExport.eachFound(db, organisationId, filter, sort)) {
      seen.push(...step.map(({ id }) => id))
    }

    const everybody = await people.total(db, organisationId)
    expect([seen.length, new Set(seen).size]).toEqual([everybody, everybody])
  })

  test('GE-4: by several fields 20,000 are sorted and no more', async () => {
    const sort = {
      by: 'managedBy',
      descending: false,
      thenBy: [{ by: 'name', descending: true }],
    } as const
    const page = { page: 0, size: 10 }

    const before = await events.list(db, organisationId, {}, { skip: 0, limit: 1 })
    const asked = [
      await acme.api('GET', '/users?sort=managedBy&sort=name,desc'),
      await acme.api('GET', '/users/export?sort=managedBy&sort=name,desc'),
    ]
    const all = await people.listGathered(db, organisationId, everyone, sort, page)
    const none = await people.listGathered(db, organisationId, { search: 'zzzz' }, sort, page)

    expect(all).toBeUndefined()
    expect(await events.list(db, organisationId, {}, { skip: 0, limit: 1 })).toEqual(before)
    for (const refused of asked) {
      expect(refused).toMatchObject({
        status: 400,
        body: { code: 'request.invalid', errors: [{ pointer: '/sort', code: 'too_many' }] },
      })
    }
    expect(none).toMatchObject({ items: [], total: 0 })
  })

  test('the roles and groups of one page of people', async () => {
    const first = { page: 0, size: 10 }
    const page = await people.list(db, organisationId, {}, { by: 'name', descending: false }, first)
    const ids = page.items.map((user) => user.id)

    const plans = await plansOf(async () => {
      await access.rolesOf(db, organisationId, ids)
      await access.memberships(db, organisationId, ids)
    })

    expect(walksEverything(plans)).toEqual([])
  })

  test('RB-13: an access check, a group and its members, who reaches a pool', async () => {
    const userId = '0198cccc-0000-7000-8000-000000012345'
    const { groupId, poolId } = await defaults()
    const now = 1_000
    const page = { page: 0, size: 20 }
    const sort = { by: 'name', descending: false } as const
    const groupIds = await groups.withNested(db, organisationId, [groupId])
    const found = await accessCheck.find(db, organisationId, { userId, poolId, now })
    expect(found?.ways).toHaveLength(1)

    const plans = await plansOf(async () => {
      await accessCheck.find(db, organisationId, { userId, poolId, now })
      await access.nestingsAbove(db, organisationId, groupIds)
      await access.grantsFor(db, organisationId, { groupIds, userIds: [userId], poolId }, now)
      await groups.memberIds(db, organisationId, groupId, 1_001)
      await groups.grants(db, organisationId, groupId)
      await pools.groupGrants(db, organisationId, poolId)
      await people.list(db, organisationId, { groupIds }, sort, page)
      await people.list(db, organisationId, { pool: { id: poolId, groupIds, now } }, sort, page)
    })

    expect(walksEverything(plans)).toEqual([])
  })

  test('AU-1: the newest events of the audit', async () => {
    const plans = await plansOf(() => events.list(db, organisationId, {}, { skip: 0, limit: 50 }))

    expect(walksEverything(plans)).toEqual([])
  })
})

// A plan for any value is made for the average, and the one group that everybody is in is the average here.
if (onPostgres) {
  test('every column of text is compared by its bytes', async () => {
    const { rows } = await sql<{ column: string; by: string | null }>`
      select table_name || '.' || column_name as column, collation_name as by
      from information_schema.columns
      where table_schema = current_schema() and data_type = 'text'`.execute(db)

    expect(rows.length).toBeGreaterThan(200)
    expect(rows.filter(({ by }) => by !== 'C').map(({ column }) => column)).toEqual([])
  })

  describe('what shares a connection', () => {
    test('reads the members of one group and of nobody else', async () => {
      const groupId = '0198dddd-0000-7000-8000-000000000001'

      const lines = await sharedPlansOf(() => scimGroups.members(db, organisationId, [groupId]))

      expect(lines.filter((line) => /Seq Scan|Hash Join|Merge Join/.test(line))).toEqual([])
      expect(lines.join('\n')).toMatch(/Index (?:Only )?Scan (?:using|on) group_members_pkey/)
    })

    // Only a walk along an index marks entries of rows that are gone, such as counts that were rolled up.
    test.each([0, 20_000])('walks along indexes for a page behind %i others', async (skip) => {
      const page = { ...byUserName(''), filter: undefined, from: { skip } }

      const lines = await sharedPlansOf(() => scimShown.list(db, organisationId, page))

      expect(lines.filter((line) => /Seq Scan|Bitmap/.test(line))).toEqual([])
      expect(lines.join('\n')).toMatch(/Index Scan using count_deltas_pkey/)
    })

    test('reads of several, asked for or changed at once, nothing but what is theirs', async () => {
      const ids = [7, 4_711, 12_345].map(
        (number) => `0198cccc-0000-7000-8000-${String(number).padStart(12, '0')}`,
      )
      const groupId = '0198dddd-0000-7000-8000-000000000001'
      const ofEach = <Value>(ask: (id: string) => Promise<Value>) => Promise.all(ids.map(ask))

      const lines = await sharedPlansOf(async () => {
        await ofEach((id) => scimShown.find(db, organisationId, id))
        await ofEach((id) => scimShown.list(db, organisationId, byUserName(id)))
        await ofEach((id) => scimGroups.find(db, organisationId, id))
        await ofEach((id) => scimGroups.resolve(db, organisationId, [id]))
        await ofEach((id) => access.endOf(db, organisationId, id))
        await ofEach((id) => {
          const change = { add: [id], remove: [], noted: true }
          return scimGroups.move(db, organisationId, groupId, change, bySync)
        })
        await ofEach(async (id) => {
          const person = await scimPeople.lock(db, organisationId, id)
          if (!person) throw new Error('Nobody is there.')
          const left = { ...person.user, status: 'deactivated' as const, updatedAt: 2 }
          await users.update(db, person.user, left)
          await scimPeople.putAttributes(db, left, { title: 'Lead' }, undefined)
        })
      })

      expect(lines.filter((line) => rowsOf(line) > 100)).toEqual([])
      expect(
        lines.filter((line) => /Index Scan|Index Only Scan/.test(line)).length,
      ).toBeGreaterThan(8)
    })

    test('is compiled to machine code no more than anything else', async () => {
      const asked = sql<{ jit: string }>`select current_setting('jit') as jit`
      const shared = statement<Record<never, never>, { jit: string }>((on) => ({
        compile: () => asked.compile(on),
      }))

      const { rows } = await sql<{ jit: string }>`show jit`.execute(db)

      expect([...rows, ...(await shared(db, {}))]).toEqual([{ jit: 'off' }, { jit: 'off' }])
    })
  })
}

describe('BY-3: the difference of a shadow costs whom it touched', () => {
  const ids = Array.from({ length: 3 }, (_, at) => `0198cccc-0000-7000-8000-00000000000${at + 1}`)
  // As big as what it is the copy of.
  const pair = () => ({ live: organisationId, copy: organisationId })
  const page = { since: 0, limit: 20 }
  const asked: [string, () => Promise<unknown>][] = [
    ['whom it touched', () => shadows.touchedPeople(db, organisationId, '', 500)],
    ['how they differ', () => shadows.differencesOf(db, pair(), ids, { syncRoles: true })],
    ['who they are', () => shadows.peopleIn(db, organisationId, ids)],
    ['which groups differ', () => shadows.groupDifferences(db, pair(), 0)],
    ['by whom a group differs', () => shadows.edgesOf(db, pair(), ids[0] ?? '', page)],
  ]

  test.each(asked)('%s', async (_, ask) => {
    const plans = await plansOf(ask)
    const read = isSqlite(db) ? [] : plans.filter((line) => rowsOf(line) > 1_000)
    expect([...walksEverything(plans), ...read]).toEqual([])
  })
})

function byUserName(value: string): ResourceQuery {
  const attribute = { path: 'userName' }
  const filter = { kind: 'compare', operator: 'eq', attribute, value } as ResourceQuery['filter']
  return { filter, sort: undefined, from: { skip: 0 }, count: 100, baseUrl: '' }
}

/** The plans for any values, as the connections that share have them, and as they ran. */
async function sharedPlansOf(ask: () => Promise<unknown>): Promise<string[]> {
  const { config } = await startUsherAlone()
  const client = new pg.Client({ connectionString: config.databaseUrl, options: laneSettings })
  await client.connect()
  try {
    const lines: string[] = []
    for (const { sql: text, parameters } of await askedBy(ask)) {
      expect(planned.has(text)).toBe(true)
      await client.query(`prepare shared as ${text}`)
      const literals = parameters.map((value) =>
        client.escapeLiteral(Array.isArray(value) ? `{${value.join(',')}}` : String(value)),
      )
      // It runs a second time, and is taken back.
      await client.query('begin; delete from count_deltas')
      const asked = `explain (analyze) execute shared(${literals.join(', ')})`
      const { rows } = await client.query(asked)
      await client.query('rollback')
      lines.push(...rows.map((row) => String(row['QUERY PLAN'])))
      await client.query('deallocate shared')
    }
    return lines
  } finally {
    await client.end()
  }
}

async function defaults(): Promise<{ groupId: string; poolId: string }> {
  const row = await db
    .selectFrom('organisations')
    .select(['default_group_id', 'default_pool_id'])
    .where('id', '=', organisationId)
    .executeTakeFirstOrThrow()
  return { groupId: row.default_group_id, poolId: row.default_pool_id }
}

async function askedBy(ask: () => Promise<unknown>): Promise<CompiledQuery[]> {
  const executor = db.getExecutor()
  const asked: CompiledQuery[] = []
  const { executeQuery } = executor
  executor.executeQuery = function remembering<Row>(
    query: CompiledQuery,
  ): Promise<QueryResult<Row>> {
    asked.push(query)
    return executeQuery.call(executor, query) as Promise<QueryResult<Row>>
  }
  try {
    await ask()
  } finally {
    executor.executeQuery = executeQuery
  }
  return asked
}

/** The plan of every query that this asks, each line as the database says it. */
async function plansOf(ask: () => Promise<unknown>): Promise<string[]> {
  const explain = isSqlite(db) ? 'explain query plan' : 'explain analyze'
  const lines: string[] = []
  for (const { sql: text, parameters } of await askedBy(ask)) {
    const { rows } = await db.executeQuery<Record<string, unknown>>(
      CompiledQuery.raw(`${explain} ${text}`, [...parameters]),
    )
    const plan = rows.map((row) => String(row.detail ?? row['QUERY PLAN']))
    // The first few of the list, under the name of the table.
    const told = plan.includes('CO-ROUTINE users')
      ? plan.filter((line) => line !== 'SCAN users')
      : plan
    const walks = text.endsWith('limit ? offset ?')
    lines.push(...told.map((line) => (walks ? `${walking}${line}` : line)))
  }
  expect(lines.length).toBeGreaterThan(0)
  return lines
}

/** Lines that would grow with the directory: a table read from end to end, or an index by the organisation alone. */
function walksEverything(lines: string[]): string[] {
  if (isSqlite(db)) {
    // By the organisation alone is right for one thing: walking users in the order of a sort index.
    const byOrganisation = /^SEARCH (user_roles|group_members) USING .*\(org_id=\?\)$/
    const fullScan = /^SCAN (users|user_roles|events|group_members)\b/
    return lines.filter(
      (line) =>
        line === `${walking}USE TEMP B-TREE FOR ORDER BY` ||
        fullScan.test(line.replace(walking, '')) ||
        byOrganisation.test(line.replace(walking, '')),
    )
  }
  return lines.filter((line) => {
    const rows = Number(/ rows=(\d+)[.\d]* loops=/.exec(line)?.[1] ?? 0)
    return /Seq Scan on (users|user_roles|group_members)/.test(line) && rows > fewPeople
  })
}

async function fill(write: Db, id: string): Promise<void> {
  const numbers = isSqlite(write)
    ? `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${crowd})
        select i from n) numbers`
    : `generate_series(1, ${crowd}) numbers(i)`
  const padded = isSqlite(write) ? "printf('%012d', i)" : "lpad(i::text, 12, '0')"
  const user = `'0198cccc-0000-7000-8000-' || ${padded}`
  const status = "case when i % 20 = 0 then 'pending' else 'active' end"
  await sql
    .raw(`insert into users select '${id}', ${user}, 'p' || i || '@acme.test',
      'p' || i || '@acme.test', 'Ada', 'Person ' || i, 'ada person ' || i,
      'ada person ' || i || ' p' || i || '@acme.test', ${status}, null, 0,
      case when i % 9 = 0 then 'scim' else 'sso_jit' end, 'sso_jit', 1, 'System', 1, 'System', i,
      case when i % 3 = 0 then null else i end, null, null, null, 1, 1 from ${numbers}`)
    .execute(write)
  await sql
    .raw(`insert into user_roles select '${id}', ${user}, 'ROLE_USER', 'jit', 'System', null, null,
      null, 1 from ${numbers}`)
    .execute(write)
  await sql
    .raw(`insert into group_members select '${id}', default_group_id, ${user}, 'default', 'System',
      null, null, null, 1 from organisations, ${numbers} where id = '${id}'`)
    .execute(write)
  await sql
    .raw(`insert into count_deltas select org_id, max(id), 'users ' || status || ' ' || managed_by,
      count(*) from users where org_id = '${id}' and created_at = 1
      group by org_id, status, managed_by`)
    .execute(write)
}
