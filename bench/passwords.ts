import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { freePort } from '../server/testing/free-port.ts'
import { startUsherProcess } from '../server/testing/usher-process.ts'
import { type Bench, quantile, type Row, round } from './measure.ts'
import { openPlaces } from './places.ts'

const signIns = 50
const password = 'Correct-horse-7'
const main = join(import.meta.dirname, '../server/src/main.ts')

/** Fifty people sign in by password at once: how long does somebody else's look-up take meanwhile? */
export async function run(): Promise<Bench> {
  const rows: Row[] = []
  for (const place of await openPlaces()) {
    const port = await freePort()
    const state = join(place.dataDir, 'state.json')
    writeFileSync(
      state,
      JSON.stringify({
        organisation: { name: 'Acme', slug: 'acme' },
        managers: [{ email: 'ana@acme.test', firstName: 'Ana', lastName: 'Ruiz', password }],
        loginMethod: { method: 'password' },
        apiKeys: [{ label: 'script', scopes: ['users:read'] }],
      }),
    )
    const env = {
      PATH: process.env.PATH ?? '',
      DATA_DIR: place.dataDir,
      PORT: String(port),
      ...(place.databaseUrl && { DATABASE_URL: place.databaseUrl }),
    }
    const said = execFileSync(process.execPath, [main, 'apply', '-f', state, '--json'], {
      env,
      encoding: 'utf8',
    })
    const { id, apiKeys } = JSON.parse(said) as { id: string; apiKeys: { key: string }[] }
    const server = await startUsherProcess(place, { port })
    const headers = { authorization: `Bearer ${apiKeys[0]?.key}` }
    const lookUp = async () => {
      const started = performance.now()
      const { statusCode, body } = await request(`${server.url}/api/v1/orgs/${id}/users`, {
        headers,
      })
      await body.dump()
      if (statusCode !== 200) throw new Error(`Look-up: ${statusCode}`)
      return performance.now() - started
    }
    const signIn = async () => {
      const { statusCode, body } = await request(`${server.url}/api/v1/sign-in/acme/password`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'ana@acme.test', password }),
      })
      await body.dump()
      if (statusCode !== 200) throw new Error(`Sign-in: ${statusCode}`)
    }
    await signIn()
    const quiet: number[] = []
    for (let index = 0; index < 200; index += 1) quiet.push(await lookUp())
    const busy: number[] = []
    const started = performance.now()
    let signingIn = true
    const all = Promise.all(Array.from({ length: signIns }, signIn)).then(() => {
      signingIn = false
    })
    while (signingIn) busy.push(await lookUp())
    await all
    rows.push({
      store: place.store,
      'look-up p99 alone, ms': round(quantile(quiet, 0.99)),
      [`p99 while ${signIns} sign in, ms`]: round(quantile(busy, 0.99)),
      'look-ups meanwhile': busy.length,
      'all signed in after, ms': Math.round(performance.now() - started),
    })
    await server.stop()
    await place.close()
  }
  return { title: `A look-up while ${signIns} people sign in by password`, rows }
}
