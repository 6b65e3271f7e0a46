import { z } from 'zod'
import {
  AccessAnswer,
  AccessCheck,
  AddedMembers,
  AddedPoolGrant,
  AddMembers,
  AddPoolGrant,
  ChangePool,
  CreatePool,
  DuplicateGroup,
  GroupAdoptable,
  GroupDetails,
  GroupList,
  GroupMembers,
  GroupPoolGrants,
  Id,
  NamedQuery,
  NameGroup,
  NestGroup,
  PeopleQuery,
  PoolDetails,
  PoolList,
  PoolPeople,
  Problem,
  RoleList,
  SortedPage,
} from '../../../contract/src/index.ts'
import {
  addMember,
  addMembers,
  allow,
  builtInRoles,
  changePool,
  checkAccess,
  createGroup,
  createPool,
  deleteGroup,
  deletePool,
  duplicateGroup,
  grantPoolToGroup,
  groupDetails,
  letAdopt,
  listGroupGrants,
  listGroups,
  listMembers,
  listPools,
  listReaching,
  nestGroup,
  poolDetails,
  removeMember,
  renameGroup,
  revokePoolFromGroup,
  unnestGroup,
} from '../directory/index.ts'
import type { Actor } from '../model/actor.ts'
import { refuse } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import { type Api, type ApiDoor, callerFor, ifVersion } from './door.ts'
import { pageOf } from './lists.ts'
import { renderPath, renderProvenance } from './people.ts'

const base = '/orgs/:organisationId'
const params = z.object({ organisationId: Id })
const withId = z.object({ organisationId: Id, id: Id })

/** Groups, pools, what they give to whom, and the question whether somebody may. */
export function accessRoutes(app: Api, door: ApiDoor): void {
  groupRoutes(app, door)
  memberRoutes(app, door)
  groupGrantRoutes(app, door)
  poolRoutes(app, door)

  app.post(
    `${base}/access/check`,
    { schema: { params, body: AccessCheck, response: { 200: AccessAnswer } } },
    async (request) => {
      const actor = await callerFor(door, request)
      return door.directory.view(actor, (read) => checkAccess(read, request.body))
    },
  )
  app.get(
    `${base}/roles`,
    { schema: { params, querystring: SortedPage, response: { 200: RoleList } } },
    async (request) => {
      allow(await callerFor(door, request), 'access.read')
      const roles = builtInRoles().map((role) => ({ ...role, builtIn: true }))
      return pageOf(roles, request.query, ['role', 'label'])
    },
  )
  for (const method of ['PATCH', 'DELETE'] as const) {
    app.route({
      method,
      url: `${base}/roles/:role`,
      schema: { params: params.extend({ role: z.string() }), response: { 403: Problem } },
      handler: async (request) => {
        allow(await callerFor(door, request), 'access.write')
        const { role } = request.params as { role: string }
        if (!builtInRoles().some((known) => known.role === role)) {
          refuse('resource.not_found', 'There is no such role.')
        }
        refuse('role.builtin', `${role} is built in and stays as it is.`)
      },
    })
  }
}

function groupRoutes(app: Api, door: ApiDoor): void {
  const groups = `${base}/groups`
  app.get(
    groups,
    { schema: { params, querystring: NamedQuery, response: { 200: GroupList } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { page, size, search } = request.query
      const found = await door.directory.view(actor, (read) =>
        listGroups(read, { search, page, size }),
      )
      return { ...found, totalExact: true, page, size }
    },
  )
  app.post(
    groups,
    { schema: { params, body: NameGroup, response: { 201: GroupDetails } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { id } = await door.directory.change(actor, (write) =>
        createGroup(write, request.body.name),
      )
      return reply.code(201).send(await seeGroup(door, actor, id))
    },
  )
  const one = `${groups}/:id`
  app.get(
    one,
    { schema: { params: withId, response: { 200: GroupDetails } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const found = await seeGroup(door, actor, request.params.id)
      return reply.header('etag', `"${found.version}"`).send(found)
    },
  )
  app.patch(
    one,
    { schema: { params: withId, body: NameGroup, response: { 200: GroupDetails } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const wanted = { name: request.body.name, ifVersion: ifVersion(request) }
      await door.directory.change(actor, (write) => renameGroup(write, request.params.id, wanted))
      const found = await seeGroup(door, actor, request.params.id)
      return reply.header('etag', `"${found.version}"`).send(found)
    },
  )
  app.delete(one, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) =>
      deleteGroup(write, request.params.id, ifVersion(request)),
    )
    return reply.code(204).send()
  })
  app.post(
    `${one}/duplicate`,
    { schema: { params: withId, body: DuplicateGroup, response: { 201: GroupDetails } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { id } = await door.directory.change(actor, (write) =>
        duplicateGroup(write, request.params.id, request.body),
      )
      return reply.code(201).send(await seeGroup(door, actor, id))
    },
  )
  app.put(
    `${one}/adoptable`,
    { schema: { params: withId, body: GroupAdoptable } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { id } = request.params
      await door.directory.change(actor, (write) => letAdopt(write, id, request.body.adoptable))
      return reply.code(204).send()
    },
  )
  app.post(
    `${one}/groups`,
    { schema: { params: withId, body: NestGroup } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      await door.directory.change(actor, (write) =>
        nestGroup(write, request.params.id, request.body.groupId),
      )
      return reply.code(204).send()
    },
  )
  app.delete(
    `${one}/groups/:groupId`,
    { schema: { params: withId.extend({ groupId: Id }) } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { id, groupId } = request.params
      await door.directory.change(actor, (write) => unnestGroup(write, id, groupId))
      return reply.code(204).send()
    },
  )
}

function memberRoutes(app: Api, door: ApiDoor): void {
  const members = `${base}/groups/:id/members`
  app.get(
    members,
    { schema: { params: withId, querystring: PeopleQuery, response: { 200: GroupMembers } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { page, size } = request.query
      const found = await door.directory.view(actor, (read) =>
        listMembers(read, request.params.id, {
          ...request.query,
          search: request.query.search || undefined,
        }),
      )
      const items = found.items.map(({ user, membership }) => ({
        ...renderPerson(user),
        inherited: membership.inherited,
        via: membership.via,
        provenance: renderProvenance(membership.provenance),
      }))
      return { items, total: found.total, totalExact: found.totalExact, page, size }
    },
  )
  app.post(
    members,
    {
      schema: {
        params: withId,
        body: AddMembers,
        response: { 200: AddedMembers, 204: z.undefined(), 207: AddedMembers },
      },
    },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { body } = request
      const { id: groupId } = request.params
      if ('userId' in body) {
        await door.directory.change(actor, (write) => addMember(write, groupId, body.userId))
        return reply.code(204).send(undefined)
      }
      const { unknown } = await door.directory.change(actor, (write) =>
        addMembers(write, groupId, [...new Set(body.userIds)]),
      )
      const items = body.userIds.map((id) =>
        unknown.includes(id)
          ? { id, status: 404, code: 'resource.not_found', detail: 'There is no such user.' }
          : { id, status: 204, code: null, detail: null },
      )
      return reply.code(unknown.length === 0 ? 200 : 207).send({ items })
    },
  )
  app.delete(
    `${members}/:userId`,
    { schema: { params: withId.extend({ userId: Id }) } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { id, userId } = request.params
      await door.directory.change(actor, (write) => removeMember(write, id, userId))
      return reply.code(204).send()
    },
  )
}

function groupGrantRoutes(app: Api, door: ApiDoor): void {
  const grants = `${base}/groups/:id/pool-grants`
  app.get(
    grants,
    { schema: { params: withId, querystring: SortedPage, response: { 200: GroupPoolGrants } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const found = await door.directory.view(actor, (read) =>
        listGroupGrants(read, request.params.id),
      )
      const items = found.map((grant) => ({
        id: grant.id,
        poolId: grant.poolId,
        poolName: grant.poolName,
        role: grant.role,
        provenance: renderProvenance(grant.provenance),
        locked: grant.locked,
      }))
      return pageOf(items, request.query, ['poolName', 'role'])
    },
  )
  app.post(
    grants,
    { schema: { params: withId, body: AddPoolGrant, response: { 201: AddedPoolGrant } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const given = await door.directory.change(actor, (write) =>
        grantPoolToGroup(write, request.params.id, request.body),
      )
      const ids = given.grants.map(({ id }) => id)
      return reply.code(201).send({ id: ids[0] ?? '', ids })
    },
  )
  app.delete(
    `${grants}/:grantId`,
    { schema: { params: withId.extend({ grantId: Id }) } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { id, grantId } = request.params
      await door.directory.change(actor, (write) => revokePoolFromGroup(write, id, grantId))
      return reply.code(204).send()
    },
  )
}

function poolRoutes(app: Api, door: ApiDoor): void {
  const pools = `${base}/pools`
  app.get(
    pools,
    { schema: { params, querystring: NamedQuery, response: { 200: PoolList } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { page, size, search } = request.query
      const found = await door.directory.view(actor, (read) =>
        listPools(read, { search, page, size }),
      )
      return { ...found, totalExact: true, page, size }
    },
  )
  app.post(
    pools,
    { schema: { params, body: CreatePool, response: { 201: PoolDetails } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { name, roles } = request.body
      const { id } = await door.directory.change(actor, (write) =>
        createPool(write, { name, roles }),
      )
      return reply.code(201).send(await seePool(door, actor, id))
    },
  )
  const one = `${pools}/:id`
  app.get(
    one,
    { schema: { params: withId, response: { 200: PoolDetails } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const found = await seePool(door, actor, request.params.id)
      return reply.header('etag', `"${found.version}"`).send(found)
    },
  )
  app.patch(
    one,
    { schema: { params: withId, body: ChangePool, response: { 200: PoolDetails } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { id } = request.params
      await door.directory.change(actor, (write) =>
        changePool(write, id, request.body, ifVersion(request)),
      )
      const found = await seePool(door, actor, id)
      return reply.header('etag', `"${found.version}"`).send(found)
    },
  )
  app.delete(one, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) =>
      deletePool(write, request.params.id, ifVersion(request)),
    )
    return reply.code(204).send()
  })
  app.get(
    `${one}/people`,
    { schema: { params: withId, querystring: PeopleQuery, response: { 200: PoolPeople } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { page, size } = request.query
      const found = await door.directory.view(actor, (read) =>
        listReaching(read, request.params.id, {
          ...request.query,
          search: request.query.search || undefined,
        }),
      )
      const items = found.items.map(({ user, explained, directGrantId }) => ({
        ...renderPerson(user),
        roles: explained.map(({ role }) => role),
        paths: explained.flatMap(({ paths }) => paths.map(renderPath)),
        directGrantId,
      }))
      return { items, total: found.total, totalExact: found.totalExact, page, size }
    },
  )
}

async function seeGroup(door: ApiDoor, actor: Actor, id: string) {
  const { group, inside, around, locked } = await door.directory.view(actor, (read) =>
    groupDetails(read, id),
  )
  const related = (groups: typeof inside) =>
    groups.map((one) => ({ ...one, provenance: renderProvenance(one.provenance) }))
  return { ...group, inside: related(inside), around: related(around), locked }
}

async function seePool(door: ApiDoor, actor: Actor, id: string) {
  const { pool, grants } = await door.directory.view(actor, (read) => poolDetails(read, id))
  return {
    ...pool,
    groupGrants: grants.map((grant) => ({
      id: grant.id,
      groupId: grant.subjectId,
      groupName: grant.groupName,
      role: grant.role,
      provenance: renderProvenance(grant.provenance),
      locked: grant.locked,
    })),
  }
}

function renderPerson({ id, email, firstName, lastName, status, held }: User) {
  return { id, email, firstName, lastName, status, held }
}
