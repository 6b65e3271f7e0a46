import { days } from '../lib/clock.ts'
import { fold } from '../lib/fold.ts'
import { newId } from '../lib/ids.ts'
import { remedyFor } from '../policy/index.ts'
import {
  installation,
  organisations,
  provisioningLog,
  scimCredentials,
  users,
} from '../store/index.ts'
import { sendMail } from './mail.ts'
import type { ScimCredential } from './scim-credentials.ts'
import { allow, notFound, type Read, type Write } from './write.ts'

/** One call of an identity provider as the log keeps it (SC-42); secrets are masked by who reports it. */
export type RecordedCall = {
  at: number
  credential: ScimCredential | null
  ip: string | null
  /** Name of the dialect. */
  dialect: string
  userAgent: string
  method: string
  path: string
  status: number
  code: string | null
  detail: string | null
  ms: number
  subject?: { kind: 'user' | 'group'; id: string | null; label: string | null } | undefined
  notes: string[]
  request?: string | undefined
  response?: string | undefined
  requestId: string
}

/** `last used` is exact to a minute. */
const touchEveryMs = 60_000

/** Writes what was called, in the order of the calls, and when each credential was last used. */
export async function recordCalls(write: Write, calls: RecordedCall[]): Promise<void> {
  const { db, actor } = write
  const { organisationId } = actor
  // Whoever calls an address where there is no organisation leaves nothing.
  const organisation = await organisations.find(db, organisationId)
  if (!organisation) return
  await provisioningLog.insert(
    db,
    calls.map((call) => ({
      org_id: organisationId,
      id: newId(),
      at: call.at,
      credential: call.credential?.label ?? null,
      ip: call.ip,
      dialect: call.dialect,
      user_agent: call.userAgent,
      method: call.method,
      path: call.path,
      status: call.status,
      code: call.code,
      detail: call.detail,
      ms: Math.round(call.ms),
      subject_kind: call.subject?.kind ?? null,
      subject_id: call.subject?.id ?? null,
      subject: call.subject?.label ?? null,
      subject_folded: call.subject?.label ? fold(call.subject.label) : null,
      notes: call.notes.length > 0 ? JSON.stringify(call.notes) : null,
      request: call.request ?? null,
      response: call.response ?? null,
      request_id: call.requestId,
    })),
  )
  for (const { credential, at, ip } of lastUses(calls)) {
    await scimCredentials.touch(db, organisationId, credential, { at, ip })
  }
  for (const credential of refusedWith(calls)) {
    await announceExpired(write, organisation, credential)
  }
}

/** The last use of each credential, unless it was noted within the minute. */
function lastUses(calls: RecordedCall[]) {
  const uses = new Map<string, { credential: ScimCredential; at: number; ip: string | null }>()
  for (const { credential, status, at, ip } of calls) {
    if (!credential || status === 401) continue
    if (at - (credential.lastUsedAt ?? 0) < touchEveryMs) continue
    uses.set(credential.id, { credential, at, ip })
  }
  return uses.values()
}

/** Credentials of ours that were refused nevertheless: they have expired. */
function refusedWith(calls: RecordedCall[]) {
  const refused = calls.filter((call) => call.status === 401)
  return new Map(
    refused.flatMap(({ credential }) => (credential ? [[credential.id, credential]] : [])),
  ).values()
}

/** SC-7: managers are mailed once a day as long as the identity provider calls with it. */
async function announceExpired(
  write: Write,
  organisation: { id: string; name: string; slug: string },
  { kind, id, label }: ScimCredential,
): Promise<void> {
  const { db, now } = write
  const known = await (kind === 'token'
    ? scimCredentials.tokens(db, organisation.id)
    : scimCredentials.clients(db, organisation.id))
  // An access token of a live client ends every hour, and a new one is asked for: nobody's concern.
  if (!known.some((one) => one.id === id && one.expires_at <= now)) return
  const today = Math.floor(now / days(1))
  if (!(await installation.announceOnce(db, organisation.id, `scim ${id} refused ${today}`, now)))
    return
  const managers = await users.withRole(db, organisation.id, 'ROLE_MANAGER')
  const able = managers.filter((manager) => manager.status !== 'deactivated')
  await sendMail(write, organisation, { template: 'scim_credential_refused', label }, ...able)
}

export async function listCalls(
  { db, actor }: Read,
  { before, ...conditions }: provisioningLog.CallConditions,
  { page, size }: { page: number; size: number },
) {
  allow(actor, 'audit.read')
  const { organisationId } = actor
  const total = await provisioningLog.count(
    db,
    organisationId,
    conditions,
    provisioningLog.gatheredAtMost + 1,
  )
  const many = total > provisioningLog.gatheredAtMost
  const found = await provisioningLog.list(
    db,
    organisationId,
    { ...conditions, before },
    { skip: page * size, limit: size + 1, many },
  )
  const items = found.slice(0, size).map(told)
  return {
    items,
    // One more than asked for was read, to know whether there is more.
    next: found.length > size ? (items.at(-1)?.id ?? null) : null,
    total: Math.min(total, provisioningLog.gatheredAtMost),
    totalExact: !many,
  }
}

export async function callDetails({ db, actor }: Read, id: string) {
  allow(actor, 'audit.read')
  const call = await provisioningLog.find(db, actor.organisationId, id)
  if (!call) throw notFound('call')
  return {
    ...told(call),
    notes: call.notes ? (JSON.parse(call.notes) as string[]) : [],
    request: call.request,
    response: call.response,
    userAgent: call.user_agent || null,
    requestId: call.request_id,
  }
}

function told(call: provisioningLog.ListedCall) {
  return {
    id: call.id,
    at: call.at,
    method: call.method,
    path: call.path,
    status: call.status,
    code: call.code,
    detail: call.detail,
    remedy: remedyFor({ ...call, known: call.credential !== null }),
    dialect: call.dialect,
    credential: call.credential,
    ip: call.ip,
    ms: call.ms,
    subject: call.subject_kind && {
      kind: call.subject_kind,
      id: call.subject_id,
      label: call.subject,
    },
  }
}
