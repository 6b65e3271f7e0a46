import type { TestProject } from 'vitest/node'
import { startPostgres, type ThrowawayPostgres } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL server of this run; absent while the embedded store is tested. */
    databaseUrl: string | undefined
  }
}

let postgres: ThrowawayPostgres | undefined

export async function setup(project: TestProject): Promise<void> {
  postgres = await startPostgres()
  project.provide('databaseUrl', postgres.url)
}

export async function teardown(): Promise<void> {
  await postgres?.stop()
}
