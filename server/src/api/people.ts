import { z } from 'zod'
import {
  AccessView,
  AddedPoolGrant,
  AddPoolGrant,
  Adoption,
  ChangeUser,
  CreatedUser,
  CreateUser,
  Id,
  listOf,
  SortedPage,
  UserDetails,
  UserList,
  UserQuery,
  UserSession,
} from '../../../contract/src/index.ts'
import {
  allow,
  changeUser,
  createUser,
  deactivateUser,
  decideAdoption,
  deleteUser,
  enableUser,
  endSession,
  explain,
  grantPool,
  holdUser,
  isMailless,
  listAdoptions,
  listPeople,
  listSessions,
  type Path,
  releaseUser,
  renewActivation,
  renewPassword,
  restoreUser,
  revokePool,
  roleLabel,
  userDetails,
  type Write,
} from '../directory/index.ts'
import type { Actor } from '../model/actor.ts'
import { refuse } from '../model/refusals.ts'
import type { Provenance, User } from '../model/user.ts'
import { type Api, type ApiDoor, callerFor, handedOver } from './door.ts'
import { pageOf } from './lists.ts'
import { readPeopleSort, readWanted } from './people-query.ts'

const base = '/orgs/:organisationId'
const params = z.object({ organisationId: Id })
const withId = z.object({ organisationId: Id, id: Id })

/** People, what they reach, sessions and the adoption queue. */
export function peopleRoutes(app: Api, door: ApiDoor): void {
  app.get(
    `${base}/users`,
    { schema: { params, querystring: UserQuery, response: { 200: UserList } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { page, size, sort } = request.query
      const wanted = readWanted(request.query, door.clock.now())
      const people = await door.directory.view(actor, (read) =>
        listPeople(read, wanted, readPeopleSort(sort), { page, size }),
      )
      const items = people.items.map((one) => renderUser(one.user, one.roles, one.groups, one.mail))
      return { items, total: people.total, totalExact: people.totalExact, page, size }
    },
  )

  app.post(
    `${base}/users`,
    { schema: { params, body: CreateUser, response: { 201: CreatedUser } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { email, firstName, lastName, roles, groups, pools, password } = request.body
      const passwordHash = await readFirstPassword(door, actor, password)
      const made = await door.directory.change(actor, async (write) => {
        const { id } = await createUser(write, {
          email,
          firstName,
          lastName,
          roles: roles ?? [],
          groupIds: groups ?? [],
          poolIds: pools ?? [],
          passwordHash,
        })
        // Whoever has a first password needs no link.
        return { id, ...(passwordHash === undefined && (await handedOver(door, write, id))) }
      })
      return reply.code(201).send({ ...(await details(door, actor, made.id)), ...made })
    },
  )

  app.get(
    `${base}/users/:id`,
    { schema: { params: withId, response: { 200: UserDetails } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const found = await details(door, actor, request.params.id)
      return reply.header('etag', `"${found.version}"`).send(found)
    },
  )

  app.patch(
    `${base}/users/:id`,
    { schema: { params: withId, body: ChangeUser, response: { 200: UserDetails } } },
    async (request) => {
      const actor = await callerFor(door, request)
      allow(actor, 'users.write')
      const { email, password, firstName, lastName, roles } = request.body
      if (email !== undefined) {
        refuse(
          'user.email_immutable',
          'The e-mail address follows the identity provider and cannot be edited.',
          [{ pointer: '/email', code: 'user.email_immutable' }],
        )
      }
      if (password !== undefined)
        refuse('user.password_not_allowed', 'A manager never sets a password.')
      await door.directory.change(actor, (write) =>
        changeUser(write, request.params.id, {
          ...(firstName !== undefined && { firstName }),
          ...(lastName !== undefined && { lastName }),
          ...(roles && { roles }),
        }),
      )
      return details(door, actor, request.params.id)
    },
  )

  app.put(`${base}/users/:id/disable`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) => deactivateUser(write, request.params.id))
    return reply.code(204).send()
  })
  app.put(`${base}/users/:id/enable`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) => enableUser(write, request.params.id))
    return reply.code(204).send()
  })
  app.put(`${base}/users/:id/hold`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) => holdUser(write, request.params.id))
    return reply.code(204).send()
  })
  app.delete(`${base}/users/:id/hold`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) => releaseUser(write, request.params.id))
    return reply.code(204).send()
  })
  app.delete(`${base}/users/:id`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    door.requireFresh(actor)
    await door.directory.change(actor, (write) => deleteUser(write, request.params.id))
    return reply.code(204).send()
  })

  app.post(
    `${base}/users/:id/restore`,
    { schema: { params: withId, response: { 200: CreatedUser } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const made = await door.directory.change(actor, async (write) => {
        const { id } = await restoreUser(write, request.params.id)
        return handedOver(door, write, id)
      })
      return { ...(await details(door, actor, request.params.id)), ...made }
    },
  )

  app.post(
    `${base}/users/:id/activation-link`,
    { schema: { params: withId, response: { 201: z.object({ activationLink: z.string() }) } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const token = await door.directory.change(actor, async (write) => {
        await refuseWithMail(door, write)
        return renewActivation(write, request.params.id)
      })
      return reply.code(201).send({ activationLink: `${door.baseUrl}/activate/${token}` })
    },
  )

  app.post(
    `${base}/users/:id/reset-link`,
    { schema: { params: withId, response: { 201: z.object({ resetLink: z.string() }) } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const token = await door.directory.change(actor, async (write) => {
        await refuseWithMail(door, write)
        return renewPassword(write, request.params.id)
      })
      return reply.code(201).send({ resetLink: `${door.baseUrl}/reset/${token}` })
    },
  )

  app.get(
    `${base}/users/:id/access`,
    {
      schema: {
        params: withId,
        querystring: z.object({ explain: z.string().optional() }),
        response: { 200: AccessView },
      },
    },
    async (request) => {
      const actor = await callerFor(door, request)
      const items = await door.directory.view(actor, (read) => explain(read, request.params.id))
      return {
        items: items.map((item) => ({
          ...item,
          paths: item.paths.map(renderPath),
        })),
      }
    },
  )

  app.get(
    `${base}/users/:id/sessions`,
    { schema: { params: withId, querystring: SortedPage, response: { 200: listOf(UserSession) } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const sessions = await door.directory.view(actor, (read) =>
        listSessions(read, request.params.id),
      )
      const items = sessions.map((session) => ({
        id: session.id,
        method: session.method,
        createdAt: session.created_at,
        lastSeenAt: session.last_seen_at,
        ip: session.ip,
        userAgent: session.user_agent,
        current: session.id === actor.sessionId,
      }))
      return pageOf(items, request.query, ['method', 'createdAt', 'lastSeenAt', 'ip', 'userAgent'])
    },
  )
  app.delete(
    `${base}/users/:id/sessions/:sessionId`,
    { schema: { params: withId.extend({ sessionId: Id }) } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { id, sessionId } = request.params
      await door.directory.change(actor, (write) => endSession(write, id, sessionId))
      return reply.code(204).send()
    },
  )

  app.post(
    `${base}/users/:id/pool-grants`,
    { schema: { params: withId, body: AddPoolGrant, response: { 201: AddedPoolGrant } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const given = await door.directory.change(actor, (write) =>
        grantPool(write, request.params.id, request.body),
      )
      const ids = given.grants.map(({ id }) => id)
      return reply.code(201).send({ id: ids[0] ?? '', ids })
    },
  )
  app.delete(
    `${base}/users/:id/pool-grants/:grantId`,
    { schema: { params: withId.extend({ grantId: Id }) } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      await door.directory.change(actor, (write) =>
        revokePool(write, request.params.id, request.params.grantId),
      )
      return reply.code(204).send()
    },
  )

  adoptionRoutes(app, door)
}

/** LM-38, EM-5: a manager hands a first password over where no mail does it for them, and else none. */
async function readFirstPassword(door: ApiDoor, actor: Actor, password: unknown) {
  if (password === undefined) return undefined
  await door.directory.view(actor, async (read) => {
    allow(read.actor, 'users.write')
    if (await isMailless(read, !door.withoutMail)) return
    refuse('user.password_not_allowed', 'A manager never sets a password. The person chooses it.', [
      { pointer: '/password', code: 'user.password_not_allowed' },
    ])
  })
  const { data: chosen } = z.string().max(256).safeParse(password)
  if (chosen === undefined) {
    return refuse('request.invalid', 'A password is a text of at most 256 characters.', [
      { pointer: '/password', code: 'type' },
    ])
  }
  await door.secrets.judgePassword(chosen)
  return door.secrets.hashPassword(chosen)
}

/** EM-7: where mail is sent, a link is for the eyes of its receiver. */
async function refuseWithMail(door: ApiDoor, write: Write): Promise<void> {
  allow(write.actor, 'users.write')
  if (await isMailless(write, !door.withoutMail)) return
  refuse('resource.not_found', 'Links are mailed to the person, not shown.')
}

function adoptionRoutes(app: Api, door: ApiDoor): void {
  app.get(
    `${base}/adoptions`,
    { schema: { params, querystring: SortedPage, response: { 200: listOf(Adoption) } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const queue = await door.directory.view(actor, listAdoptions)
      const items = queue.map(({ row, name }) => ({
        id: row.id,
        userId: row.user_id,
        email: row.email,
        name,
        issuer: row.issuer,
        subject: row.subject,
        risk: row.risk,
        reason: row.reason,
        createdAt: row.created_at,
        lastAttemptAt: row.last_attempt_at,
        attempts: row.attempts,
      }))
      return pageOf(items, request.query, [
        'email',
        'name',
        'issuer',
        'createdAt',
        'lastAttemptAt',
        'attempts',
      ])
    },
  )
  for (const [act, state] of [
    ['approve', 'approved'],
    ['decline', 'declined'],
  ] as const) {
    app.post(
      `${base}/adoptions/:id/${act}`,
      { schema: { params: withId } },
      async (request, reply) => {
        const actor = await callerFor(door, request)
        await door.directory.change(actor, (write) =>
          decideAdoption(write, request.params.id, state),
        )
        return reply.code(204).send()
      },
    )
  }
}

async function details(door: ApiDoor, actor: Actor, id: string) {
  const found = await door.directory.view(actor, (read) => userDetails(read, id))
  return renderDetails(found)
}

function renderDetails(found: Awaited<ReturnType<typeof userDetails>>) {
  const { user, roles, memberships, explained, grants, pools } = found
  const reached = new Map<string, { roles: Set<string>; directGrantId: string | null }>()
  for (const item of explained) {
    if (!item.poolId) continue
    const seat = reached.get(item.poolId) ?? { roles: new Set(), directGrantId: null }
    seat.roles.add(item.role)
    reached.set(item.poolId, seat)
  }
  for (const grant of grants) {
    const seat = reached.get(grant.poolId)
    if (seat && grant.subjectKind === 'user') seat.directGrantId = grant.id
  }
  return {
    ...renderUser(
      user,
      roles.map((one) => one.role),
      memberships,
      found.mail,
    ),
    roleGrants: roles.map((one) => ({
      role: one.role,
      provenance: renderProvenance(one.provenance),
    })),
    memberships: memberships.map((one) => ({
      id: one.id,
      name: one.name,
      isDefault: one.isDefault,
      managedBy: one.managedBy,
      inherited: one.inherited,
      via: one.via,
      provenance: renderProvenance(one.provenance),
    })),
    pools: [...reached].map(([poolId, seat]) => ({
      poolId,
      poolName: pools.get(poolId)?.name ?? '',
      isDefault: pools.get(poolId)?.isDefault ?? false,
      roles: [...seat.roles],
      directGrantId: seat.directGrantId,
    })),
    managedAttributes: found.managedAttributes.map((attribute) => ({
      attribute,
      reason: 'The identity provider sends it at every sign-in.',
    })),
    identities: found.identities,
    userName: user.userName,
    externalId: user.externalId,
    locked: found.locked,
    version: user.version,
  }
}

function renderUser(
  user: User,
  roles: string[],
  groups: { id: string; name: string }[],
  mail: Awaited<ReturnType<typeof userDetails>>['mail'],
) {
  return {
    id: user.id,
    email: user.email,
    firstName: user.firstName,
    lastName: user.lastName,
    status: user.status,
    pendingReason: user.status === 'pending' ? user.pendingReason : null,
    held: user.held,
    roles,
    roleLabel: roleLabel(roles),
    managedBy: user.managedBy,
    joinedBy: user.joinedBy,
    groups: groups.map(({ id, name }) => ({ id, name })),
    createdBy: user.createdBy,
    createdAt: user.createdAt,
    updatedBy: user.updatedBy,
    updatedAt: user.updatedAt,
    lastSignInAt: user.lastSignInAt,
    mail: mail
      ? {
          id: mail.id,
          template: mail.template,
          state: mail.state,
          error: mail.last_error,
          at: mail.created_at,
        }
      : null,
  }
}

export function renderPath({ sentence, steps }: Path) {
  return {
    sentence,
    steps: steps.map((step) => ({ ...step, provenance: renderProvenance(step.provenance) })),
  }
}

export function renderProvenance({ kind, actor, rule, requestId, at }: Provenance) {
  return { kind, actor, rule, requestId, at }
}
