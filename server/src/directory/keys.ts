import { days } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import { Refused } from '../model/refusals.ts'
import { personalScopes } from '../policy/index.ts'
import { events, keys } from '../store/index.ts'
import { sendMail } from './mail.ts'
import { lockUser } from './people.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

const scopes = ['identity', 'users', 'access', 'temporary_access', 'audit', 'keys'].flatMap(
  (area) => [`${area}:read`, `${area}:write`],
)
const label = /^[\p{L}\p{N}][\p{L}\p{N} _-]{2,49}$/u
/** In a file on the machine itself a label may be as short as `ci`. */
const operatorLabel = /^[\p{L}\p{N}][\p{L}\p{N} _-]{0,49}$/u
const apiKeyDays = 90

/**
 * A key for scripts and for the customer's own product; shown once (AK-1 to AK-4).
 * @returns undefined when a live one has this label and these scopes.
 */
export async function ensureApiKey(
  write: Write,
  wanted: { label: string; scopes: string[] },
): Promise<string | undefined> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  checkWish(wanted, actor.kind === 'operator' ? operatorLabel : label)
  const known = (await keys.apiKeys(db, actor.organisationId)).find(
    (one) => one.user_id === null && one.label === wanted.label && one.expires_at > now,
  )
  if (known) {
    const held = known.scopes.split(' ')
    const same = held.every((scope) => wanted.scopes.includes(scope))
    if (same && wanted.scopes.every((scope) => held.includes(scope))) return undefined
    const detail = `API key ${known.label} has the scopes ${held.join(', ')} and keeps them: declare another label.`
    throw new Refused({ code: 'request.invalid', detail })
  }
  const key = `usk_${newSecret()}`
  const id = newId()
  await keys.addApiKey(db, {
    org_id: actor.organisationId,
    hash: hashSecret(key),
    id,
    user_id: null,
    label: wanted.label,
    scopes: wanted.scopes.join(' '),
    last3: key.slice(-3),
    created_by: actor.label,
    created_at: now,
    expires_at: now + days(apiKeyDays),
    last_used_at: null,
    last_used_ip: null,
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

function checkWish(wanted: { label: string; scopes: string[] }, rule: RegExp): void {
  if (!rule.test(wanted.label)) {
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
}

const personalAtMost = 50

/** The caller's own keys, newest first, and the scopes that one can have. */
export async function personalKeys({ db, actor }: Read) {
  const found = await keys.ofPerson(db, actor.organisationId, actor.id ?? '')
  return { keys: found, scopes: personalScopes(actor.roles) }
}

/** A key that acts for its owner and never does more than they may (AK-7). @returns it, shown once. */
export async function createPersonalKey(
  write: Write,
  wanted: { label: string; scopes: string[]; expiresInDays: number },
): Promise<{ key: string; row: keys.ApiKey }> {
  const { db, actor, now } = write
  const organisation = await lockOrganisation(write)
  const user = await lockUser(write, actor.id ?? '')
  checkWish(wanted, label)
  const theirs = personalScopes(actor.roles)
  const beyond = wanted.scopes.find((scope) => !theirs.includes(scope))
  if (beyond) {
    throw new Refused({
      code: 'role.escalation',
      detail: `You may not do yourself what the scope ${beyond} allows.`,
      errors: [{ pointer: '/scopes', code: 'role.escalation' }],
    })
  }
  if ((await keys.ofPerson(db, organisation.id, user.id)).length >= personalAtMost) {
    throw new Refused({
      code: 'request.invalid',
      detail: `A person has at most ${personalAtMost} keys. Revoke one first.`,
    })
  }
  const key = `usp_${newSecret()}`
  const row: keys.ApiKey = {
    org_id: organisation.id,
    hash: hashSecret(key),
    id: newId(),
    user_id: user.id,
    label: wanted.label,
    scopes: [...new Set(wanted.scopes)].join(' '),
    last3: key.slice(-3),
    created_by: actor.label,
    created_at: now,
    expires_at: now + days(wanted.expiresInDays),
    last_used_at: null,
    last_used_ip: null,
  }
  await keys.addApiKey(db, row)
  await events.append(db, actor, now, [
    {
      name: 'api_key.created',
      subject: { kind: 'api_key', id: row.id, label: row.label },
      after: { scopes: row.scopes.split(' '), expiresAt: row.expires_at },
      data: { personal: true },
    },
  ])
  const what = 'personal_key_made'
  await sendMail(write, organisation, { template: 'security_notice', what, label: row.label }, user)
  return { key, row }
}

/** Works on the next request (AK-6). */
export async function revokePersonalKey(write: Write, id: string): Promise<void> {
  const { db, actor, now } = write
  const gone = await keys.removeOfPerson(db, actor.organisationId, actor.id ?? '', id)
  if (!gone) throw notFound('key')
  await events.append(db, actor, now, [
    {
      name: 'api_key.revoked',
      subject: { kind: 'api_key', id, label: gone.label },
      data: { personal: true },
    },
  ])
}
