/** Directory sync of `@boxyhq/saml-jackson` on PostgreSQL, as its own service routes requests to it. */
import { createRequire } from 'node:module'
import pg from 'pg'
import { person } from './person.js'
import { answer, readJson, serve } from './serve.js'

// It says of every event that no webhook is told of it.
for (const level of ['log', 'info', 'warn', 'error']) console[level] = () => undefined

const { controllers } = createRequire(import.meta.url)('@boxyhq/saml-jackson')
const url = process.env.DATABASE_URL
const people = Number(process.env.PEOPLE)
const port = process.env.PORT

const { directorySyncController: sync } = await controllers({
  externalUrl: `http://127.0.0.1:${port}`,
  samlAudience: 'usher-bench',
  samlPath: '/sso',
  scimPath: '/scim',
  db: { engine: 'sql', type: 'postgres', url },
  noAnalytics: true,
})
const tenant = { tenant: 'acme', product: 'bench' }
const known = await sync.directories.getByTenantAndProduct(tenant.tenant, tenant.product)
const directory =
  known.data?.[0] ??
  (await sync.directories.create({ name: 'Acme', ...tenant, type: 'okta-scim-v2' })).data
const apiSecret = directory.scim.secret

await fill()
serve(
  async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://bench')
    const [, , , resourceType = '', resourceId] = pathname.split('/')
    const { status, data } = await sync.requests.handle({
      method: request.method,
      directoryId: directory.id,
      resourceType,
      resourceId,
      apiSecret: request.headers.authorization?.slice('Bearer '.length) ?? null,
      body: await readJson(request),
      query: {
        ...(searchParams.has('count') && { count: Number(searchParams.get('count')) }),
        ...(searchParams.has('startIndex') && {
          startIndex: Number(searchParams.get('startIndex')),
        }),
        ...(searchParams.has('filter') && { filter: searchParams.get('filter') }),
      },
    })
    answer(response, status, data)
  },
  { base: '/scim/v2', token: apiSecret },
)

/** The rows that it makes of one person, as often as wanted. */
async function fill() {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const namespace = `dsync:users:${tenant.tenant}:${tenant.product}`
  const { rows } = await client.query(
    'select count(*)::int as there from jackson_store where namespace = $1',
    [namespace],
  )
  if (rows[0].there < people) {
    await sync.requests.handle({
      method: 'POST',
      directoryId: directory.id,
      resourceType: 'users',
      resourceId: undefined,
      apiSecret,
      body: person,
      query: {},
    })
    const { rows: one } = await client.query(
      `select s.key, s.value, i.key as all_of_directory from jackson_store s
        join jackson_index i on i."storeKey" = s.key and i.key like '%:directoryId:%'
        where s.namespace = $1 limit 1`,
      [namespace],
    )
    const { value, all_of_directory: every } = one[0]
    const id = JSON.parse(value).id
    const digest = (salt) => `left(encode(sha256((${salt} || i)::bytea), 'hex'), 40)`
    await client.query(
      `insert into jackson_store (key, value, "createdAt", "modifiedAt", namespace)
        select $1 || ':' || ${digest("'id'")},
          replace(replace($2::text, $3, gen_random_uuid()::text), 'seed0', 'seed' || i), now(), now(), $1
        from generate_series(1, $4::int) i`,
      [namespace, value, id, people - 1],
    )
    const store = `$1 || ':' || ${digest("'id'")}`
    await client.query(
      `insert into jackson_index (key, "storeKey") select k, s from (
        select i, $1 || ':directoryIdUsername:' || ${digest("'name'")} as k, ${store} as s
          from generate_series(1, $3::int) i
        union all select i, $2, ${store} from generate_series(1, $3::int) i) both_of_each order by i`,
      [namespace, every, people - 1],
    )
    await client.query('vacuum analyze')
  }
  await client.end()
}
