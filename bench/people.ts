import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { readConfig } from '../server/src/app/config.ts'
import { trailSigner } from '../server/src/directory/index.ts'
import { openVault } from '../server/src/lib/secrets.ts'
import { createSealer } from '../server/src/outbox/index.ts'
import { openStore } from '../server/src/store/index.ts'
import { createIdentityProvider, type TestKey } from '../server/testing/identity-provider.ts'
import { startPostgres, type ThrowawayPostgres } from '../server/testing/postgres.ts'
import {
  type AppliedOrganisation,
  applyOrganisation,
  type Place,
} from '../server/testing/usher-process.ts'

export type StoreName = 'SQLite' | 'PostgreSQL'
export const stores: StoreName[] = ['SQLite', 'PostgreSQL']
export type Directory = {
  store: StoreName
  people: number
  place: Place
  organisation: AppliedOrganisation
}

// Counts up when what is filled in below changes.
const edition = 2
const schema = readFileSync(join(import.meta.dirname, '../server/src/store/migrations.ts'))
const digest = createHash('sha256').update(schema).digest('hex').slice(0, 8)
/** Directories are slow to make, so they are kept for the next run while the schema stays the same. */
const cache = join(tmpdir(), `usher-bench-${edition}-${digest}`)

let postgres: Promise<ThrowawayPostgres> | undefined

/** One server for all benches; its databases are kept beside the SQLite files. */
export function benchPostgres(): Promise<ThrowawayPostgres> {
  mkdirSync(cache, { recursive: true })
  postgres ??= startPostgres({ keptIn: join(cache, 'postgres') })
  return postgres
}

export async function stopBenchPostgres(): Promise<void> {
  await (await postgres)?.stop()
  postgres = undefined
}

/** An organisation with this many people in it. */
export async function directoryOf(store: StoreName, people: number): Promise<Directory> {
  const dataDir = join(cache, `${store}-${people}`.toLowerCase())
  const known = join(dataDir, 'organisation.json')
  const place: Place = {
    dataDir,
    databaseUrl: store === 'PostgreSQL' ? await databaseOf(people) : undefined,
  }
  if (existsSync(known)) {
    const { id, slug, apiKey, scimToken, entityId, key } = JSON.parse(
      readFileSync(known, 'utf8'),
    ) as Omit<AppliedOrganisation, 'idp'> & { entityId: string; key: TestKey }
    const idp = createIdentityProvider({ entityId, key })
    return { store, people, place, organisation: { id, slug, apiKey, scimToken, idp } }
  }
  rmSync(dataDir, { recursive: true, force: true })
  if (place.databaseUrl) await emptied(place.databaseUrl)
  const organisation = applyOrganisation(place, { slug: 'acme', port: 8080, source: 'scim' })
  await fill(place, organisation.id, people)
  await seal(place, organisation.id)
  const { idp, ...rest } = organisation
  writeFileSync(known, JSON.stringify({ ...rest, entityId: idp.entityId, key: idp.key }))
  return { store, people, place, organisation }
}

/** As the schedule does in its first minutes, which are nothing to be measured. */
async function seal({ dataDir, databaseUrl }: Place, organisationId: string): Promise<void> {
  const { secretKeys } = readConfig({ DATA_DIR: dataDir })
  const store = await openStore({ databaseUrl, file: join(dataDir, 'usher.db') })
  const sealer = createSealer({
    store,
    signer: trailSigner(openVault(secretKeys)),
    clock: { now: () => Date.now() + 3_600_000 },
    keeping: { days: 36_500 },
  })
  await sealer.seal({ organisationId })
  await store.close()
}

/** A folder of its own beside the kept directories. */
export function folderOf(name: string): string {
  const folder = join(cache, name)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** A database of its own on the bench's server, empty when it is new. */
export async function databaseOf(name: number | string): Promise<string> {
  const { url } = await benchPostgres()
  const own = url.replace(/postgres$/, `people_${name}`)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [
    `people_${name}`,
  ])
  if (!rowCount) await client.query(`create database people_${name}`)
  await client.end()
  return own
}

export async function emptied(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('drop schema public cascade; create schema public')
  await client.end()
}

type Value = string | number | null
type Rows = Record<string, { columns: string[]; rows: Value[][] }>

const batch = 5_000
const firstNames =
  'Ada Alan Amina Ana Anders Anna Arjun Barbara Carlos Chen Chiara Clara Daniel Diego Elena Emma Fatima Felix Grace Hana Hugo Ines Ivan Jan Joan Karen Katherine Lars Leila Linus Lucia Luis Maria Marta Mateo Mei Mira Mohamed Nadia Noah Nora Olga Omar Paula Pedro Priya Rosa Ruth Samir Sara Sofia Tara Tim Tomas Uma Vera Viktor Wei Yara Zoe'.split(
    ' ',
  )
const lastNames =
  'Abbott Adler Baker Barros Becker Berger Bianchi Brandt Castro Chen Conti Costa Cruz Dahl Dietrich Duarte Eriksen Farkas Fischer Fonseca Garcia Gupta Haas Hansen Hopper Horvat Ivanov Jansen Jensen Kaplan Keller Khan Kovacs Kraus Lang Larsen Lopez Lovelace Marino Meyer Molina Moreau Nagy Novak Olsen Ortiz Patel Peeters Perez Petrov Quinn Ramos Reyes Ricci Rossi Ruiz Santos Sato Schmidt Silva Singh Sorensen Tanaka Torres Turing Vargas Vogel Wagner Weber Wirth Xu Yilmaz Young Zhang Zimmer'.split(
    ' ',
  )
const statuses = ['pending', 'deactivated', ...Array<string>(14).fill('active')]
// Provisioned by SCIM, with a few from before.
const sources = ['portal', 'sso_jit', ...Array<string>(14).fill('scim')]
const titles = ['Engineer', 'Analyst', 'Designer', 'Architect', 'Manager']
const departments = 200
const creators = ['System', 'System', 'System', 'Ana Ruiz', 'API key script', 'Operator']
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const groups = 20
const year = 31_536_000_000
const begun = 1_760_000_000_000

/** The same people in every database: spread evenly, in no order that an index shares. */
function person(organisationId: string, defaultGroupId: string, number: number) {
  const spread = (number * 611_953) % 1_000_003
  const pick = <T>(from: T[], salt: number) => from[Math.floor(spread / salt) % from.length] as T
  const first = pick(firstNames, 1)
  const last = pick(lastNames, 61)
  const id = `0199${number.toString(16).padStart(4, '0').slice(-4)}-${(number >> 16).toString(16).padStart(4, '0')}-7000-8000-${number.toString(16).padStart(12, '0')}`
  const email = `${first}.${last}${number}@acme.test`.toLowerCase()
  const name = `${first} ${last}`.toLowerCase()
  const at = begun + (spread % 1_000) * (year / 1_000) + number
  const status = pick(statuses, 3)
  const managedBy = pick(sources, 7)
  const creator = pick(creators, 5)
  const seen = spread % 10 === 0 ? null : at + (spread % 977) * 1_000
  const isManaged = managedBy === 'scim'
  const attributes = {
    displayName: `${first} ${last}`,
    name: { givenName: first, familyName: last, formatted: `${first} ${last}` },
    emails: [{ type: 'work', value: email, primary: true }],
    title: pick(titles, 13),
    [enterprise]: { department: `Department ${spread % departments}`, employeeNumber: `${number}` },
  }
  const sent = JSON.stringify(attributes)
  const told = [managedBy === 'sso_jit' ? 'jit' : 'manual', creator, null, null, null, at]
  return {
    countKey: `users ${status} ${managedBy}`,
    users: [
      organisationId,
      id,
      email,
      email,
      first,
      last,
      name,
      `${name} ${email}`,
      status,
      status === 'pending' ? 'not_activated' : null,
      0,
      managedBy,
      joinedBy[managedBy] ?? 'created',
      at,
      creator,
      at,
      pick(creators, 11),
      at,
      seen,
      isManaged ? email : null,
      isManaged ? email : null,
      isManaged ? `ext-${number}` : null,
      1,
      1,
    ],
    scim_attributes: isManaged
      ? [[organisationId, id, sent, JSON.stringify(attributes, folded)]]
      : [],
    user_roles: [[organisationId, id, 'ROLE_USER', ...told]],
    group_members: [
      [organisationId, defaultGroupId, id, ...told],
      [organisationId, groupId(spread % groups), id, ...told],
      ...(isManaged
        ? [[organisationId, departmentId(spread % departments), id, ...bySync, at]]
        : []),
    ],
    identities:
      managedBy === 'sso_jit'
        ? [[organisationId, 'https://idp.example', email, id, 'SSO', at]]
        : [],
    event: [
      organisationId,
      `0198${id.slice(4)}`,
      'user.joined',
      at,
      'success',
      'system',
      null,
      'System',
      '127.0.0.1',
      managedBy,
      'user',
      id,
      email,
      null,
      JSON.stringify({ email, status }),
      null,
      0,
      null,
    ],
  }
}

const joinedBy: Record<string, string> = { scim: 'scim', sso_jit: 'sso_jit' }
const bySync = ['scim', 'SCIM token entra', null, null, null]

/** In lower case, but for the names. */
function folded(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}

/** So many people whom the identity provider manages, from everywhere in a directory of this size. */
export function managedPeople(size: number, howMany: number): { id: string; userName: string }[] {
  const found: { id: string; userName: string }[] = []
  for (let draw = 0; found.length < howMany && draw < size; draw += 1) {
    const { users } = person('', '', (draw * 7_919) % size)
    const [, id, , userName] = users
    if (users[managedByAt] === 'scim') found.push({ id: String(id), userName: String(userName) })
  }
  return found
}

/** Groups of the identity provider of these sizes, as far as the directory has as many people. */
export const groupSizes = [10, 100, 100_000]

export function groupOf(size: number): string {
  return `0197cccc-0000-7000-8000-${size.toString().padStart(12, '0')}`
}

function departmentId(number: number): string {
  return `0197bbbb-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
}

function groupId(number: number): string {
  return `0197aaaa-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
}

const provenance = ['provenance', 'actor', 'actor_id', 'rule', 'request_id', 'at']
const columns = {
  users:
    'org_id id email email_folded first_name last_name sort_name search_text status pending_reason held managed_by joined_by email_verified_at created_by created_at updated_by updated_at last_sign_in_at user_name user_name_folded external_id active_assigned version'.split(
      ' ',
    ),
  scim_attributes: ['org_id', 'user_id', 'sent', 'folded'],
  user_roles: ['org_id', 'user_id', 'role', ...provenance],
  group_members: ['org_id', 'group_id', 'user_id', ...provenance],
  identities: ['org_id', 'issuer', 'subject', 'user_id', 'connection', 'linked_at'],
  events:
    'org_id id type at result actor_kind actor_id actor ip source subject_kind subject_id subject before after data emergency request_id'.split(
      ' ',
    ),
}

const managedByAt = columns.users.indexOf('managed_by')

async function fill(place: Place, organisationId: string, people: number): Promise<void> {
  const target = place.databaseUrl
    ? await intoPostgres(place.databaseUrl)
    : intoSqlite(join(place.dataDir, 'usher.db'))
  const defaultGroupId = await target.value(
    `select default_group_id as value from organisations where id = '${organisationId}'`,
  )
  await target.insert({
    groups: {
      columns:
        'org_id id name name_folded is_default created_at managed_by adoptable updated_at version'.split(
          ' ',
        ),
      rows: [
        ...Array.from({ length: groups }, (_, at) => group(groupId(at), `Team ${at}`, 'portal')),
        ...Array.from({ length: departments }, (_, at) =>
          group(departmentId(at), `Department ${at}`, 'scim'),
        ),
        ...groupSizes.map((size) => group(groupOf(size), `Team of ${size}`, 'scim')),
      ],
    },
  })
  function group(id: string, name: string, managedBy: 'portal' | 'scim'): Value[] {
    return [organisationId, id, name, name.toLowerCase(), 0, begun, managedBy, 0, begun, 1]
  }
  let managed = 0
  const counted = new Map<string, number>()
  for (let from = 0; from < people; from += batch) {
    const rows: Rows = Object.fromEntries(
      Object.entries(columns).map(([table, names]) => [table, { columns: names, rows: [] }]),
    )
    for (let number = from; number < Math.min(from + batch, people); number += 1) {
      const one = person(organisationId, defaultGroupId, number)
      rows.users?.rows.push(one.users)
      rows.user_roles?.rows.push(...one.user_roles)
      rows.scim_attributes?.rows.push(...one.scim_attributes)
      if (one.scim_attributes.length > 0) {
        const [, id = ''] = one.users
        for (const size of groupSizes) {
          if (managed >= size) continue
          rows.group_members?.rows.push([organisationId, groupOf(size), id, ...bySync, begun])
        }
        managed += 1
      }
      rows.group_members?.rows.push(...one.group_members)
      rows.identities?.rows.push(...one.identities)
      rows.events?.rows.push(one.event)
      counted.set(one.countKey, (counted.get(one.countKey) ?? 0) + 1)
    }
    await target.insert(rows)
  }
  await target.insert({
    count_deltas: {
      columns: ['org_id', 'id', 'key', 'delta'],
      rows: [...counted].map(([key, delta], at) => [organisationId, groupId(at), key, delta]),
    },
  })
  await target.done()
}

function intoSqlite(file: string) {
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1000000')
  database.exec('begin')
  return {
    value: async (query: string) => String(database.prepare(query).get()?.value),
    async insert(tables: Rows) {
      for (const [table, { columns, rows }] of Object.entries(tables)) {
        const marks = columns.map(() => '?').join(', ')
        const insert = database.prepare(
          `insert into ${table} (${columns.join(', ')}) values (${marks})`,
        )
        for (const row of rows) insert.run(...row)
      }
    },
    async done() {
      database.exec(`insert into user_search_rows (org_id, user_id)
        select org_id, id from users where id not in (select user_id from search_queue)`)
      database.exec(`insert into user_search (rowid, text) select r.row, u.search_text
        from user_search_rows r join users u on u.org_id = r.org_id and u.id = r.user_id`)
      database.exec("commit; insert into user_search(user_search) values ('optimize')")
      database.exec('pragma journal_mode = wal')
      database.close()
    },
  }
}

async function intoPostgres(url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("set synchronous_commit = off; set maintenance_work_mem = '512MB'")
  const { rows: indexes } = await client.query<{ indexname: string; indexdef: string }>(
    `select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename = any($1)
      and indexname not like '%_pkey'`,
    [Object.keys(columns)],
  )
  for (const { indexname } of indexes) await client.query(`drop index ${indexname}`)
  return {
    value: async (query: string) =>
      String((await client.query<{ value: string }>(query)).rows[0]?.value),
    async insert(tables: Rows) {
      for (const [table, { columns, rows }] of Object.entries(tables)) {
        if (rows.length === 0) continue
        const arrays = columns
          .map((name, at) => `$${at + 1}::${name === 'folded' ? 'jsonb' : typeOf(rows, at)}[]`)
          .join(', ')
        await client.query(
          `insert into ${table} (${columns.join(', ')}) select * from unnest(${arrays})`,
          columns.map((_, at) => rows.map((row) => row[at])),
        )
      }
    },
    async done() {
      for (const { indexdef } of indexes) await client.query(indexdef)
      await client.query('vacuum analyze')
      await client.end()
    },
  }
}

function typeOf(rows: Value[][], at: number): string {
  return rows.some((row) => typeof row[at] === 'number') ? 'bigint' : 'text'
}

if (import.meta.main) {
  for (const people of [1_000, 100_000, 1_000_000]) {
    for (const store of stores) {
      const started = performance.now()
      await directoryOf(store, people)
      console.log(`${store} ${people}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
    }
  }
  console.log(cache)
  await stopBenchPostgres()
}
