import { join } from 'node:path'
import { anyOrganisation, platformId, putSetupCode } from '../directory/index.ts'
import { systemClock } from '../lib/clock.ts'
import { newSecret } from '../lib/secrets.ts'
import { systemActor } from '../model/actor.ts'
import { startOutbox } from '../outbox/index.ts'
import { openStore } from '../store/index.ts'
import type { Config } from './config.ts'
import { buildServer } from './server.ts'

const graceMs = 10_000

export function databaseOf(config: Config): { databaseUrl: string | undefined; file: string } {
  return { databaseUrl: config.databaseUrl, file: join(config.dataDir, 'usher.db') }
}

/** Starts the server and keeps it until it is told to stop; then requests in flight are finished. */
export async function serve(config: Config): Promise<void> {
  const store = await openStore(databaseOf(config))
  const { app, directory, postman, domainWatch, switchWalk } = await buildServer(
    config,
    store,
    systemClock,
  )
  const outbox = startOutbox(
    { store, postman, domainWatch, switchWalk, clock: systemClock },
    app.log,
  )
  await app.listen({ port: config.port, host: config.host })
  const actor = systemActor(platformId)

  console.log(`\n  Usher is ready at ${config.baseUrl}`)
  if (!(await directory.view(actor, anyOrganisation))) {
    const code = newSecret(9)
    await directory.change(actor, (write) => putSetupCode(write, code))
    console.log(
      `\n  Set up this installation, or explore the demo:\n  ${config.baseUrl}/setup?code=${code}\n`,
    )
  }

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    const late = setTimeout(() => process.exit(1), graceMs)
    late.unref()
    await app.close()
    await outbox.stop()
    await store.close()
    process.exit(0)
  }
  process.once('SIGTERM', () => void stop())
  process.once('SIGINT', () => void stop())
}
