import type { ResourcePosition } from '../model/scim.ts'
import { walks } from '../store/index.ts'
import type { Read, Write } from './write.ts'

/** Behind which resource a page ended, and how many there were then. */
export type WalkMark = { position: ResourcePosition; total: number }

export async function rememberWalkMark(
  { db, actor }: Write,
  mark: string,
  { position, total }: WalkMark,
  expiresAt: number,
): Promise<void> {
  await walks.remember(db, {
    org_id: actor.organisationId,
    mark,
    position: JSON.stringify(position),
    total,
    expires_at: expiresAt,
  })
}

export async function findWalkMark(
  { db, actor, now }: Read,
  mark: string,
): Promise<WalkMark | undefined> {
  const found = await walks.find(db, actor.organisationId, mark, now)
  return found && { position: JSON.parse(found.position), total: found.total }
}

export async function forgetWalkMark({ db, actor }: Write, mark: string): Promise<void> {
  await walks.forget(db, actor.organisationId, mark)
}
