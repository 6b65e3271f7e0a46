import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

export type ThrowawayPostgres = {
  /** A connection string for `DATABASE_URL`, superuser on an empty database. */
  url: string
  /** The server alone, without its database: for tests that cut it off and bring it back. */
  pid: number
  /** Kills the server without a chance to save anything, and starts it again on what the disk has. */
  crash(): Promise<void>
  stop(): Promise<void>
}

const startsWithinSeconds = 30

/**
 * A real PostgreSQL server of our own in a directory of its own. It keeps every promise to the disk
 * (fsync is on, as in production) and sorts by a human locale, so that a query that forgot its
 * collation shows.
 */
export async function startPostgres({
  keptIn,
}: {
  /** A directory whose database outlives the server, for data that is slow to make. */
  keptIn?: string
} = {}): Promise<ThrowawayPostgres> {
  const bin = newestInstallation()
  const account = unprivilegedAccount()
  const directory = keptIn ?? mkdtempSync(join(tmpdir(), 'usher-postgres-'))
  mkdirSync(directory, { recursive: true })
  if (account) chownSync(directory, account.uid, account.gid)
  const data = join(directory, 'data')
  const port = await freePort()
  const stays = { cwd: directory, ...account }

  const locale = ['--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US']
  const cluster = ['--pgdata', data, '--username=usher', '--auth=trust', '--encoding=UTF8']
  if (!existsSync(data)) {
    execFileSync(join(bin, 'initdb'), [...cluster, ...locale, '--no-sync'], {
      ...stays,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }

  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${directory}`,
    'max_connections=200',
    'log_min_messages=fatal',
  ]
  const log: string[] = []
  const launch = (): ChildProcess => {
    const parameters = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
    const started = spawn(join(bin, 'postgres'), parameters, {
      ...stays,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    started.stderr?.on('data', (said) => log.push(String(said)))
    return started
  }
  let server = launch()

  const endWithUs = () => void server.kill('SIGQUIT')
  process.once('exit', endWithUs)

  const stop = async () => {
    process.off('exit', endWithUs)
    await end(server)
    if (!keptIn) rmSync(directory, { recursive: true, force: true })
  }
  const crash = async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGKILL')
    await ended
    server = await launchAgain(launch, join(bin, 'pg_isready'), port)
  }
  try {
    await untilReady(server, join(bin, 'pg_isready'), port)
  } catch (error) {
    await stop()
    throw new Error(`PostgreSQL did not start: ${log.join('')}`, { cause: error })
  }
  return {
    url: `postgres://usher@127.0.0.1:${port}/postgres`,
    get pid() {
      return server.pid ?? 0
    },
    crash,
    stop,
  }
}

function newestInstallation(): string {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter(Boolean) : []
  if (versions.length === 0) throw new Error('No PostgreSQL here: run node scripts/setup-tests.ts')
  return join(root, String(Math.max(...versions)), 'bin')
}

/** PostgreSQL refuses to run as root; then it runs as the account that Debian made for it. */
function unprivilegedAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const ask = (what: string) => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }))
  return { uid: ask('-u'), gid: ask('-g') }
}

async function untilReady(server: ChildProcess, isReady: string, port: number): Promise<void> {
  const deadline = performance.now() + startsWithinSeconds * 1000
  while (performance.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`)
    try {
      execFileSync(isReady, ['-q', '-h', '127.0.0.1', '-p', String(port)])
      return
    } catch {
      await sleep(50)
    }
  }
  throw new Error(`it was not ready within ${startsWithinSeconds} s`)
}

/** The killed server's children outlive it by a moment, and none may start beside them. */
async function launchAgain(
  launch: () => ChildProcess,
  isReady: string,
  port: number,
): Promise<ChildProcess> {
  const deadline = performance.now() + startsWithinSeconds * 1000
  for (;;) {
    const server = launch()
    try {
      await untilReady(server, isReady, port)
      return server
    } catch (error) {
      server.kill('SIGKILL')
      if (performance.now() > deadline) throw error
      await sleep(50)
    }
  }
}

/** Fast shutdown: open sessions end, what was committed stays. */
async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGINT')
  const late = setTimeout(() => server.kill('SIGQUIT'), 10_000)
  await ended
  clearTimeout(late)
}
