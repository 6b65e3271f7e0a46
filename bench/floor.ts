/**
 * The least that a durable SCIM server can do, as a process of its own: who calls by an indexed row,
 * one indexed write and one event in one durable transaction, documents handed out as they are kept.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

type Values = (string | number)[]
type Row = Record<string, unknown>
type Floor = {
  read(name: keyof typeof reads, values: Values): Promise<Row[]>
  write(name: keyof typeof writes, values: Values): Promise<void>
}

const token = 'bench-token-of-the-floor'
const hash = createHash('sha256').update(token).digest('hex')
const people = Number(process.env.PEOPLE)
const tables = `
  create table if not exists tokens (hash text primary key);
  create table if not exists people (id text primary key, name text not null unique,
    document text not null, active bigint not null);
  create table if not exists members (group_id text not null, id text not null,
    primary key (group_id, id));
  create table if not exists events (id text primary key, subject text not null, at bigint not null,
    data text not null)`
const sample = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  active: true,
  name: { givenName: 'Seed', familyName: 'Number', formatted: 'Seed Number' },
  emails: [{ type: 'work', value: 'seed@acme.test', primary: true }],
  title: 'Engineer',
}
const event = 'insert into events (id, subject, at, data) values ($1, $2, $3, $4)'
const reads = {
  caller: 'select hash from tokens where hash = $1',
  one: 'select document from people where id = $1',
  named: 'select document from people where name = $1',
  first: 'select document from people order by id limit $1',
  last: 'select document from people order by id desc limit $1',
}
const writes = {
  create: 'insert into people (id, name, document, active) values ($5, $6, $7, 1)',
  patch: 'update people set active = $6 where id = $5',
  add: 'insert into members (group_id, id) values ($5, $6) on conflict do nothing',
  remove: 'delete from members where group_id = $5 and id = $6',
}

const floor = process.env.DATABASE_URL
  ? await onPostgres(process.env.DATABASE_URL)
  : onSqlite(join(process.env.DATA_DIR ?? '', 'floor.db'))

async function onPostgres(connectionString: string): Promise<Floor> {
  const pool = new pg.Pool({ connectionString, max: 10 })
  await pool.query(tables)
  await pool.query('insert into tokens values ($1) on conflict do nothing', [hash])
  const { rows } = await pool.query('select count(*)::int as there from people')
  if (Number(rows[0]?.there) < people) {
    await pool.query(
      `insert into people select gen_random_uuid()::text, 'seed' || i, $1, 1
        from generate_series(1, $2::int) i on conflict do nothing`,
      [JSON.stringify({ ...sample, userName: 'seed' }), people],
    )
    await pool.query('vacuum analyze people')
  }
  return {
    read: async (name, values) => (await pool.query({ name, text: reads[name], values })).rows,
    async write(name, values) {
      // One statement, one round trip, one durable transaction.
      const text = `with happened as (${event}) ${writes[name]}`
      await pool.query({ name, text, values })
    },
  }
}

/** Whatever waits goes into one transaction. */
function onSqlite(file: string): Floor {
  const database = new DatabaseSync(file)
  database.exec(`pragma journal_mode = wal; pragma synchronous = full; ${tables}`)
  database.prepare('insert or ignore into tokens values (?)').run(hash)
  const numbered = (text: string) => text.replace(/\$(\d+)/g, '?$1')
  const asked = new Map(
    Object.entries(reads).map(([name, text]) => [name, database.prepare(numbered(text))]),
  )
  const shifted = (text: string) => text.replace(/\$(\d+)/g, (_, at) => `?${Number(at) - 4}`)
  const changes = new Map(
    Object.entries(writes).map(([name, text]) => [name, database.prepare(shifted(text))]),
  )
  const happened = database.prepare(numbered(event))
  const { there } = database.prepare('select count(*) as there from people').get() as Row
  database.exec('begin')
  const text = JSON.stringify({ ...sample, userName: 'seed' })
  for (let number = Number(there); number < people; number += 1)
    changes.get('create')?.run(randomUUID(), `seed${number}`, text)
  database.exec('commit')

  let waiting: { name: string; values: Values; done: () => void }[] = []
  function commit(): void {
    const batch = waiting
    waiting = []
    database.exec('begin immediate')
    for (const { name, values } of batch) {
      happened.run(...values.slice(0, 4))
      changes.get(name)?.run(...values.slice(4))
    }
    database.exec('commit')
    for (const { done } of batch) done()
  }
  return {
    read: async (name, values) => asked.get(name)?.all(...values) as Row[],
    write: (name, values) =>
      new Promise((done) => {
        waiting.push({ name, values, done })
        if (waiting.length === 1) setImmediate(commit)
      }),
  }
}

const happening = (subject: string, data: string): Values => [
  randomUUID(),
  subject,
  Date.now(),
  data,
]

async function answerTo(request: IncomingMessage): Promise<[status: number, text: string]> {
  const shown = createHash('sha256')
    .update(request.headers.authorization?.slice('Bearer '.length) ?? '')
    .digest('hex')
  const [caller] = await floor.read('caller', [shown])
  if (!caller) return [401, '']
  const url = new URL(request.url ?? '', 'http://floor')
  const [, , , resource, id = ''] = url.pathname.split('/')
  if (request.method === 'GET') return [200, await look(url, id)]
  const body = JSON.parse(await textOf(request))
  if (request.method === 'POST') {
    const made = randomUUID()
    const text = JSON.stringify({ ...body, id: made })
    if (resource === 'Users')
      await floor.write('create', [...happening(made, text), made, body.userName, text])
    return [201, text]
  }
  const [{ op, path, value }] = body.Operations
  const text = JSON.stringify(body.Operations)
  if (resource === 'Users') await floor.write('patch', [...happening(id, text), id, Number(value)])
  else if (op === 'add') await floor.write('add', [...happening(id, text), id, value[0].value])
  else await floor.write('remove', [...happening(id, text), id, path.split('"')[1]])
  return [200, '{}']
}

async function look({ searchParams }: URL, id: string): Promise<string> {
  if (id) return String((await floor.read('one', [id]))[0]?.document)
  const name = /"(.+)"/.exec(searchParams.get('filter') ?? '')?.[1]
  const isFirst = Number(searchParams.get('startIndex') ?? 1) === 1
  const count = Number(searchParams.get('count') ?? 100)
  const rows = name
    ? await floor.read('named', [name])
    : await floor.read(isFirst ? 'first' : 'last', [count])
  const total = name ? rows.length : people
  return `{"totalResults":${total},"Resources":[${rows.map(({ document }) => document).join()}]}`
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, text] = await answerTo(request)
  response.writeHead(status, {
    'content-type': 'application/scim+json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

const server = createServer((request, response) => void serve(request, response))
server.keepAliveTimeout = 120_000
server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log(JSON.stringify({ ready: true, base: '/scim/v2', token }))
})
process.once('SIGTERM', () => process.exit(0))
