import { statfs } from 'node:fs/promises'
import { breakGlassView, openDirectory } from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { createOutbound } from '../lib/outbound.ts'
import { openVault } from '../lib/secrets.ts'
import { readSmtpUrl } from '../lib/smtp.ts'
import { operatorOf } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { endingsOf, tryMailServer } from '../outbox/index.ts'
import { backup, installation, mail, organisations, type Store, sso } from '../store/index.ts'
import { type Config, isLoopback } from './config.ts'

/** `warning` is to be looked at; with a `fault` something does not work. */
export type Finding = { check: string; state: 'ok' | 'warning' | 'fault'; detail: string }
type Found = Omit<Finding, 'check'>

type Patient = { config: Config; store: Store; clock: Clock }

const megabyte = 1_000_000
const slowWriteMs = 100
/** SAML gives the clocks of both sides 60 seconds (LM-26). */
const clocksApartMs = { warning: 5_000, fault: 60_000 }
const diskLeft = { warning: 2_000 * megabyte, fault: 200 * megabyte }
const endsSoonDays = 30
const dayMs = 86_400_000

const ok = (detail: string): Found => ({ state: 'ok', detail })
const warning = (detail: string): Found => ({ state: 'warning', detail })
const fault = (detail: string): Found => ({ state: 'fault', detail })

/** Looks at everything that an operator would look at when something is wrong, and changes nothing of it. */
export async function examine(patient: Patient): Promise<Finding[]> {
  const checks: [string, (patient: Patient) => Promise<Found | Found[]>][] = [
    ['database', database],
    ['disk', disk],
    ['secret key', secretKey],
    ['clock', clocks],
    ['address', address],
    ['mail server', mailServer],
    ['mail', mails],
    ['organisations', eachOrganisation],
  ]
  const findings: Finding[] = []
  for (const [check, look] of checks) {
    const found = await look(patient).catch((error: unknown) =>
      fault(error instanceof Error ? error.message : String(error)),
    )
    findings.push(...[found].flat().map((one) => ({ check, ...one })))
  }
  return findings
}

async function database({ store, clock }: Patient): Promise<Found> {
  const begun = performance.now()
  await store.write((db) => installation.putSetting(db, 'examined', String(clock.now())))
  const took = performance.now() - begun
  const name = store.dialect.name === 'sqlite' ? 'The embedded database' : 'PostgreSQL'
  const detail = `${name}, schema ${backup.newestSchema}; a durable write took ${took.toFixed(1)} ms.`
  return took > slowWriteMs ? warning(`${detail} The disk is slow.`) : ok(detail)
}

async function disk({ config: { dataDir, databaseUrl } }: Patient): Promise<Found> {
  if (databaseUrl) return ok('Nothing is kept on this machine.')
  const { bavail, bsize } = await statfs(dataDir)
  const left = bavail * bsize
  const detail = `${Math.round(left / megabyte).toLocaleString('en-GB')} MB are left under DATA_DIR.`
  if (left < diskLeft.fault) return fault(detail)
  return left < diskLeft.warning ? warning(detail) : ok(detail)
}

/** Whether what is sealed in the database opens: a restored database may belong to another key. */
async function secretKey({ config, store }: Patient): Promise<Found> {
  const vault = openVault(config.secretKeys)
  const all = await organisations.list(store.read)
  for (const { id } of all) {
    for (const { private_key } of await sso.spKeys(store.read, id)) {
      try {
        vault.open(private_key, 'saml-key')
        return ok('It opens what is sealed.')
      } catch {
        return fault(
          'It does not open what is sealed in this database. Give the key that sealed it as SECRET_KEY, behind the new one if there are two.',
        )
      }
    }
  }
  return ok('Nothing is sealed yet.')
}

async function clocks({ store, clock }: Patient): Promise<Found> {
  if (store.dialect.name === 'sqlite') return ok(new Date(clock.now()).toISOString())
  const theirs = await backup.clockOf(store.read)
  const apart = Math.abs(theirs - clock.now())
  const detail = `The database is ${(apart / 1000).toFixed(1)} s apart from this machine.`
  if (apart > clocksApartMs.fault) return fault(detail)
  return apart > clocksApartMs.warning ? warning(detail) : ok(detail)
}

async function address({ config: { baseUrl } }: Patient): Promise<Found> {
  const { protocol, hostname } = new URL(baseUrl)
  const everywhere = createOutbound(['0.0.0.0/0', '::/0'])
  try {
    await everywhere.getText(`${baseUrl}/healthz`, 'application/json')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return warning(`Nobody answers at ${baseUrl} from here (${reason}). Is the server running?`)
  }
  return protocol === 'http:' && !isLoopback(hostname)
    ? warning(`${baseUrl} answers, but not by https: cookies and passwords travel in the open.`)
    : ok(`${baseUrl} answers.`)
}

async function mailServer({ config: { smtpUrl, baseUrl } }: Patient): Promise<Found> {
  const smtp = smtpUrl && readSmtpUrl(smtpUrl, baseUrl)
  if (!smtp) return ok('None is set up: managers hand links over, or have a server of their own.')
  await tryMailServer(smtp, new URL(baseUrl).hostname)
  return ok(`${smtp.host}:${smtp.port} takes mail.`)
}

async function mails({ store, clock }: Patient): Promise<Found> {
  const { late, failed } = await mail.backlog(store.read, clock.now())
  if (late === 0 && failed === 0) return ok('None is late, none has failed.')
  return warning(
    `${late} wait for longer than ten minutes, ${failed} have failed. Each is on the Mail page of its organisation.`,
  )
}

async function eachOrganisation({ store, clock }: Patient): Promise<Found[]> {
  const all = await organisations.list(store.read)
  const found: Found[] = []
  for (const organisation of all) {
    const told = await troubles(store, organisation, clock.now())
    found.push(...told.map((detail) => warning(`${organisation.slug}: ${detail}`)))
  }
  if (found.length > 0) return found
  return [ok(all.length === 0 ? 'There is none yet.' : `${all.length}, and nothing to say.`)]
}

async function troubles(store: Store, organisation: Organisation, now: number): Promise<string[]> {
  const { id, loginMethod, paused } = organisation
  const told: string[] = []
  if (paused) told.push(`provisioning is paused since ${dayOf(paused.at)}, by ${paused.by}.`)
  if (loginMethod === 'sso') {
    const view = openDirectory(store, { now: () => now }).view
    const emergency = await view(operatorOf(id), breakGlassView)
    if (!emergency.some(({ proved }) => proved))
      told.push('no emergency account has proved that it works. When SSO fails, nobody gets in.')
  }
  for (const { name, endsAt } of await endingsOf(store, id)) {
    const days = Math.ceil((endsAt - now) / dayMs)
    if (days <= 0) told.push(`${name} ended on ${dayOf(endsAt)}.`)
    else if (days <= endsSoonDays) told.push(`${name} ends in ${days} days.`)
  }
  return told
}

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)
