import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildServerWhenStale } from '../scripts/builds.ts'
import { freePort } from '../server/testing/free-port.ts'

export type RunningUsher = {
  url: string
  /** What the console offers at a first start: the set-up page with its one-time code. */
  setupUrl: string
  dataDir: string
  stop(): Promise<void>
}

const startsWithinMs = 30_000

/** Usher as its users start it: a process of its own with an empty directory. */
export async function startUsher(env: Record<string, string> = {}): Promise<RunningUsher> {
  const dataDir = mkdtempSync(join(tmpdir(), 'usher-story-'))
  const port = await freePort()
  const main = await buildServerWhenStale()
  const server = spawn(process.execPath, [main, 'serve'], {
    env: {
      PATH: process.env.PATH ?? '',
      DATA_DIR: dataDir,
      PORT: String(port),
      LOG_LEVEL: 'warn',
      OUTBOUND_ALLOW: '127.0.0.0/8',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = await readUntil(server, /setup\?code=\S+/)
  return {
    url: `http://127.0.0.1:${port}`,
    setupUrl: /http:\S+setup\?code=\S+/.exec(said)?.[0] ?? '',
    dataDir,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGTERM')
      await ended
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

function readUntil(server: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const late = setTimeout(() => reject(new Error(`Usher did not start: ${said}`)), startsWithinMs)
    const listen = (chunk: Buffer) => {
      said += String(chunk)
      if (!pattern.test(said)) return
      clearTimeout(late)
      resolve(said)
    }
    server.stdout?.on('data', listen)
    server.stderr?.on('data', listen)
    server.once('exit', (code) => {
      clearTimeout(late)
      reject(new Error(`Usher ended with ${code}: ${said}`))
    })
  })
}
