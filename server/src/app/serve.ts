import { join } from 'node:path'
import { anyOrganisation, platformId, putSetupCode } from '../directory/index.ts'
import { systemClock } from '../lib/clock.ts'
import { newSecret } from '../lib/secrets.ts'
import { systemActor } from '../model/actor.ts'
import { startOutbox } from '../outbox/index.ts'
import { openStore, type Store } from '../store/index.ts'
import { BadConfiguration, type Config } from './config.ts'
import { buildServer } from './server.ts'

const graceMs = 10_000
const tidiesAfterMs = 3_000

/** @throws BadConfiguration when the reason lies outside of this process, where the operator mends it. */
export async function openDatabase({ databaseUrl, dataDir }: Config): Promise<Store> {
  const file = join(dataDir, 'usher.db')
  try {
    return await openStore({ databaseUrl, file })
  } catch (error) {
    const reason = reasonOutside(error)
    if (!reason) throw error
    const what = databaseUrl ? 'DATABASE_URL: the database' : `DATA_DIR: ${file}`
    throw new BadConfiguration([`${what} cannot be opened (${reason}).`])
  }
}

/** Of PostgreSQL: connection, authorisation, no such database, resources, an intervention. */
const outsideStates = ['08', '28', '3D', '53', '57']
/** Of SQLite: busy, read-only, input or output, corrupt, full, cannot open, no database. */
const outsideResults = [5, 8, 10, 11, 13, 14, 26]

function reasonOutside(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code = '', errcode = 0, message } = error as NodeJS.ErrnoException & { errcode?: number }
  if (/^E[A-Z]+$/.test(code)) return code
  // The driver itself, as of a password that is missing, has no code.
  const isOutside =
    code === '' ? error.constructor === Error : outsideStates.includes(code.slice(0, 2))
  return isOutside || outsideResults.includes(errcode & 0xff) ? message : undefined
}

/** Starts the server and keeps it until it is told to stop; then requests in flight are finished. */
export async function serve(config: Config): Promise<void> {
  const store = await openDatabase(config)
  const { app, directory, postman, domainWatch, switchWalk, shadowWalk, sealer, presence } =
    await buildServer(config, store, systemClock)
  const outbox = startOutbox(
    { store, postman, domainWatch, switchWalk, shadowWalk, sealer, presence, clock: systemClock },
    app.log,
  )
  const close = async () => {
    await app.close()
    await outbox.stop()
    await store.close()
  }
  const { port, host } = config
  await app.listen({ port, host }).catch(async (error: NodeJS.ErrnoException) => {
    await close()
    throw new BadConfiguration([
      `PORT, HOST: port ${port} of ${host} cannot be had (${error.code}).`,
    ])
  })
  const actor = systemActor(platformId)

  console.log(`\n  Usher is ready at ${config.baseUrl}`)
  if (!(await directory.view(actor, anyOrganisation))) {
    const code = newSecret(9)
    await directory.change(actor, (write) => putSetupCode(write, code))
    console.log(
      `\n  Set up this installation, or explore the demo:\n  ${config.baseUrl}/setup?code=${code}\n`,
    )
  }

  const tidying = setTimeout(giveBack, tidiesAfterMs)
  tidying.unref()

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    const late = setTimeout(() => process.exit(1), graceMs)
    late.unref()
    await close()
    process.exit(0)
  }
  process.once('SIGTERM', () => void stop())
  process.once('SIGINT', () => void stop())
}

/** What only the start needed, a quarter of all memory, goes back to the machine (with `--expose-gc`). */
function giveBack(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
