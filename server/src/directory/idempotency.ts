import { hours } from '../lib/clock.ts'
import { hashSecret } from '../lib/secrets.ts'
import { installation } from '../store/index.ts'
import type { Read, Write } from './write.ts'

const keptHours = 24

export type FirstAnswer = { requestHash: string; status: number; response: string }

/** The first answer that this caller got under this key, as it was kept (GE-6). */
export async function firstAnswer(
  { db, actor, now }: Read,
  keyHash: string,
): Promise<FirstAnswer | undefined> {
  const row = await installation.findIdempotent(db, actor.organisationId, keyHash, now)
  return row && { requestHash: row.request_hash, status: row.status, response: row.response }
}

/** @param answer its response holds whatever was shown once, so the door hands it over sealed. */
export const keepAnswer = ({ db, actor, now }: Write, keyHash: string, answer: FirstAnswer) =>
  installation.putIdempotent(db, {
    org_id: actor.organisationId,
    key_hash: keyHash,
    request_hash: answer.requestHash,
    status: answer.status,
    response: answer.response,
    expires_at: now + hours(keptHours),
  })

/** A key belongs to one caller with what they may do now: after a demotion it answers nothing. */
export function idempotencyHash({ actor }: Pick<Read, 'actor'>, key: string): string {
  const { kind, id, roles, scopes } = actor
  return hashSecret(JSON.stringify([kind, id, [...roles].sort(), scopes, key]))
}
