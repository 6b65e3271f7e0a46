/** People as SCIM resources, and what a resource says of a person. */
import type { ScimPerson, ShownPerson } from '../directory/index.ts'
import { withoutDeletionMark } from '../directory/index.ts'
import { isoTime } from '../lib/clock.ts'
import type { SentPerson } from '../model/scim.ts'
import {
  chooseEmail,
  enterpriseSchema,
  etagOf,
  isObject,
  type Json,
  type JsonObject,
  type Projection,
  project,
  ScimError,
  showsAll,
  userSchema,
} from './core/index.ts'

/** Long enough for every name, short enough for an index. */
const longestKey = 512
const longestName = 100

type Belonging = ShownPerson['groups'][number]
type Known = Pick<ShownPerson, 'user' | 'roles' | 'groups'> & {
  attributes: Record<string, unknown> | undefined
}

export function personEtag({ user }: Pick<Known, 'user'>): string {
  return etagOf(user.version)
}

/** The whole resource; a projection shows what of it is asked for. */
export function renderPerson(person: Known, baseUrl: string): JsonObject {
  const attributes = (person.attributes ?? attributesOfLocal(person)) as JsonObject
  return { ...attributes, ...renderOwn(person, attributes, baseUrl) }
}

/** What is ours to say of a person, beside what the identity provider said. */
function renderOwn(person: Known, said: JsonObject, baseUrl: string): JsonObject {
  const { user, roles, groups } = person
  return {
    schemas: said[enterpriseSchema] ? [userSchema, enterpriseSchema] : [userSchema],
    id: user.id,
    externalId: user.externalId,
    userName: user.userName ?? user.email,
    ...(user.activeAssigned && { active: user.status !== 'deactivated' }),
    groups: groups.map(({ id, name, inherited }) => ({
      value: id,
      $ref: `${baseUrl}/Groups/${id}`,
      display: name,
      type: inherited ? 'indirect' : 'direct',
    })),
    roles: roles.toSorted().map((role) => saidOf(said.roles, role)),
    meta: {
      resourceType: 'User',
      created: isoTime(user.createdAt),
      lastModified: isoTime(user.updatedAt),
      location: `${baseUrl}/Users/${user.id}`,
      version: personEtag(person),
    },
  }
}

/** In what was sent: a value that is never shown, or one that we say ourselves. */
const needsLook = /null|\[\]|\{\}|"(?:roles|groups|password)":/
const plainSchemas = JSON.stringify([userSchema])
const bothSchemas = JSON.stringify([userSchema, enterpriseSchema])
const saysEnterprise = `"${enterpriseSchema}":`

/**
 * Writes what a projection shows of each person as JSON. Where it shows everything, what the identity
 * provider sent is passed on as the text that it is.
 */
export function personWriter(
  projection: Projection,
  baseUrl: string,
): (person: ShownPerson) => string {
  const written = new Map<Belonging, string>()
  // People of a page share their groups, which are written once.
  const writeGroup = (group: Belonging): string => {
    const known = written.get(group) ?? writeBelonging(group, baseUrl)
    written.set(group, known)
    return known
  }
  return ({ sent, ...person }) => {
    if (sent === undefined || !showsAll(projection) || needsLook.test(sent)) {
      const attributes = sent === undefined ? undefined : JSON.parse(sent)
      return JSON.stringify(project(projection, renderPerson({ ...person, attributes }, baseUrl)))
    }
    const own = writeOwn(person, sent.includes(saysEnterprise), baseUrl, writeGroup)
    return `${own},${sent.slice(1)}`
  }
}

function writeBelonging({ id, name, inherited }: Belonging, baseUrl: string): string {
  return `{"value":"${id}","$ref":"${baseUrl}/Groups/${id}","display":${quoted(name)},"type":"${
    inherited ? 'indirect' : 'direct'
  }"}`
}

/** As `renderOwn`, for the many people of a page: without its last brace, and in one go. */
function writeOwn(
  { user, roles, groups }: Pick<Known, 'user' | 'roles' | 'groups'>,
  isEnterprise: boolean,
  baseUrl: string,
  writeGroup: (group: Belonging) => string,
): string {
  const externalId = user.externalId === null ? '' : `"externalId":${quoted(user.externalId)},`
  const active = user.activeAssigned ? `"active":${user.status !== 'deactivated'},` : ''
  const memberOf = groups.length === 0 ? '' : `"groups":[${groups.map(writeGroup).join(',')}],`
  const created = isoTime(user.createdAt)
  const modified = user.updatedAt === user.createdAt ? created : isoTime(user.updatedAt)
  const holds = roles.toSorted().map((role) => `{"value":"${role}"}`)
  return `{"schemas":${isEnterprise ? bothSchemas : plainSchemas},"id":"${user.id}",${
    externalId
  }"userName":${quoted(user.userName ?? user.email)},${active}${memberOf}"roles":[${holds.join(
    ',',
  )}],"meta":{"resourceType":"User","created":"${created}","lastModified":"${
    modified
  }","location":"${baseUrl}/Users/${user.id}","version":${quoted(personEtag({ user }))}}`
}

const quoted = (text: string) => JSON.stringify(text)

/** A role with what the identity provider said about it, such as that it is the primary one. */
function saidOf(said: Json | undefined, role: string): JsonObject {
  const entry = Array.isArray(said) ? said.find((one) => isObject(one) && one.value === role) : null
  return isObject(entry) ? entry : { value: role }
}

/** Somebody whom no identity provider has sent yet. */
function attributesOfLocal({ user }: Known): JsonObject {
  return {
    name: { givenName: user.firstName, familyName: user.lastName },
    emails: [{ value: user.email, type: 'work', primary: true }],
  }
}

/**
 * What a resource says of a person. `active` absent means that they stay as they are; roles are left
 * alone unless they are synchronised and said.
 */
export function readPerson(
  resource: JsonObject,
  { syncRoles, before }: { syncRoles: boolean; before?: ScimPerson },
): SentPerson {
  const {
    schemas: _s,
    id: _i,
    meta: _m,
    groups: _g,
    userName,
    externalId,
    active,
    ...rest
  } = resource
  const { roles, ...plain } = rest
  const attributes = syncRoles ? rest : plain
  const name = readKey('userName', userName)
  if (name === undefined || name.trim() === '')
    throw new ScimError({ status: 400, scimType: 'invalidValue', detail: 'userName is missing.' })
  return {
    userName: name,
    externalId: readKey('externalId', externalId) ?? null,
    active: typeof active === 'boolean' ? active : undefined,
    activeAssigned: typeof active === 'boolean' || (before?.user.activeAssigned ?? true),
    email: emailOf(resource, name, before),
    ...namesOf(resource),
    roles: syncRoles ? valuesOf(roles) : undefined,
    attributes,
  }
}

function readKey(attribute: string, value: Json | undefined): string | undefined {
  if (typeof value !== 'string') return undefined
  if (value.length <= longestKey) return value
  throw new ScimError({
    status: 400,
    scimType: 'invalidValue',
    detail: `${attribute} has more than ${longestKey} characters.`,
  })
}

/**
 * SC-13. Who is here keeps their address until another one is said than before: somebody who was
 * adopted may be known by another than they were sent with (SC-18).
 */
function emailOf(resource: JsonObject, userName: string, before: ScimPerson | undefined): string {
  if (!before) return chooseEmail(resource)
  const { user, attributes } = before
  const isSame = userName === user.userName && resource.emails === attributes?.emails
  if (isSame && attributes) return user.email
  const said = emailSaid(resource, userName, user)
  const was = attributes && user.userName !== null && emailSaidBefore(before, user.userName)
  return said === was ? user.email : said
}

function emailSaidBefore({ user, attributes }: ScimPerson, userName: string): string | undefined {
  try {
    return emailSaid({ ...(attributes as JsonObject), userName }, userName, user)
  } catch (error) {
    if (error instanceof ScimError) return undefined
    throw error
  }
}

/** SC-17: a name that was changed for a deletion is no new address. */
function emailSaid(
  resource: JsonObject,
  userName: string,
  { email }: Pick<ScimPerson['user'], 'email'>,
): string {
  const original = withoutDeletionMark(userName, email)
  if (original === undefined) return chooseEmail(resource, email)
  try {
    return chooseEmail({ ...resource, userName: original })
  } catch (error) {
    if (error instanceof ScimError) return email
    throw error
  }
}

function valuesOf(roles: Json | undefined): string[] | undefined {
  if (roles === undefined || roles === null) return undefined
  return (Array.isArray(roles) ? roles : []).flatMap((role) =>
    isObject(role) && typeof role.value === 'string' ? [inOurCase(role.value)] : [],
  )
}

/** The schema says that the case of a role means nothing. */
function inOurCase(role: string): string {
  return /^role_/i.test(role) ? role.toUpperCase() : role
}

/** The parts of the name that the portal shows; of a whole name, the last word is the last name. */
function namesOf(resource: JsonObject): { firstName: string; lastName: string } {
  const name = isObject(resource.name) ? resource.name : {}
  const given = shown(name.givenName)
  const family = shown(name.familyName)
  if (given || family) return { firstName: given, lastName: family }
  const whole = shown(name.formatted) || shown(resource.displayName)
  const last = whole.lastIndexOf(' ')
  return last < 0
    ? { firstName: whole, lastName: '' }
    : { firstName: whole.slice(0, last), lastName: whole.slice(last + 1) }
}

function shown(value: Json | undefined): string {
  return typeof value === 'string' ? [...value.trim()].slice(0, longestName).join('') : ''
}
