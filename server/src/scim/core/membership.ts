/**
 * What a PATCH does to a group, without the group: a change to its members that costs the same for
 * ten and for a hundred thousand (SC-38), and loses nobody when many arrive at once (SC-37).
 */
import { badRequest } from './errors.ts'
import type { Filter } from './filter.ts'
import { isObject, type Json } from './json.ts'
import type { PatchOperation } from './patch.ts'
import { memberId } from './resource.ts'

/** `add` and `remove` have no id in common; with `replaceWith` those are members and no one else. */
export type MembershipChange = { add: string[]; remove: string[] } | { replaceWith: string[] }

export type GroupChange = {
  members: MembershipChange
  /** Undefined for what stays; null for what is unassigned. */
  attributes: { displayName?: string; externalId?: string | null }
}

/** The operations in order, added up: a later one has the last word. */
export function readGroupChange(operations: readonly PatchOperation[]): GroupChange {
  const members = createMembership()
  const attributes: GroupChange['attributes'] = {}
  for (const operation of operations) {
    const { op, ref, value } = operation
    if (ref.attribute.name === 'members') changeMembers(members, operation)
    else {
      const text = op !== 'remove' && typeof value === 'string' ? value : null
      if (ref.attribute.name === 'externalId') attributes.externalId = text
      else if (text !== null) attributes.displayName = text
    }
  }
  return { members: members.result(), attributes }
}

type Membership = ReturnType<typeof createMembership>

function createMembership() {
  let startsEmpty = false
  const added = new Set<string>()
  const removed = new Set<string>()
  return {
    clear() {
      startsEmpty = true
      added.clear()
      removed.clear()
    },
    add(id: string) {
      added.add(id)
      removed.delete(id)
    },
    remove(id: string) {
      added.delete(id)
      removed.add(id)
    },
    result: (): MembershipChange =>
      startsEmpty ? { replaceWith: [...added] } : { add: [...added], remove: [...removed] },
  }
}

function changeMembers(members: Membership, operation: PatchOperation) {
  const { op, ref, where, value } = operation
  if (where) return changeChosen(members, operation, idsIn(where))
  if (ref.sub) throw unsupported(ref.path)

  const ids = (Array.isArray(value) ? value : []).map(memberId)
  if (op === 'replace' || (op === 'remove' && value === undefined)) members.clear()
  for (const id of ids) {
    if (op === 'remove') members.remove(id)
    else members.add(id)
  }
}

/** `members[value eq "…"]`: removes the one, or adds it when it is not there. */
function changeChosen(members: Membership, { op, ref, value }: PatchOperation, ids: string[]) {
  if (ref.sub && ref.sub.name !== 'value') throw unsupported(ref.path)
  for (const id of ids) {
    if (op === 'remove' || (op === 'replace' && value === undefined)) members.remove(id)
    else if (speaksOf(value, id)) members.add(id)
    else
      throw badRequest(
        'mutability',
        'A member cannot become another; remove one and add the other.',
      )
  }
}

function speaksOf(value: Json | undefined, id: string): boolean {
  return !isObject(value) || value.value === undefined || value.value === id
}

/** Ids can be told from the path alone; anything else would need the group to be read first. */
function idsIn(where: Filter): string[] {
  if (where.kind === 'or') return where.terms.flatMap(idsIn)
  if (where.kind === 'compare' && where.operator === 'eq' && where.attribute.sub?.name === 'value')
    return [String(where.value)]
  throw unsupported('members')
}

function unsupported(path: string) {
  return badRequest(
    'invalidPath',
    `${path}: members are chosen by id, as in members[value eq "…"].`,
  )
}
