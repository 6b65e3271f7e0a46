import { z } from 'zod'
import {
  Id,
  MailQuery,
  MailSettingsChange,
  MailSettingsView,
  MailTest,
  SentMails,
} from '../../../contract/src/index.ts'
import {
  allow,
  changeMailSettings,
  listMails,
  type MailWish,
  mailSettings,
  mailToTest,
  sendAgain,
} from '../directory/index.ts'
import { readEmailAddress } from '../lib/email-address.ts'
import type { Actor } from '../model/actor.ts'
import { mailInForce } from '../model/mail.ts'
import { refuse } from '../model/refusals.ts'
import { type Api, type ApiDoor, callerFor, ifVersion } from './door.ts'

const base = '/orgs/:organisationId'
const params = z.object({ organisationId: Id })
const withId = z.object({ organisationId: Id, id: Id })

/** Who sends an organisation's mail, and what became of it (EM-1, EM-8). */
export function mailRoutes(app: Api, door: ApiDoor): void {
  const settings = `${base}/mail-settings`
  app.get(
    settings,
    { schema: { params, response: { 200: MailSettingsView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { version, view } = await viewOf(door, actor)
      return reply.header('etag', `"${version}"`).send(view)
    },
  )
  app.put(
    settings,
    { schema: { params, body: MailSettingsChange, response: { 200: MailSettingsView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
      const wish = readWish(door, request.body)
      if (wish.server) await door.mail.checkHost(wish.server.host)
      await door.directory.change(actor, (write) =>
        changeMailSettings(write, wish, ifVersion(request)),
      )
      const { version, view } = await viewOf(door, actor)
      return reply.header('etag', `"${version}"`).send(view)
    },
  )
  app.post(
    `${settings}/test`,
    { schema: { params, body: MailSettingsChange, response: { 200: MailTest } } },
    async (request) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
      const wish = readWish(door, request.body)
      const test = await door.directory.view(actor, (read) => mailToTest(read, wish))
      await door.rateLimits.testMail(actor.organisationId)
      if (wish.server) await door.mail.checkHost(wish.server.host)
      const refusal = await door.mail.sendTest(actor.organisationId, test.settings, test.to)
      return { to: test.to.email, refusal: refusal ?? null }
    },
  )

  app.get(
    `${base}/mails`,
    { schema: { params, querystring: MailQuery, response: { 200: SentMails } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { state, page, size } = request.query
      const found = await door.directory.view(actor, (read) =>
        listMails(read, { state, page, size }),
      )
      const items = found.items.map((mail) => ({
        id: mail.id,
        template: mail.template,
        recipient: mail.recipient,
        // An invitation is for somebody who is not here yet.
        userId: mail.template === 'invitation' ? null : mail.user_id,
        state: mail.state,
        tries: mail.tries,
        error: mail.last_error,
        createdAt: mail.created_at,
        sentAt: mail.sent_at,
        nextAt: mail.state === 'waiting' ? mail.next_at : null,
      }))
      return { ...found, items, page, size }
    },
  )
  app.post(
    `${base}/mails/:id/send-again`,
    { schema: { params: withId } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      await door.directory.change(actor, (write) =>
        sendAgain(write, request.params.id, !door.withoutMail),
      )
      return reply.code(204).send()
    },
  )
}

function readWish(door: ApiDoor, { mode, server, secret }: MailSettingsChange): MailWish {
  const from = server && readEmailAddress(server.from)
  if (server && !from) {
    return refuse('request.invalid', 'Enter the address that mail comes from.', [
      { pointer: '/server/from', code: 'email' },
    ])
  }
  return {
    mode,
    server: server && from ? { ...server, from: from.address } : null,
    secret: secret === undefined ? null : door.secrets.seal(secret, 'mail'),
  }
}

async function viewOf(door: ApiDoor, actor: Actor) {
  const { mode, server, secret, version } = await door.directory.view(actor, mailSettings)
  const installationMails = !door.withoutMail
  const canWrite = actor.roles.includes('ROLE_MANAGER') || actor.scopes.includes('identity:write')
  const view = {
    mode,
    inForce: mailInForce(mode, installationMails),
    installationMails,
    server,
    secretSet: secret !== null,
    canWrite,
  }
  return { version, view }
}
