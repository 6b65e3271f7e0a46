/** `better-auth` with `@better-auth/scim` on PostgreSQL. */
import { scim } from '@better-auth/scim'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import pg from 'pg'
import { person } from './person.js'
import { serve } from './serve.js'

const port = process.env.PORT
const token = 'bench-token-of-better-auth-0123456789'
const people = Number(process.env.PEOPLE)
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })

const options = {
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'a-secret-of-the-bench-that-is-long-enough',
  database: pool,
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: 'error' },
  plugins: [scim({ connections: [{ id: 'acme', credentials: [{ id: 'bench', token }] }] })],
}
await (await getMigrations(options)).runMigrations()
const auth = betterAuth(options)
await fill()
serve(toNodeHandler(auth), { base: '/api/auth/scim/v2', token })

/** The rows that it makes of one person, as often as wanted. */
async function fill() {
  const { rows } = await pool.query('select count(*)::int as there from "scimUser"')
  if (rows[0].there >= people) return
  const { status } = await auth.handler(
    new Request(`http://127.0.0.1:${port}/api/auth/scim/v2/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify(person),
    }),
  )
  if (status !== 201) throw new Error(`The first person was not created: ${status}`)
  const key = (salt) => `left(encode(sha256(('${salt}' || i)::bytea), 'base64'), 43)`
  const own = {
    user: { id: key('user'), email: `'seed' || i || '@acme.test'` },
    scimUser: {
      id: key('scim'),
      userId: key('user'),
      connectionUserKey: key('person'),
      userName: `'seed' || i || '@acme.test'`,
      userNameKey: key('name'),
      externalId: `'seed-' || i`,
      externalIdKey: key('external'),
      orderKey: `t."orderKey" || i`,
    },
    scimSubject: { id: key('subject'), userId: key('user'), profileSourceId: key('scim') },
  }
  for (const [table, columns] of Object.entries(own)) {
    const { fields } = await pool.query(`select * from "${table}" limit 0`)
    const values = fields.map(({ name }) => columns[name] ?? `t."${name}"`)
    await pool.query(
      `insert into "${table}" select ${values.join(', ')}
        from (select * from "${table}" limit 1) t, generate_series(1, ${people - 1}) i`,
    )
  }
  await pool.query('vacuum analyze')
}
