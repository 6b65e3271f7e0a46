import { days } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import { Refused } from '../model/refusals.ts'
import { events, keys } from '../store/index.ts'
import { allow, type Write } from './write.ts'

const scopes = ['identity', 'users', 'access', 'temporary_access', 'audit', 'keys'].flatMap(
  (area) => [`${area}:read`, `${area}:write`],
)
const label = /^[\p{L}\p{N}][\p{L}\p{N} _-]{2,49}$/u
/** In a file on the machine itself a label may be as short as `ci`. */
const operatorLabel = /^[\p{L}\p{N}][\p{L}\p{N} _-]{0,49}$/u
const apiKeyDays = 90

/** A key for scripts and for the customer's own product; shown once (AK-1 to AK-4). @returns undefined when the label exists. */
export async function ensureApiKey(
  write: Write,
  wanted: { label: string; scopes: string[] },
): Promise<string | undefined> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  if (!(actor.kind === 'operator' ? operatorLabel : label).test(wanted.label)) {
    throw new Refused({
      code: 'api_key.label_invalid',
      detail:
        'A label has 3 to 50 letters, digits, spaces, _ or -, and starts with a letter or digit.',
    })
  }
  const unknown = wanted.scopes.find((scope) => !scopes.includes(scope))
  if (wanted.scopes.length === 0 || unknown) {
    throw new Refused({
      code: unknown ? 'request.invalid' : 'api_key.scope_required',
      detail: unknown ? `There is no scope ${unknown}.` : 'Choose at least one scope.',
    })
  }
  if ((await keys.apiKeyLabels(db, actor.organisationId)).includes(wanted.label)) return undefined
  const key = `usk_${newSecret()}`
  const id = newId()
  await keys.addApiKey(db, {
    org_id: actor.organisationId,
    hash: hashSecret(key),
    id,
    label: wanted.label,
    scopes: wanted.scopes.join(' '),
    last3: key.slice(-3),
    created_by: actor.label,
    created_at: now,
    expires_at: now + days(apiKeyDays),
    last_used_at: null,
  })
  await events.append(db, actor, now, [
    {
      name: 'api_key.created',
      subject: { kind: 'api_key', id, label: wanted.label },
      after: { scopes: wanted.scopes, expiresAt: now + days(apiKeyDays) },
    },
  ])
  return key
}
