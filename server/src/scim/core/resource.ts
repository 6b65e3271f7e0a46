/** The body of a POST or PUT as typed attributes (RFC 7644 §3.3, §3.5.1). */
import { readEmailAddress } from '../../lib/email-address.ts'
import { badRequest, quote } from './errors.ts'
import { emptyObject, isObject, type Json, type JsonObject } from './json.ts'
import {
  attributeRef,
  findCore,
  findExtension,
  type ResourceType,
  type Schema,
  sameName,
} from './schema.ts'
import { checkCount, type Notes, namesNobody, readAt, readValue, writeAt } from './values.ts'

export type ResourceReading = {
  /** Names in the spelling of the schema, extensions under their URN, nothing null or empty. */
  resource: JsonObject
  /** What was ignored, in sentences for the provisioning log (SC-10). */
  notes: string[]
}

/** A body that names hundreds of unknown attributes gets a log entry of bounded size. */
const maxNotes = 50

export function createNotes(): Notes & { list: string[] } {
  const list: string[] = []
  return {
    list,
    add(note) {
      if (list.length < maxNotes && !list.includes(note)) list.push(note)
    },
  }
}

export function readResource(type: ResourceType, body: JsonObject): ResourceReading {
  const notes = createNotes()
  const resource = emptyObject()
  for (const [name, value] of Object.entries(body)) {
    const extension = findExtension(type, name)
    if (extension) readSchema(type, resource, extension, value, notes)
    // Some clients nest the core attributes under their own URN.
    else if (sameName(name, type.schema.id)) readSchema(type, resource, type.schema, value, notes)
    else readAttribute(type, resource, name, value, notes)
  }
  checkRequired(type, resource)
  resource.schemas = schemasOf(type, resource)
  return { resource, notes: notes.list }
}

function readSchema(
  type: ResourceType,
  resource: JsonObject,
  schema: Schema,
  value: Json,
  notes: Notes,
) {
  if (value === null || value === '') return
  if (!isObject(value))
    throw badRequest('invalidValue', `${schema.id} must hold an object with its attributes.`)
  for (const [name, inner] of Object.entries(value))
    readAttribute(type, resource, name, inner, notes, schema)
}

/** RFC 7644 §3.3: readOnly attributes are ignored; so is a password, which is kept nowhere (SC-9). */
function readAttribute(
  type: ResourceType,
  resource: JsonObject,
  name: string,
  value: Json,
  notes: Notes,
  schema: Schema = type.schema,
) {
  const isCore = schema === type.schema
  const attribute = isCore
    ? findCore(type, name)
    : schema.attributes.find((candidate) => sameName(candidate.name, name))
  if (!attribute) {
    notes.add(`${type.name} has no attribute ${quote(name)}; it was ignored.`)
    return
  }
  if (attribute.name === 'schemas') return noteUnknownSchemas(type, value, notes)
  if (attribute.mutability === 'writeOnly') {
    notes.add(`${attribute.name} was ignored; people sign in at the identity provider.`)
    return
  }
  if (attribute.mutability === 'readOnly') return

  const ref = attributeRef(isCore ? undefined : schema.id, attribute)
  if (type.name === 'User') checkCount(ref.path, Array.isArray(value) ? value.length : 1)
  const read = readValue(ref, value, notes)
  if (read === undefined) return
  if (readAt(resource, ref) !== undefined)
    throw badRequest('invalidSyntax', `${ref.path} is there twice; send it once.`)
  writeAt(resource, ref, read)
}

/**
 * Not held against the client: OneLogin's template names the schema of SCIM 1.x, and Entra ID adds
 * one of its own to groups.
 */
function noteUnknownSchemas(type: ResourceType, value: Json, notes: Notes) {
  for (const urn of Array.isArray(value) ? value : [value])
    if (typeof urn !== 'string' || !isSchemaOf(type, urn))
      notes.add(`${quote(urn)} is not a schema of ${type.name}; it was ignored.`)
}

export function isSchemaOf(type: ResourceType, urn: string): boolean {
  return sameName(urn, type.schema.id) || findExtension(type, urn) !== undefined
}

function checkRequired(type: ResourceType, resource: JsonObject) {
  for (const attribute of type.schema.attributes)
    if (attribute.required && !attribute.orElse && resource[attribute.name] === undefined)
      throw badRequest('invalidValue', `${attribute.name} is missing; ${type.name} needs one.`)
}

/** RFC 7643 §3: the core schema and those extensions that have attributes. */
export function schemasOf(type: ResourceType, resource: JsonObject): string[] {
  const used = type.extensions.filter(({ id }) => resource[id] !== undefined)
  return [type.schema.id, ...used.map(({ id }) => id)]
}

/**
 * SC-13: the primary e-mail, else the work one, else a `userName` that is an address. Throws
 * `invalidValue` when there is none, or when the one that counts is not an address.
 * @param known an address that is one.
 */
export function chooseEmail(resource: JsonObject, known?: string): string {
  const emails = (Array.isArray(resource.emails) ? resource.emails : [])
    .filter(isObject)
    .filter(({ value }) => typeof value === 'string')
  const chosen =
    emails.find((email) => email.primary === true) ??
    emails.find(({ type }) => typeof type === 'string' && sameName(type, 'work'))
  if (typeof chosen?.value === 'string') {
    if (chosen.value !== known && !readEmailAddress(chosen.value))
      throw badRequest('invalidValue', `${quote(chosen.value)} is not an e-mail address.`)
    return chosen.value
  }
  const { userName } = resource
  if (typeof userName === 'string' && readEmailAddress(userName)) return userName
  throw badRequest(
    'invalidValue',
    'There is no e-mail address: map one to emails as primary or of type "work", or use it as userName.',
  )
}

/** The ids in `members`, each once. */
export function memberIds(resource: JsonObject): string[] {
  const members = Array.isArray(resource.members) ? resource.members : []
  return [...new Set(members.map(memberId))]
}

export function memberId(member: Json): string {
  if (isObject(member) && typeof member.value === 'string') return member.value
  const at = isObject(member) && typeof member.$ref === 'string' ? member.$ref : ''
  const id = /\/(?:Users|Groups)\/([^/?#]+)$/i.exec(at)?.[1]
  if (id) return id
  throw namesNobody()
}
