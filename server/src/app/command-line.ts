import { Command } from 'commander'
import {
  createScimToken,
  findOrganisationBySlug,
  openDirectory,
  platformId,
} from '../directory/index.ts'
import { systemClock } from '../lib/clock.ts'
import { openVault } from '../lib/secrets.ts'
import { operatorOf } from '../model/actor.ts'
import { Refused } from '../model/refusals.ts'
import { scimAddresses } from '../scim/index.ts'
import { openStore } from '../store/index.ts'
import type { Applied } from './apply.ts'
import { BadConfiguration, type Config, readConfig } from './config.ts'
import { databaseOf, serve } from './serve.ts'

/** `usher …` (DESIGN §7). A refusal ends with exit code 1 and one line, or with JSON under --json. */
export async function runCommand(argv: string[]): Promise<void> {
  const program = new Command('usher')
    .description('Usher decides who belongs to an organisation, and how they get in.')
    .option('--json', 'print JSON')
    .enablePositionalOptions(false)

  program
    .command('serve', { isDefault: true })
    .description('start the server')
    .action(() => guarded(false, () => serve(readConfig())))

  program
    .command('apply')
    .description('make the installation match a declared state')
    .requiredOption('-f, --file <file>', 'YAML or JSON; see docs/apply.md')
    .option('--plan', 'show the difference and change nothing')
    .option('--json', 'print JSON')
    .action((options: { file: string; plan?: boolean; json?: boolean }) => {
      const json = Boolean(options.json ?? program.opts().json)
      return guarded(json, () => apply(readConfig(), { ...options, json }))
    })

  program
    .command('token')
    .description('make a SCIM token for an identity provider; it is shown once')
    .requiredOption('--organisation <slug>', 'the organisation that it opens')
    .option('--label <label>', 'what it is called in the portal', 'Operator')
    .option('--json', 'print JSON')
    .action((options: { organisation: string; label: string; json?: boolean }) => {
      const json = Boolean(options.json ?? program.opts().json)
      return guarded(json, () => token(readConfig(), { ...options, json }))
    })

  await program.parseAsync(argv)
}

async function apply(
  config: Config,
  { file, plan = false, json }: { file: string; plan?: boolean; json: boolean },
): Promise<void> {
  const { applyOrganisation, readDeclared } = await import('./apply.ts')
  const declared = await readDeclared(file)
  const store = await openStore(databaseOf(config))
  try {
    const parts = {
      directory: openDirectory(store, systemClock),
      vault: openVault(config.secretKeys),
      clock: systemClock,
      baseUrl: config.baseUrl,
      outboundAllow: config.outboundAllow,
    }
    const applied: Applied[] = []
    for (const organisation of declared.organisations) {
      applied.push(await applyOrganisation(parts, organisation, declared.folder, plan))
    }
    console.log(
      json
        ? JSON.stringify(
            { organisations: applied, ...(applied.length === 1 && applied[0]) },
            null,
            2,
          )
        : inWords(applied, plan),
    )
  } finally {
    await store.close()
  }
}

async function token(
  config: Config,
  { organisation: slug, label, json }: { organisation: string; label: string; json: boolean },
): Promise<void> {
  const store = await openStore(databaseOf(config))
  try {
    const directory = openDirectory(store, systemClock)
    const organisation = await directory.view(operatorOf(platformId), (read) =>
      findOrganisationBySlug(read, slug),
    )
    if (!organisation) {
      throw new Refused({ code: 'resource.not_found', detail: `There is no organisation ${slug}.` })
    }
    const made = await directory.change(operatorOf(organisation.id), (write) =>
      createScimToken(write, { label }),
    )
    const { baseUrl } = scimAddresses(config.baseUrl, organisation.id)
    const expiresAt = made.stored.expires_at
    console.log(
      json
        ? JSON.stringify(
            { organisation: slug, baseUrl, label, token: made.token, expiresAt },
            null,
            2,
          )
        : [
            `Base URL: ${baseUrl}`,
            `SCIM token ${label}: ${made.token}`,
            `It ends on ${new Date(expiresAt).toISOString().slice(0, 10)} and is not shown again.`,
          ].join('\n'),
    )
  } finally {
    await store.close()
  }
}

function inWords(applied: Applied[], plan: boolean): string {
  return applied
    .map((one) => {
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
        ...(plan ? [] : secrets.map((secret) => `  ${secret}`)),
      ].join('\n')
    })
    .join('\n')
}

async function guarded(json: boolean, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const known = error instanceof Refused || error instanceof BadConfiguration
    if (!known) throw error
    const code = error instanceof Refused ? error.refusal.code : 'configuration.invalid'
    const detail = error instanceof Refused ? error.refusal.detail : error.message
    if (json) console.log(JSON.stringify({ error: { code, detail } }))
    else console.error(detail)
    process.exitCode = 1
  }
}
