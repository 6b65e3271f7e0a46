import { execFile } from 'node:child_process'
import { buildServerWhenStale } from '../../scripts/builds.ts'
import type { Config } from '../src/app/config.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails on anything else
export type Run = { code: number; out: string; err: string; json: any }

/** Whoever waits longer waits for a process that does not end. */
const endsWithinMs = 15_000

/** Runs `usher …` as an operator does: a process of its own, also beside a server that has the database open. */
export async function runUsher(args: string[], env: Record<string, string>): Promise<Run> {
  const main = await buildServerWhenStale()
  const options = { env, timeout: endsWithinMs }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], options, (_error, out, err) => {
      const json = args.includes('--json') && out ? JSON.parse(out) : undefined
      resolve({ code: child.exitCode ?? -1, out, err, json })
    })
  })
}

/** The environment of a process for which this installation is its own. */
export function environmentOf(config: Config): Record<string, string> {
  return {
    DATA_DIR: config.dataDir,
    SECRET_KEY: config.secretKeys.join(','),
    BASE_URL: config.baseUrl,
    ...(config.databaseUrl && { DATABASE_URL: config.databaseUrl }),
  }
}
