import { CompiledQuery, type QueryResult, sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { createOrganisation, startUsherAlone, type World } from '../../testing/organisation.ts'
import { bySync, rowsOf } from '../../testing/plans.ts'
import { onPostgres } from '../../testing/usher-process.ts'
import type { ResourceQuery } from '../model/scim.ts'
import {
  access,
  type Db,
  newcomers,
  organisations,
  scimGroups,
  scimPeople,
  scimShown,
  users,
} from '../store/index.ts'
import { groupResource, parseFilter, readQuery, userResource } from './core/index.ts'

// On PostgreSQL plans follow statistics, so the directory has to be big enough to be worth an index.
const crowd = 30_000
/** More rows than any one page needs, and far fewer than there are people. */
const manyRows = 6_000

let world: World
let db: Db
let organisationId: string

beforeAll(async () => {
  world = await startUsherAlone()
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  db = world.store.read
  organisationId = acme.id
  await world.store.write((write) => fill(write, acme.id))
}, 60_000)

const userType = userResource({ syncRoles: false })
const baseUrl = 'https://usher.example/scim/acme/v2'
const group = '0198dddd-0000-7000-8000-000000000007'
const someone = personId(12_345)
const hundred = Array.from({ length: 100 }, (_, at) => personId(at * 211 + 1))

function personId(number: number): string {
  return `0198cccc-0000-7000-8000-${number.toString().padStart(12, '0')}`
}

const filters = [
  'userName eq "P12345@ACME.TEST"',
  'externalId eq "ext-12345"',
  'emails.value eq "p12345@acme.test"',
  'emails[type eq "work" and value eq "p12345@acme.test"]',
  `id eq "${someone}"`,
  // PostgreSQL may walk people in their order instead, which ends early when the group is a big one.
  ...(onPostgres ? [] : [`groups.value eq "${group}"`]),
  'userName eq "p12345@acme.test" and active eq true',
]

const found = (from: ResourceQuery['from'], query: Record<string, string> = {}): ResourceQuery => {
  const { filter, sort } = readQuery(userType, query)
  return { filter, sort, from, count: 100, baseUrl }
}

// A directory is filled within a minute, and asked when the database has hardly looked at it yet.
describe.each(['just filled', 'known'])('SC-28: %s, no question reads the directory', (state) => {
  beforeAll(async () => {
    if (!onPostgres) return
    if (state === 'known') await sql`vacuum analyze`.execute(db)
    // As Usher does itself when a table has grown by half.
    else await sql`analyze`.execute(db)
  }, 30_000)

  test.each(filters)('people by %s', async (filter) => {
    const query = found({ skip: 0 }, { filter })

    const plans = await plansOf(db, () => scimShown.list(db, organisationId, query))

    expect(readsMuch(plans)).toEqual([])
  })

  test.each([`members.value eq "${someone}"`, 'displayName eq "Team 7"', `id eq "${group}"`])(
    'groups by %s',
    async (filter) => {
      const query = { filter: parseFilter(groupResource, filter), from: { skip: 0 }, count: 100 }

      const plans = await plansOf(db, () =>
        scimGroups.list(db, organisationId, { ...query, baseUrl }),
      )

      expect(readsMuch(plans)).toEqual([])
    },
  )

  test.each<[string, ResourceQuery]>([
    ['the first page', found({ skip: 0 })],
    ['a page after a position', found({ after: { value: null, id: someone } })],
    ['the last page', found({ skip: crowd - 100 })],
    ['sorted by userName', found({ skip: 0 }, { sortBy: 'userName' })],
    [
      'sorted by userName after a position',
      found({ after: { value: 'p12345@acme.test', id: someone } }, { sortBy: 'userName' }),
    ],
    [
      'sorted by the latest change',
      found({ skip: 0 }, { sortBy: 'meta.lastModified', sortOrder: 'descending' }),
    ],
  ])('people, %s', async (_, query) => {
    const plans = await plansOf(db, () => scimShown.list(db, organisationId, query))

    expect(readsMuch(plans)).toEqual([])
  })

  test('the members of a group that is new, beside one that everybody is in', async () => {
    const plans = await plansOf(db, async () => {
      await scimGroups.members(db, organisationId, [personId(crowd + 1)])
      await scimGroups.members(db, organisationId, [group])
    })

    expect(readsMuch(plans)).toEqual([])
  })

  test('one person with all that is theirs', async () => {
    const plans = await plansOf(db, async () => {
      await scimPeople.find(db, organisationId, someone)
      await scimPeople.findByUserName(db, organisationId, 'p77@acme.test')
      await scimPeople.lock(db, organisationId, someone)
    })

    expect(readsMuch(plans)).toEqual([])
  })

  test('the keys of a newcomer, held against who is here and who was', async () => {
    const keys = { userNames: ['new@acme.test', 'p5@acme.test'], externalIds: ['ext-new'] }
    const emails = keys.userNames

    const plans = await plansOf(db, async () => {
      await scimPeople.claimedKeys(db, organisationId, { ...keys, emails })
      await scimPeople.findUnmanaged(db, organisationId, {
        ...keys,
        ids: [someone],
        emails,
      })
      await scimPeople.findManaged(db, organisationId, {
        externalId: 'ext-5',
        userNames: keys.userNames,
      })
    })

    expect(readsMuch(plans)).toEqual([])
  })

  test('newcomers who land, or are left out by their keys', async () => {
    const person = await scimPeople.find(db, organisationId, someone)
    const organisation = await organisations.find(db, organisationId)
    if (!person || !organisation) throw new Error('Nobody is there.')
    const arriving = ['p5@acme.test', `new-${state}@acme.test`].map((userName, at) => ({
      user: { ...person.user, id: personId(crowd + at), userName, emailFolded: `x${userName}` },
      roles: [],
      groups: [],
      attributes: {},
      event: undefined,
    }))

    const names = arriving.map(({ user }) => user.userName)

    const plans = await world.store.write((write) =>
      plansOf(write, async () => {
        await newcomers.landPlain(write, organisation, arriving)
        await scimPeople.managedUserNames(write, organisation, names)
      }),
    )

    expect(readsMuch(plans)).toEqual([])
  })

  test.each([1, 100])('%i members in and out of a group', async (howMany) => {
    const ids = hundred.slice(0, howMany)
    const plans = await world.store.write((write) =>
      plansOf(write, async () => {
        await scimGroups.resolve(write, organisationId, ids)
        const there = { add: ids, remove: [], noted: true }
        await scimGroups.move(write, organisationId, group, there, bySync)
        const gone = { add: [], remove: ids, noted: true }
        await scimGroups.move(write, organisationId, group, gone, bySync)
      }),
    )

    expect(readsMuch(plans)).toEqual([])
  })

  if (!onPostgres)
    test('SQLite makes no table to find, to change, to let in or to let go of one person', async () => {
      const person = await scimPeople.find(db, organisationId, someone)
      const organisation = await organisations.find(db, organisationId)
      if (!person || !organisation) throw new Error('Nobody is there.')
      const { user } = person
      const another = { ...user, id: personId(crowd + 9), userName: 'z9@acme.test' }
      const newcomer = { user: { ...another, emailFolded: 'z9@acme.test' }, attributes: {} }
      const unused = { roles: [], groups: [], event: undefined }

      const opcodes = await world.store.write(async (write) => {
        const asked = await askedBy(write, async () => {
          await scimShown.find(write, organisationId, someone)
          await scimPeople.lock(write, organisationId, someone)
          await users.update(write, user, { ...user, status: 'deactivated' })
          await access.endOf(write, organisationId, someone)
          await newcomers.landPlain(write, organisation, [{ ...newcomer, ...unused }])
        })
        return explained(write, asked, 'explain', 'opcode')
      })

      const queries = opcodes.filter(({ lines }) => lines.includes('OpenEphemeral'))
      expect(queries.map(({ query }) => query)).toEqual([])
      expect(opcodes.length).toBeGreaterThan(5)
    })
})

type Plan = { query: string; lines: string[] }

/** Every query that this asks, and how the database goes about it. */
async function plansOf(on: Db, ask: () => Promise<unknown>): Promise<Plan[]> {
  const asked = await askedBy(on, ask)
  return onPostgres
    ? explained(on, asked, 'explain (analyze)', 'QUERY PLAN')
    : explained(on, asked, 'explain query plan', 'detail')
}

async function askedBy(on: Db, ask: () => Promise<unknown>): Promise<CompiledQuery[]> {
  const executor = on.getExecutor()
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
  expect(asked.length).toBeGreaterThan(0)
  return asked
}

async function explained(
  on: Db,
  asked: CompiledQuery[],
  explain: string,
  column: string,
): Promise<Plan[]> {
  const plans: Plan[] = []
  for (const { sql: query, parameters } of asked) {
    const { rows } = await on.executeQuery<Record<string, unknown>>(
      CompiledQuery.raw(`${explain} ${query}`, [...parameters]),
    )
    plans.push({ query, lines: rows.map((row) => String(row[column])) })
  }
  return plans
}

const tables =
  'users|scim_attributes|other_emails|tombstones|user_roles|groups|group_members|events'
const walks = /order by (?!r\.id \|\| '').* limit (\?|\d{2,})/s

/** Steps that grow with the directory; on PostgreSQL as they ran, on SQLite by their kind. */
function readsMuch(plans: Plan[]): string[] {
  return plans.flatMap(({ query, lines }) =>
    lines
      .filter((line) => (onPostgres ? rowsOf(line) > manyRows : readsAll(line, query)))
      .map((line) => `${line.trim()} of ${query}`),
  )
}

/** By the organisation alone is right for a walk in the order of an index, which ends with the page. */
function readsAll(line: string, query: string): boolean {
  const aliases = 'r|a|m|g|n|u|p|b|i'
  if (new RegExp(`^SCAN (${tables}|${aliases})\\b`).test(line)) return true
  const isByOrganisation = new RegExp(
    `^SEARCH (${tables}|${aliases}) USING .*\\(org_id=\\?( AND managed_by=\\?)?\\)$`,
  ).test(line)
  // Whom a key finds is a handful, and sorted as such.
  const isSorted = line === 'USE TEMP B-TREE FOR ORDER BY' && walks.test(query)
  return isSorted || (isByOrganisation && !walks.test(query))
}

async function fill(write: Db, id: string): Promise<void> {
  const numbers = !onPostgres
    ? `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${crowd})
        select i from n) numbers`
    : `generate_series(1, ${crowd}) numbers(i)`
  const padded = onPostgres ? "lpad(i::text, 12, '0')" : "printf('%012d', i)"
  const user = `'0198cccc-0000-7000-8000-' || ${padded}`
  const team = onPostgres ? "lpad((i % 300)::text, 12, '0')" : "printf('%012d', i % 300)"
  const address = "'p' || i || '@acme.test'"
  const json = onPostgres ? '::jsonb' : ''
  const sent = `'{"title":"engineer","emails":[{"type":"work","value":"' || ${address} || '"}]}'`
  const run = (text: string) => sql.raw(text).execute(write)
  await run(`insert into users select '${id}', ${user}, ${address}, ${address}, 'Ada',
    'Person ' || i, 'ada person ' || i, 'ada person ' || i || ' ' || ${address},
    'active', null, 0, 'scim', 'scim', 1, 'SCIM', 1, 'SCIM', i, null, ${address}, ${address},
    'ext-' || i, 1, 1 from ${numbers}`)
  await run(`insert into scim_attributes select '${id}', ${user}, ${sent}, (${sent})${json}
    from ${numbers}`)
  await run(`insert into user_roles select '${id}', ${user}, 'ROLE_USER', 'default', 'SCIM', null,
    null, null, 1 from ${numbers}`)
  await run(`insert into groups (org_id, id, name, name_folded, is_default, created_at, managed_by,
    adoptable, updated_at, version)
    select '${id}', '0198dddd-0000-7000-8000-' || ${padded}, 'Team ' || i, 'team ' || i, 0, 1,
    'scim', 0, 1, 1 from ${numbers} where i <= 5000`)
  await run(`insert into group_members select '${id}', '0198dddd-0000-7000-8000-' || ${team}, ${user},
    'scim', 'SCIM', null, null, null, 1 from ${numbers}`)
  // Everybody is in the Default group: for the planner an average group is a large part of the directory.
  await run(`insert into group_members select '${id}', default_group_id, ${user}, 'default', 'SCIM',
    null, null, null, 1 from organisations, ${numbers} where id = '${id}'`)
  await run(`insert into tombstones select '${id}', 'gone' || ${padded}, 'gone' || ${address},
    'gone' || ${address}, 'gone-' || i, ${address}, '{}', 1, 9999999999999 from ${numbers}`)
  await run(`insert into count_deltas select org_id, max(id), 'users ' || status || ' ' || managed_by,
    count(*) from users where org_id = '${id}' and created_at = 1
    group by org_id, status, managed_by`)
}
