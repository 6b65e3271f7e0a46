import { Readable } from 'node:stream'
import { z } from 'zod'
import { Id } from '../../../contract/src/index.ts'
import { issueLinksAfterSwitch } from '../directory/index.ts'
import { byteOrderMark, csvLine } from '../lib/csv.ts'
import type { Actor } from '../model/actor.ts'
import { type Api, type ApiDoor, callerFor, csvFile } from './door.ts'

type Issued = Awaited<ReturnType<typeof issueLinksAfterSwitch>>

/**
 * The activation links that a manager hands over after a switch of the login method (LM-10): a file,
 * since they may be thousands. Each is made when its line is written and is kept as a hash only.
 */
export function switchLinkRoutes(app: Api, door: ApiDoor): void {
  app.post(
    '/orgs/:organisationId/identity/login-method/links',
    { schema: { params: z.object({ organisationId: Id }), response: { 200: csvFile } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const first = await issue(door, actor, '')
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="usher-activation-links.csv"')
        .header('cache-control', 'no-store')
        .send(Readable.from(written(door, actor, first), { objectMode: false }))
    },
  )
}

async function* written(door: ApiDoor, actor: Actor, first: Issued): AsyncGenerator<string> {
  yield byteOrderMark + csvLine(['E-mail', 'First name', 'Last name', 'Activation link'])
  for (let issued = first; issued.length > 0; ) {
    yield issued
      .map(({ user, token }) =>
        csvLine([user.email, user.firstName, user.lastName, `${door.baseUrl}/activate/${token}`]),
      )
      .join('')
    issued = await issue(door, actor, issued.at(-1)?.user.id ?? '')
  }
}

function issue(door: ApiDoor, actor: Actor, afterId: string): Promise<Issued> {
  return door.directory.change(actor, (write) =>
    issueLinksAfterSwitch(write, afterId, !door.withoutMail),
  )
}
