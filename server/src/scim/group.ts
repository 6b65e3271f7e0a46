/** Groups as SCIM resources, and what a resource says of a group. */
import type { GroupPatch, ScimGroup, ScimMember } from '../directory/index.ts'
import type { SentGroup } from '../model/scim.ts'
import {
  etagOf,
  type GroupChange,
  groupSchema,
  type Json,
  type JsonObject,
  memberIds,
  ScimError,
} from './core/index.ts'

const longestName = 256
const longestKey = 512

export function groupEtag({ version }: ScimGroup): string {
  return etagOf(version)
}

/** `members` undefined leaves them out: nobody asked, so nobody read them. */
export function renderGroup(
  group: ScimGroup,
  members: ScimMember[] | undefined,
  baseUrl: string,
): JsonObject {
  return {
    schemas: [groupSchema],
    id: group.id,
    externalId: group.externalId,
    displayName: group.displayName,
    ...(members && { members: members.map((member) => renderMember(member, baseUrl)) }),
    meta: {
      resourceType: 'Group',
      created: new Date(group.createdAt).toISOString(),
      lastModified: new Date(group.updatedAt).toISOString(),
      location: `${baseUrl}/Groups/${group.id}`,
      version: groupEtag(group),
    },
  }
}

function renderMember({ id, kind, display }: ScimMember, baseUrl: string): JsonObject {
  return { value: id, $ref: `${baseUrl}/${kind}s/${id}`, display, type: kind }
}

export function readGroup(resource: JsonObject): SentGroup {
  return {
    displayName: readName(resource.displayName),
    externalId: readExternalId(resource.externalId),
    members: resource.members === undefined ? undefined : memberIds(resource),
  }
}

export function readGroupPatch({ members, attributes }: GroupChange): GroupPatch {
  const { displayName, externalId } = attributes
  const isUnchanged = 'add' in members && members.add.length + members.remove.length === 0
  return {
    ...(displayName !== undefined && { displayName: readName(displayName) }),
    ...(externalId !== undefined && { externalId: readExternalId(externalId) }),
    ...(!isUnchanged && { members }),
  }
}

function readName(value: Json | undefined): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= longestName) return value
  throw invalid(`displayName has 1 to ${longestName} characters.`)
}

function readExternalId(value: Json | undefined): string | null {
  if (typeof value !== 'string') return null
  if (value.length <= longestKey) return value
  throw invalid(`externalId has more than ${longestKey} characters.`)
}

function invalid(detail: string): ScimError {
  return new ScimError({ status: 400, scimType: 'invalidValue', detail })
}
