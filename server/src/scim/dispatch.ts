import { decideScim } from '../directory/index.ts'
import { Refused } from '../model/refusals.ts'
import { runBulk } from './bulk.ts'
import { discovery, type JsonObject, ScimError } from './core/index.ts'
import { type Answer, type Call, type OperationDone, requireId } from './door.ts'
import { listEverything } from './everything.ts'
import {
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  patchGroup,
  replaceGroup,
} from './groups.ts'
import {
  createUser,
  deleteUser,
  getMe,
  getUser,
  listUsers,
  patchUser,
  replaceUser,
} from './users.ts'

/** What is asked for, by the address below the base URL (RFC 7644 §3.2). */
export async function dispatch(
  call: Call,
  [resource = '', id, ...more]: string[],
  done: OperationDone,
): Promise<Answer> {
  requireSource(call)
  if (call.actor.owner) requireOwn(resource.toLowerCase())
  if (more.length > 0) throw nothingHere()
  switch (resource.toLowerCase()) {
    case '':
      allow(call, 'GET')
      return listEverything(call, 'query')
    case '.search':
      if (id !== undefined) throw nothingHere()
      allow(call, 'POST')
      return listEverything(call, 'body')
    case 'users':
      return onResources(call, id, users)
    case 'groups':
      return onResources(call, id, groups)
    case 'bulk':
      if (id !== undefined) throw nothingHere()
      allow(call, 'POST')
      return runBulk(call, done)
    case 'me':
      if (id !== undefined) throw nothingHere()
      return me(call)
    case 'serviceproviderconfig':
    case 'schemas':
    case 'resourcetypes':
      return discover(call, resource.toLowerCase(), id)
    default:
      throw nothingHere()
  }
}

/** An organisation's credential is nobody (RFC 7644 §3.11); whoever has a key of their own is told about themselves. */
function me(call: Call): Promise<Answer> {
  if (!call.actor.owner) {
    throw new ScimError({ status: 404, detail: 'This credential belongs to no person.' })
  }
  allow(call, 'GET')
  return getMe(call)
}

const closedToPeople = new Set(['', '.search', 'users', 'groups', 'bulk'])

/** SC-33: the directory is the identity provider's to read and change. */
function requireOwn(resource: string): void {
  if (!closedToPeople.has(resource)) return
  throw new ScimError({
    status: 403,
    detail: 'auth.forbidden: A personal key reads its owner at /Me, and nobody else.',
  })
}

/** SC-6, PV-15: another source governs this organisation, or none does now, whatever the credential says. */
function requireSource({ organisation }: Call): void {
  const refusal = decideScim(organisation)
  if (refusal) throw new Refused(refusal)
}

type Acts = {
  list(call: Call, how: 'query' | 'body'): Promise<Answer>
  create(call: Call): Promise<Answer>
  get(call: Call, id: string): Promise<Answer>
  replace(call: Call, id: string): Promise<Answer>
  patch(call: Call, id: string): Promise<Answer>
  remove(call: Call, id: string): Promise<Answer>
}

const users: Acts = {
  list: listUsers,
  create: createUser,
  get: getUser,
  replace: replaceUser,
  patch: patchUser,
  remove: deleteUser,
}
const groups: Acts = {
  list: listGroups,
  create: createGroup,
  get: getGroup,
  replace: replaceGroup,
  patch: patchGroup,
  remove: deleteGroup,
}

async function onResources(call: Call, id: string | undefined, acts: Acts): Promise<Answer> {
  if (id === undefined) {
    allow(call, 'GET', 'POST')
    return call.method === 'GET' ? acts.list(call, 'query') : acts.create(call)
  }
  if (id.toLowerCase() === '.search') {
    allow(call, 'POST')
    return acts.list(call, 'body')
  }
  allow(call, 'GET', 'PUT', 'PATCH', 'DELETE')
  requireId(id)
  if (call.method === 'GET') return acts.get(call, id)
  if (call.method === 'PUT') return acts.replace(call, id)
  return call.method === 'PATCH' ? acts.patch(call, id) : acts.remove(call, id)
}

/** RFC 7644 §4: never filtered, never paged, never changed. */
function discover(call: Call, what: string, id: string | undefined): Answer {
  allow(call, 'GET')
  if (call.query.filter !== undefined)
    throw new ScimError({ status: 403, detail: 'Discovery cannot be filtered (RFC 7644 §4).' })
  const found = discovery({ baseUrl: call.baseUrl, syncRoles: call.settings.syncRoles })
  const bodies: Record<string, JsonObject | undefined> = {
    schemas: id === undefined ? found.schemas : found.schema(id),
    resourcetypes: id === undefined ? found.resourceTypes : found.resourceType(id),
    serviceproviderconfig: id === undefined ? found.serviceProviderConfig : undefined,
  }
  const body = bodies[what]
  if (!body) throw nothingHere()
  return { status: 200, body: () => body }
}

function allow({ method }: Call, ...methods: string[]): void {
  if (methods.includes(method)) return
  throw new ScimError({
    status: 405,
    detail: `${method} cannot be used here; ${methods.join(', ')} can.`,
    allow: methods.includes('GET') ? ['HEAD', ...methods] : methods,
  })
}

function nothingHere(): ScimError {
  return new ScimError({ status: 404, detail: 'There is nothing at this address.' })
}
