import { execFileSync, spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'undici'
import { freePort } from '../server/testing/free-port.ts'
import {
  applyOrganisation,
  type Place,
  startUsherProcess,
} from '../server/testing/usher-process.ts'
import { backendsOf } from './measure.ts'
import {
  benchPostgres,
  type Directory,
  databaseOf,
  directoryOf,
  emptied,
  folderOf,
  type StoreName,
} from './people.ts'

export type Answer = { status: number; body: Record<string, unknown> }

/** A SCIM server in a process of its own, and connections to it that stay open. */
export type Contender = {
  name: string
  store: StoreName
  kind: 'Usher' | 'peer' | 'floor'
  /** At least so many people are in it. */
  people: number
  /** Whether as many people are in it as in the others. */
  full: boolean
  call(method: string, path: string, body?: object): Promise<Answer>
  /** Its processes and those of its database. */
  pids(): number[]
  stop(): Promise<void>
}

const connections = 64

function connect(base: string, token: string) {
  const { origin, pathname } = new URL(base)
  const pool = new Pool(origin, { connections, keepAliveTimeout: 20_000, bodyTimeout: 0 })
  const authorization = `Bearer ${token}`
  return {
    async call(method: string, path: string, body?: object): Promise<Answer> {
      const answer = await pool.request({
        method: method as 'GET',
        path: `${pathname}${path}`,
        headers: { authorization, ...(body && { 'content-type': 'application/scim+json' }) },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await answer.body.text()
      return { status: answer.statusCode, body: text === '' ? {} : JSON.parse(text) }
    },
    close: () => pool.destroy(),
  }
}

async function processesOf(own: number, database: string | undefined): Promise<() => number[]> {
  if (!database) return () => [own]
  const { pid } = await benchPostgres()
  return () => [own, ...backendsOf(pid, database)]
}

/** Usher over one of the kept directories. */
export async function startUsher(directory: Directory): Promise<Contender> {
  const { store, place, organisation } = directory
  const server = await startUsherProcess(place, { port: await freePort() })
  const endWithUs = () => void server.kill()
  process.once('exit', endWithUs)
  const client = connect(`${server.url}/scim/${organisation.id}/v2`, organisation.scimToken)
  return {
    name: 'Usher',
    store,
    kind: 'Usher',
    people: 0,
    full: true,
    call: client.call,
    pids: await processesOf(server.pid, place.databaseUrl?.split('/').at(-1)),
    async stop() {
      process.off('exit', endWithUs)
      await client.close()
      await server.stop()
    },
  }
}

/** Usher over an empty directory, which is gone afterwards. */
export async function freshUsher(store: StoreName) {
  const name = `fresh_${process.pid}`
  const databaseUrl = store === 'PostgreSQL' ? await databaseOf(name) : undefined
  const place: Place = { dataDir: folderOf(`${store}-${name}`.toLowerCase()), databaseUrl }
  const organisation = applyOrganisation(place, { slug: 'acme', port: 8080, source: 'scim' })
  const contender = await startUsher({ store, people: 0, place, organisation })
  return {
    contender,
    async dispose(): Promise<void> {
      await contender.stop()
      rmSync(place.dataDir, { recursive: true })
      if (databaseUrl) await emptied(databaseUrl)
    },
  }
}

type Peer = {
  name: string
  file: string
  store: StoreName
  kind: 'peer' | 'floor'
  /** As many people as it bears: a page of a list reads all of them. */
  atMost?: number
}

const peers: Peer[] = [
  { name: 'bare floor', file: 'floor.ts', store: 'SQLite', kind: 'floor' },
  { name: 'bare floor', file: 'floor.ts', store: 'PostgreSQL', kind: 'floor' },
  {
    name: '@boxyhq/saml-jackson',
    file: 'peers/jackson.js',
    store: 'PostgreSQL',
    kind: 'peer',
  },
  { name: '@better-auth/scim', file: 'peers/better-auth.js', store: 'PostgreSQL', kind: 'peer' },
  {
    name: 'scimmy-routers',
    file: 'peers/scimmy.js',
    store: 'SQLite',
    kind: 'peer',
    atMost: 10_000,
  },
]

const startsWithinMs = 120_000

async function startPeer(peer: Peer, wanted: number): Promise<Contender> {
  const { file, store, kind, atMost = wanted } = peer
  const people = Math.min(wanted, atMost)
  const name = people < wanted ? `${peer.name} (${people.toLocaleString('en')})` : peer.name
  const port = await freePort()
  const key = file.replace(/^peers\/|\.[jt]s$/g, '').replace('-', '_')
  const url = store === 'PostgreSQL' ? await databaseOf(`${key}_${people}`) : undefined
  const child = spawn(process.execPath, [join(import.meta.dirname, file)], {
    env: {
      PATH: process.env.PATH ?? '',
      NODE_ENV: 'production',
      PORT: String(port),
      PEOPLE: String(people),
      ...(url ? { DATABASE_URL: url } : { DATA_DIR: folderOf(`${key}-${people}`) }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const endWithUs = () => void child.kill()
  process.once('exit', endWithUs)
  const { base, token } = await new Promise<{ base: string; token: string }>((resolve, reject) => {
    let said = ''
    const failed = (why: string) => reject(new Error(`${name} ${why}: ${said}`))
    const late = setTimeout(() => failed('did not start'), startsWithinMs)
    child.stderr.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4_000)
    })
    child.stdout.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4_000)
      const ready = said.split('\n').find((line) => line.startsWith('{"ready":true'))
      if (!ready) return
      clearTimeout(late)
      resolve(JSON.parse(ready))
    })
    child.once('exit', (code) => failed(`ended with ${code}`))
  })
  const client = connect(`http://127.0.0.1:${port}${base}`, token)
  return {
    name,
    store,
    kind,
    people,
    full: people === wanted,
    call: client.call,
    pids: await processesOf(child.pid ?? 0, url?.split('/').at(-1)),
    async stop() {
      await client.close()
      process.off('exit', endWithUs)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
    },
  }
}

/** Peers bring hundreds of packages: they are installed here, when they are asked for. */
function installPeers(): void {
  const folder = join(import.meta.dirname, 'peers')
  if (existsSync(join(folder, 'node_modules'))) return
  console.log('Installing the peers …')
  execFileSync('npm', ['ci', '--omit=optional', '--no-audit', '--no-fund'], { cwd: folder })
}

/** Usher on both stores, the floor on both, and each peer, with as many people in each. */
export async function startAll(people: number): Promise<Contender[]> {
  installPeers()
  const started: Contender[] = []
  for (const store of ['SQLite', 'PostgreSQL'] as const)
    started.push(await startUsher(await directoryOf(store, people)))
  for (const peer of peers) started.push(await startPeer(peer, people))
  return started
}
