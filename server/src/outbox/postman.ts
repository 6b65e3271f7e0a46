import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { type Outbound, OutboundError } from '../lib/outbound.ts'
import type { Vault } from '../lib/secrets.ts'
import type { Smtp } from '../lib/smtp.ts'
import { systemActor } from '../model/actor.ts'
import {
  type Mail,
  type MailSettings,
  type MailTemplate,
  mailInForce,
  mailSecretPurpose,
} from '../model/mail.ts'
import { events, mail as mails, organisations, type Store, sso } from '../store/index.ts'
import { render } from './layout.ts'
import { compose } from './letters.ts'
import { connect, type MailConnection, MailFault } from './smtp.ts'

export type Postman = {
  /** Sends what is due, of one organisation or of all, until nothing is; after `signal`, what has begun. */
  deliver(which?: { organisationId?: string; signal?: AbortSignal }): Promise<void>
  /**
   * The test mail, now, by settings that need not be saved.
   * @returns the mail server's refusal in its words; undefined when it took the mail.
   */
  sendTest(
    organisationId: string,
    settings: MailSettings,
    to: { email: string; firstName: string },
  ): Promise<string | undefined>
}

type PostmanParts = {
  store: Store
  clock: Clock
  vault: Vault
  outbound: Pick<Outbound, 'addressOf'>
  baseUrl: string
  /** The installation's own mail server, which its operator vouches for. */
  installation: Smtp | undefined
  /** Path of the link that a mail carries; undefined when its reader has no use for it any more. */
  linkFor(
    organisationId: string,
    template: MailTemplate,
    userId: string,
  ): Promise<string | undefined>
}

type Round = {
  claims: Promise<unknown>
  inFlight: Map<string, number>
  connections: Map<string, Promise<MailConnection | undefined>>
}

const atOnce = 10
/** So many of one organisation: a mail server that stalls holds up its own organisation alone. */
const atOnceForOne = 3
/** Longer than a mail can take; then another node may try. */
const leaseMs = 5 * 60_000
const firstRetryMs = 60_000
const withLink: MailTemplate[] = [
  'activation',
  'invitation',
  'verification',
  'reset',
  'method_changed',
]
const noService = 'No mail service sends for this organisation. A manager hands links over.'
const notNeeded = 'The person had no use for it any more.'

/** Hands mail over to mail servers: each at least once, and in the ordinary case not twice. */
export function createPostman(parts: PostmanParts): Postman {
  const { store, clock, vault, baseUrl, installation } = parts
  const name = new URL(baseUrl).hostname

  async function open(settings: MailSettings): Promise<MailConnection | undefined> {
    const mode = mailInForce(settings.mode, installation !== undefined)
    if (mode === 'default' && installation) return connect(installation, name)
    if (mode !== 'custom' || !settings.server) return undefined
    const { host, port, from, tls, startTls } = settings.server
    const smtp = { host, port, from, tls, startTls, login: loginOf(settings, vault) }
    return connect(smtp, name, await reach(parts.outbound, host))
  }

  async function letterOf(organisationId: string, mail: Mail, firstName: string, path?: string) {
    const [organisation, connection] = await Promise.all([
      organisations.find(store.read, organisationId),
      sso.connection(store.read, organisationId),
    ])
    if (!organisation) return undefined
    const facts = {
      organisation,
      connectionName: connection?.name ?? null,
      baseUrl,
      firstName,
      link: path && `${baseUrl}${path}`,
    }
    return { fromName: organisation.name, ...render(compose(mail, facts), organisation.name) }
  }

  function drop(mail: mails.QueuedMail, why: string): Promise<void> {
    return store.write((db) => mails.settle(db, mail, { state: 'dropped', last_error: why }))
  }

  /** @throws MailFault when the mail server did not take it. */
  async function send(round: Round, mail: mails.QueuedMail): Promise<void> {
    const { org_id, id, template, recipient, user_id } = mail
    const settings = await mails.settings(store.read, org_id)
    const mode = mailInForce(settings.mode, installation !== undefined)
    const key = mode === 'default' ? 'installation' : `${org_id} ${settings.version}`
    const opened = round.connections.get(key) ?? open(settings)
    round.connections.set(key, opened)
    const connection = await opened
    if (!connection) return drop(mail, noService)
    const carries = withLink.includes(template)
    const path = carries ? await parts.linkFor(org_id, template, user_id) : undefined
    if (carries && !path) return drop(mail, notNeeded)
    const { firstName, ...about } = JSON.parse(mail.body) as { firstName: string }
    const letter = await letterOf(org_id, { template, ...about } as Mail, firstName, path)
    if (!letter) return drop(mail, notNeeded)
    await connection.send({ ...letter, id, to: recipient, at: clock.now() })
    const sent = { state: 'sent' as const, sent_at: clock.now(), last_error: null }
    await store.write((db) => mails.settle(db, mail, sent))
  }

  async function putOff(mail: mails.QueuedMail, fault: MailFault): Promise<void> {
    const now = clock.now()
    const error = fault.message
    if (fault.what === 'refused' || now >= mail.give_up_at) {
      return store.write(async (db) => {
        await mails.settle(db, mail, { state: 'failed', last_error: error })
        await events.append(db, systemActor(mail.org_id), now, [
          {
            name: 'mail.failed',
            result: 'failure',
            subject: { kind: 'user', id: mail.user_id, label: mail.recipient },
            data: { template: mail.template, error },
          },
        ])
      })
    }
    const until = Math.min(now + firstRetryMs * 2 ** (mail.tries - 1), mail.give_up_at)
    await store.write(async (db) => {
      await mails.settle(db, mail, { next_at: until, last_error: error })
      if (fault.what === 'service') await mails.holdBack(db, mail.org_id, { now, until, error })
    })
  }

  /** The next due mail of an organisation that has not enough in flight already. */
  async function take(round: Round, only?: string): Promise<mails.QueuedMail | undefined> {
    const full = [...round.inFlight].filter(([, count]) => count >= atOnceForOne)
    const among = { only, except: full.map(([id]) => id) }
    const now = clock.now()
    const mail = await store.write((db) => mails.claim(db, now, now + leaseMs, among))
    if (mail) count(round, mail, 1)
    return mail
  }

  async function work(round: Round, only?: string, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted) {
      // One claim after the other: each counts what the one before it took.
      const claimed = round.claims.then(() => take(round, only))
      round.claims = claimed.catch(() => undefined)
      const mail = await claimed
      if (!mail) return
      try {
        await send(round, mail)
      } catch (error) {
        if (!(error instanceof MailFault)) throw error
        await putOff(mail, error)
      } finally {
        count(round, mail, -1)
      }
    }
  }

  return {
    async deliver({ organisationId, signal } = {}) {
      if (!(await mails.isAnyDue(store.read, clock.now()))) return
      const round: Round = {
        claims: Promise.resolve(),
        inFlight: new Map(),
        connections: new Map(),
      }
      const works = Array.from({ length: atOnce }, () => work(round, organisationId, signal))
      const done = await Promise.allSettled(works)
      for (const connection of await Promise.allSettled(round.connections.values())) {
        if (connection.status === 'fulfilled') connection.value?.close()
      }
      const fault = done.find((one) => one.status === 'rejected')
      if (fault) throw fault.reason
    },

    async sendTest(organisationId, settings, to) {
      const letter = await letterOf(organisationId, { template: 'test' }, to.firstName)
      try {
        const connection = await open(settings)
        if (!connection || !letter) return noService
        const parcel = { ...letter, id: newId(), to: to.email, at: clock.now() }
        await connection.send(parcel).finally(() => connection.close())
        return undefined
      } catch (error) {
        if (error instanceof MailFault) return error.message
        throw error
      }
    },
  }
}

function count({ inFlight }: Round, { org_id }: mails.QueuedMail, change: number): void {
  inFlight.set(org_id, (inFlight.get(org_id) ?? 0) + change)
}

function loginOf({ server, secret }: MailSettings, vault: Vault): Smtp['login'] {
  if (!server || server.authentication === 'none' || !secret) return undefined
  const username = server.username ?? ''
  const opened = vault.open(secret, mailSecretPurpose)
  return server.authentication === 'password'
    ? { kind: 'password', username, password: opened }
    : { kind: 'token', username, token: opened }
}

/** SE-8 at every sending: what the name of the host means may have changed since it was saved. */
async function reach(outbound: Pick<Outbound, 'addressOf'>, host: string): Promise<string> {
  try {
    return await outbound.addressOf(host)
  } catch (error) {
    if (error instanceof OutboundError) throw new MailFault(error.message, 'service')
    throw error
  }
}
