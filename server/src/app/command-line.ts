import { Command, CommanderError } from 'commander'
import {
  createScimToken,
  type Directory,
  findOrganisationBySlug,
  issueRecovery,
  openDirectory,
  platformId,
} from '../directory/index.ts'
import { systemClock } from '../lib/clock.ts'
import { openVault } from '../lib/secrets.ts'
import { operatorOf } from '../model/actor.ts'
import { type FieldFault, Refused, refuse } from '../model/refusals.ts'
import { scimAddresses } from '../scim/index.ts'
import type { Applied } from './apply.ts'
import { BadConfiguration, type Config, readConfig } from './config.ts'
import { CommandRefused } from './refused.ts'
import { openDatabase, serve } from './serve.ts'

/** Says in words at once what is done; the JSON of all of it is one document at the end. */
type Tell = (json: object, words: string) => void

/** `usher …` (DESIGN §7). A refusal ends with exit code 1 and one line, or with JSON under --json. */
export async function runCommand(argv: string[]): Promise<void> {
  const program = new Command('usher')
    .description('Usher decides who belongs to an organisation, and how they get in.')
    .option('--json', 'print JSON')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    // Its faults are told below, as those of everything else.
    .configureOutput({ outputError: () => undefined })
  const isJson = () => program.opts().json === true
  const answer: object & { error?: Fault } = {}
  const tell: Tell = (json, words) => {
    if (isJson()) Object.assign(answer, json)
    else console.log(words)
  }

  program
    .command('serve', { isDefault: true })
    .description('start the server')
    // Whatever is no command comes here.
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_options, { args: [unknown] }: Command) => {
      if (unknown === undefined) return serve(readConfig())
      const names = new Intl.ListFormat('en-GB').format(program.commands.map((one) => one.name()))
      return program.error(
        `There is no ${unknown}. The commands are ${names}; usher --help says more.`,
      )
    })

  program
    .command('apply')
    .description('make the installation match a declared state')
    .requiredOption('-f, --file <file>', 'YAML or JSON; see docs/apply.md')
    .option('--plan', 'show the difference and change nothing')
    .action((options: { file: string; plan?: boolean }) => apply(readConfig(), options, tell))

  program
    .command('token')
    .description('make a SCIM token for an identity provider; it is shown once')
    .requiredOption('--organisation <slug>', 'the organisation that it opens')
    .option('--label <label>', 'what it is called in the portal', 'Operator')
    .action((options: { organisation: string; label: string }) =>
      token(readConfig(), options, tell),
    )

  program
    .command('backup')
    .description('write all that the database holds to a new file, while the server goes on')
    .argument(
      '<file>',
      'such as usher-2026-12-01.backup.gz; it holds no secret key: keep that, too',
    )
    .action((file: string) => withBackup(readConfig(), tell, isJson(), file, 'backup'))

  program
    .command('restore')
    .description('put a backup into an empty database, be it the embedded one or PostgreSQL')
    .argument('<file>', 'what usher backup wrote')
    .action((file: string) => withBackup(readConfig(), tell, isJson(), file, 'restore'))

  program
    .command('doctor')
    .description('look at everything that an operator would look at, and say what is wrong')
    .action(() => doctor(readConfig(), tell))

  program
    .command('recover')
    .description(
      'make a link that lets a manager of an organisation back in, once; all managers are told',
    )
    .requiredOption('--organisation <slug>', 'whose managers cannot get in')
    .action((options: { organisation: string }) => recover(readConfig(), options, tell))

  program
    .command('load-demo')
    .description('make the demo organisation, whose identity provider is simulated')
    .action(() => loadDemo(readConfig(), tell))

  program
    .command('audit')
    .description('the audit trail')
    .command('verify')
    .description(
      'compare the audit trail with its seals, and name the first event that is not as it was',
    )
    .option('--organisation <slug>', 'one organisation; else all of them')
    .action((options: { organisation?: string }) => verifyAudit(readConfig(), options, tell))

  let bug: unknown
  try {
    await program.parseAsync(argv)
  } catch (error) {
    if (error instanceof CommanderError && error.code.startsWith('commander.help')) {
      process.exitCode = error.exitCode
      return
    }
    const fault = faultOf(error)
    if (!fault) bug = error
    answer.error = fault ?? { code: 'internal', detail: String(error) }
    if (fault && !isJson()) console.error(fault.detail)
    process.exitCode = 1
  }
  if (isJson() && Object.keys(answer).length > 0) console.log(JSON.stringify(answer, null, 2))
  if (bug) throw bug
}

async function apply(
  config: Config,
  { file, plan = false }: { file: string; plan?: boolean },
  tell: Tell,
): Promise<void> {
  const { readDeclared } = await import('./declared.ts')
  const { applyOrganisation } = await import('./apply.ts')
  const { organisations, folder } = await readDeclared(file)
  const store = await openDatabase(config)
  try {
    const parts = {
      directory: openDirectory(store, systemClock),
      vault: openVault(config.secretKeys),
      clock: systemClock,
      baseUrl: config.baseUrl,
      outboundAllow: config.outboundAllow,
      googleAvailable: config.google !== undefined,
    }
    const isOne = organisations.length === 1
    const applied: Applied[] = []
    for (const organisation of organisations) {
      const { slug } = organisation.organisation
      // Told one by one: what is committed stays, and its secrets are never shown again.
      const one = await applyOrganisation(parts, organisation, folder, plan).catch(
        (error: unknown) => {
          if (isOne || !(error instanceof Refused)) throw error
          const { refusal } = error
          throw new Refused({ ...refusal, detail: `${slug}: ${refusal.detail}` })
        },
      )
      applied.push(one)
      tell({ organisations: applied, ...(isOne && one) }, inWords(one, plan))
    }
  } finally {
    await store.close()
  }
}

async function token(
  config: Config,
  { organisation: slug, label }: { organisation: string; label: string },
  tell: Tell,
): Promise<void> {
  const store = await openDatabase(config)
  try {
    const directory = openDirectory(store, systemClock)
    const organisation = await organisationOf(directory, slug)
    const made = await directory.change(operatorOf(organisation.id), (write) =>
      createScimToken(write, { label }),
    )
    const { baseUrl } = scimAddresses(config.baseUrl, organisation.id)
    const expiresAt = made.stored.expires_at
    tell(
      { organisation: slug, baseUrl, label, token: made.token, expiresAt },
      [
        `Base URL: ${baseUrl}`,
        `SCIM token ${label}: ${made.token}`,
        `It ends on ${new Date(expiresAt).toISOString().slice(0, 10)} and is not shown again.`,
      ].join('\n'),
    )
  } finally {
    await store.close()
  }
}

async function withBackup(
  config: Config,
  tell: Tell,
  isQuiet: boolean,
  file: string,
  what: 'backup' | 'restore',
): Promise<void> {
  const { backUp, restore } = await import('./backup.ts')
  const store = await openDatabase(config)
  try {
    const parts = { store, vault: openVault(config.secretKeys), clock: systemClock }
    const onProgress = isQuiet ? () => undefined : progress()
    if (what === 'backup') {
      const done = await backUp(parts, file, onProgress)
      const size = `${counted(done.rows)} rows of ${done.tables} tables, ${counted(done.bytes)} bytes`
      return tell(done, `${file}: ${size}\nKeep SECRET_KEY with it: without it nobody signs in.`)
    }
    const done = await restore(parts, file, onProgress)
    const made = new Date(done.madeAt).toISOString()
    tell(done, `Restored ${counted(done.rows)} rows of ${done.tables} tables, as of ${made}.`)
  } finally {
    await store.close()
  }
}

async function recover(
  config: Config,
  { organisation: slug }: { organisation: string },
  tell: Tell,
): Promise<void> {
  const store = await openDatabase(config)
  try {
    const directory = openDirectory(store, systemClock)
    const { id } = await organisationOf(directory, slug)
    const { token, expiresAt } = await directory.change(operatorOf(id), issueRecovery)
    const url = `${config.baseUrl}/recover/${token}`
    const until = new Date(expiresAt).toISOString()
    tell(
      { organisation: slug, url, expiresAt },
      `${url}\nIt opens a session of a manager for an hour, once, until ${until}. All managers are told.`,
    )
  } finally {
    await store.close()
  }
}

/** @throws CommandRefused when a trail is not as it was written, after all of them were told. */
async function verifyAudit(
  config: Config,
  { organisation: slug }: { organisation?: string },
  tell: Tell,
): Promise<void> {
  const { trailsOf } = await import('./trails.ts')
  const store = await openDatabase(config)
  try {
    const directory = openDirectory(store, systemClock)
    const only = slug === undefined ? undefined : (await organisationOf(directory, slug)).id
    const trails = []
    for await (const trail of trailsOf({ store, directory }, openVault(config.secretKeys), only)) {
      trails.push(trail)
      tell({ trails }, trail.words)
    }
    const broken = trails.filter(({ fault }) => fault !== null)
    if (broken.length === 0) return
    const names = new Intl.ListFormat('en-GB').format(
      broken.map(({ organisation }) => organisation),
    )
    throw new CommandRefused('audit.broken', `Not as it was written: the audit trail of ${names}.`)
  } finally {
    await store.close()
  }
}

async function organisationOf(directory: Directory, slug: string) {
  const found = await directory.view(operatorOf(platformId), (read) =>
    findOrganisationBySlug(read, slug),
  )
  return found ?? refuse('resource.not_found', `There is no organisation ${slug}.`)
}

async function loadDemo(config: Config, tell: Tell): Promise<void> {
  if (!config.demo) {
    throw new CommandRefused(
      'demo.unavailable',
      'With NODE_ENV=production there is no demo, unless DEMO=on asks for it.',
    )
  }
  const { createDemo, demoManager } = await import('./demo.ts')
  const store = await openDatabase(config)
  try {
    const { baseUrl } = config
    const demo = createDemo({
      directory: openDirectory(store, systemClock),
      vault: openVault(config.secretKeys),
      clock: systemClock,
      baseUrl,
    })
    const { organisationId: id, slug } = await demo.make(operatorOf(platformId))
    const loginUrl = `${baseUrl}/login/${slug}`
    const { firstName, lastName } = demoManager
    tell(
      { id, slug, loginUrl, portalUrl: `${baseUrl}/o/${slug}`, manager: demoManager.email },
      `${loginUrl}\nContinue with Entra ID (simulated) as ${firstName} ${lastName}, who is its manager.`,
    )
  } finally {
    await store.close()
  }
}

async function doctor(config: Config, tell: Tell): Promise<void> {
  const { examine } = await import('./doctor.ts')
  const store = await openDatabase(config)
  try {
    const findings = await examine({ config, store, clock: systemClock })
    const healthy = findings.every(({ state }) => state !== 'fault')
    const lines = findings.map(
      ({ state, check, detail }) => `${state.padEnd(8)} ${check}: ${detail}`,
    )
    tell({ healthy, findings }, lines.join('\n'))
    if (!healthy) process.exitCode = 1
  } finally {
    await store.close()
  }
}

const counted = (many: number) => many.toLocaleString('en-GB')
const saysEveryMs = 10_000

/** Long work says how far it is, on standard error. */
function progress() {
  let due = performance.now() + saysEveryMs
  return (rows: number) => {
    if (performance.now() < due) return
    due = performance.now() + saysEveryMs
    console.error(`… ${counted(rows)} rows`)
  }
}

function inWords(one: Applied, plan: boolean): string {
  const secrets = [
    ...one.scim.tokens.map(({ label, token }) => `SCIM token ${label}: ${token}`),
    ...one.apiKeys.map(({ label, key }) => `API key ${label}: ${key}`),
    ...one.managers.map(({ email, setupUrl }) => `Set-up link for ${email}: ${setupUrl}`),
    ...one.breakGlass.map(
      ({ email, totpSecret }) => `One-time code secret of ${email}: ${totpSecret}`,
    ),
  ]
  const changes = one.changes.length > 0 ? one.changes : ['nothing to change']
  return [
    `${one.slug}  ${one.portalUrl}`,
    ...changes.map((change) => `  ${plan ? 'would be: ' : ''}${change}`),
    ...one.notes.map((note) => `  stays: ${note}`),
    ...secrets.map((secret) => `  ${secret}`),
  ].join('\n')
}

type Fault = { code: string; detail: string; errors?: FieldFault[] }

/** @returns undefined for a bug or an outage, whose stack somebody has to read. */
function faultOf(error: unknown): Fault | undefined {
  if (error instanceof Refused) {
    const { code, detail, errors } = error.refusal
    return { code, detail, ...(errors && { errors }) }
  }
  if (error instanceof CommandRefused) return { code: error.code, detail: error.message }
  if (error instanceof BadConfiguration) {
    return { code: 'configuration.invalid', detail: error.message }
  }
  if (!(error instanceof CommanderError)) return undefined
  return { code: 'command.invalid', detail: error.message.replace(/^error: /, '') }
}
