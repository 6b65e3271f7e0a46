import { days } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import { events, scimConnection } from '../store/index.ts'
import { allow, lockOrganisation, type Write } from './write.ts'

const tokenDays = 180

/** A bearer token for the identity provider, shown once (SC-3). @returns undefined when the label exists. */
export async function ensureScimToken(
  write: Write,
  wanted: { label: string },
): Promise<string | undefined> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  await lockOrganisation(write, 'alone')
  const known = await scimConnection.tokens(db, actor.organisationId)
  if (known.some(({ label }) => label === wanted.label)) return undefined
  const token = `uss_${newSecret()}`
  const id = newId()
  await scimConnection.addToken(db, {
    org_id: actor.organisationId,
    hash: hashSecret(token),
    id,
    label: wanted.label,
    last3: token.slice(-3),
    created_by: actor.label,
    created_at: now,
    expires_at: now + days(tokenDays),
    last_used_at: null,
    last_used_ip: null,
  })
  await events.append(db, actor, now, [
    { name: 'scim_token.created', subject: { kind: 'scim_token', id, label: wanted.label } },
  ])
  return token
}

/** @returns false when they are so already. */
export async function putScimSettings(
  write: Write,
  wanted: Partial<Omit<scimConnection.ScimSettings, 'version'>>,
): Promise<boolean> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  await lockOrganisation(write, 'alone')
  const before = await scimConnection.settings(db, actor.organisationId)
  const after = { ...before, ...wanted, version: before.version + 1 }
  const isSame = Object.entries(wanted).every(
    ([name, value]) => before[name as keyof typeof before] === value,
  )
  if (isSame && before.version > 0) return false
  await scimConnection.putSettings(db, actor.organisationId, after)
  await events.append(db, actor, now, [
    {
      name: 'provisioning.changed',
      subject: { kind: 'organisation', id: actor.organisationId },
      before: { scim: before },
      after: { scim: after },
    },
  ])
  return true
}
