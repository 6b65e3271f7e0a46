import {
  groupResource,
  listResponse,
  type ResourceType,
  ScimError,
  type Search,
} from './core/index.ts'
import { type Answer, type Call, type Listing, searchOf, userTypeOf } from './door.ts'
import { groupsOf } from './groups.ts'
import { usersOf } from './users.ts'

/**
 * RFC 7644 §3.4.2.1: what is asked of the base URL is asked of people and groups alike, and answered
 * with the people first. An order of both, or a cursor through both, there is not.
 */
export async function listEverything(call: Call, how: 'query' | 'body'): Promise<Answer> {
  const [forUsers, forGroups] = [userTypeOf(call), groupResource].map((type) =>
    searchIn(call, type, how),
  )
  const asked = forUsers?.search ?? forGroups?.search
  if (!asked) throw forUsers?.fault
  const { sort, paging } = asked
  if (sort) throw notHere('invalidValue', 'sortBy')
  if (paging.kind === 'cursor') throw notHere('invalidCursor', 'cursor')

  const skip = paging.startIndex - 1
  const users = await page(forUsers?.search && usersOf(call, forUsers.search), skip, paging.count)
  const groups = await page(
    forGroups?.search && groupsOf(call, forGroups.search),
    Math.max(skip - users.total, 0),
    paging.count - users.resources.length,
  )
  const list = listResponse({
    resources: [...users.resources, ...groups.resources],
    totalResults: users.total + groups.total,
    paging,
  })
  return { status: 200, list }
}

/** RFC 7644 §3.4.2.1: a filter by what only people have finds no group, and the other way round. */
function searchIn(
  call: Call,
  type: ResourceType,
  how: 'query' | 'body',
): { search?: Search; fault?: ScimError } {
  try {
    return { search: searchOf(call, type, how) }
  } catch (fault) {
    if (fault instanceof ScimError && fault.scimType === 'invalidFilter') return { fault }
    throw fault
  }
}

async function page<Resource>(listing: Listing<Resource> | undefined, skip: number, count: number) {
  if (!listing) return { resources: [], total: 0 }
  const { items, total } = await listing.read({ from: { skip }, count })
  return { resources: await listing.write(items), total }
}

function notHere(scimType: 'invalidValue' | 'invalidCursor', parameter: string): ScimError {
  return new ScimError({
    status: 400,
    scimType,
    detail: `${parameter} is for /Users or /Groups; here both are listed together.`,
  })
}
