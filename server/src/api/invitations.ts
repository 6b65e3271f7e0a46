import { z } from 'zod'
import {
  Id,
  InvitationQuery,
  Invitations,
  Invite,
  InviteCsv,
  Invited,
  Resent,
} from '../../../contract/src/index.ts'
import {
  allow,
  findNamesOf,
  type Invited as InvitedPerson,
  type Invitee,
  invite,
  listInvitations,
  resendInvitation,
  revokeInvitation,
  tryInvite,
} from '../directory/index.ts'
import { type CsvRow, readPeople, readRole } from './csv.ts'
import { type Api, type ApiDoor, callerFor } from './door.ts'

const base = '/orgs/:organisationId/invitations'
const params = z.object({ organisationId: Id })
const withId = z.object({ organisationId: Id, id: Id })

/** Invitations: promises to people who are not here yet. */
export function invitationRoutes(app: Api, door: ApiDoor): void {
  const linkOf = (token: string) => `${door.baseUrl}/invite/${token}`
  const render = ({ email, result, id, token }: InvitedPerson) => ({
    email,
    status: result,
    id: id ?? null,
    ...(token && { link: linkOf(token) }),
  })
  const codeOf = (items: { status: string }[]) =>
    items.every(({ status }) => status === 'sent') ? 200 : 207

  app.get(
    base,
    { schema: { params, querystring: InvitationQuery, response: { 200: Invitations } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { search, page, size } = request.query
      const wanted = { search: search?.trim() || undefined, page, size }
      const found = await door.directory.view(actor, (read) => listInvitations(read, wanted))
      const now = door.clock.now()
      const items = found.items.map(({ invitation, promised, mail }) => ({
        id: invitation.id,
        email: invitation.email,
        inviter: invitation.inviter,
        roles: promised.roles,
        groups: promised.groupIds,
        pools: promised.poolIds,
        createdAt: invitation.created_at,
        expiresAt: invitation.expires_at,
        expired: invitation.expires_at <= now,
        mail: mail ? { state: mail.state, error: mail.last_error } : null,
      }))
      return { items, total: found.total, totalExact: found.totalExact, page, size }
    },
  )

  app.post(
    base,
    { schema: { params, body: Invite, response: { 200: Invited, 207: Invited } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { emails, roles, groups, pools, expiresInDays } = request.body
      const invited = await door.directory.change(actor, (write) =>
        invite(write, {
          people: emails.map((email) => ({ email })),
          roles,
          groupIds: groups,
          poolIds: pools,
          expiresInDays,
          installationMails: !door.withoutMail,
        }),
      )
      const items = invited.map(render)
      return reply.code(codeOf(items)).send({ items, dryRun: false })
    },
  )

  app.post(
    `${base}/csv`,
    { schema: { params, body: InviteCsv, response: { 200: Invited, 207: Invited } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      allow(actor, 'users.write')
      const { csv, dryRun, roles, groups, pools, expiresInDays } = request.body
      const rows = readPeople(csv)
      const groupIds = await door.directory.view(actor, (read) =>
        findNamesOf(
          read,
          'groups',
          rows.flatMap((row) => row.groups),
        ),
      )
      const read = rows.map((row) => readRow(row, groupIds))
      const wish = {
        people: read.flatMap((one) => ('person' in one ? [one.person] : [])),
        roles,
        groupIds: groups,
        poolIds: pools,
        expiresInDays,
        installationMails: !door.withoutMail,
      }
      const act = dryRun ? tryInvite : invite
      const results =
        wish.people.length > 0
          ? await door.directory.change(actor, (write) => act(write, wish))
          : []
      const left = [...results]
      const items = read.map((one) => {
        const { line, email } = one.row
        if ('detail' in one)
          return { email, status: 'invalid' as const, id: null, line, detail: one.detail }
        const result = left.shift()
        return {
          ...(result ? render(result) : { email, status: 'invalid' as const, id: null }),
          line,
        }
      })
      return reply.code(codeOf(items)).send({ items, dryRun })
    },
  )

  app.post(
    `${base}/:id/resend`,
    { schema: { params: withId, response: { 200: Resent } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { expiresAt, token } = await door.directory.change(actor, (write) =>
        resendInvitation(write, request.params.id, !door.withoutMail),
      )
      return { expiresAt, ...(token && { link: linkOf(token) }) }
    },
  )

  app.delete(`${base}/:id`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) => revokeInvitation(write, request.params.id))
    return reply.code(204).send()
  })
}

/** A row in the directory's words, or what is wrong with it. */
function readRow(
  row: CsvRow,
  groupIds: Map<string, string>,
): { row: CsvRow; person: Invitee } | { row: CsvRow; detail: string } {
  const noRole = row.roles.find((role) => !readRole(role))
  if (noRole !== undefined) return { row, detail: `There is no role ${noRole}.` }
  const noGroup = row.groups.find((group) => !groupIds.has(group))
  if (noGroup !== undefined) return { row, detail: `There is no group ${noGroup}.` }
  const names = [row.firstName, row.lastName]
  if (names.some((name) => [...name].length > 100)) {
    return { row, detail: 'A name has at most 100 characters.' }
  }
  if (names.some((name) => /\p{Cc}/u.test(name))) {
    return { row, detail: 'A name is one line, without tabs and the like.' }
  }
  return {
    row,
    person: {
      email: row.email,
      firstName: row.firstName,
      lastName: row.lastName,
      roles: row.roles.flatMap((role) => readRole(role) ?? []),
      groupIds: row.groups.flatMap((group) => groupIds.get(group) ?? []),
    },
  }
}
