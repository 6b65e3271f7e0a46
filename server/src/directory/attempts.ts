import { randomInt } from 'node:crypto'
import { newId } from '../lib/ids.ts'
import type { Refusal, RefusalCode } from '../model/refusals.ts'
import { attempts, events } from '../store/index.ts'
import { allow, notFound, type Read, type Write } from './write.ts'

const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** What a person quotes to a manager: ten characters without look-alikes, such as `7KQ2M-XW4RA`. */
function newReference(): string {
  const draw = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('')
  return `${draw()}-${draw()}`
}

export type AttemptReport = {
  reference: string
  method: string
  code: RefusalCode | null
  rule?: string | null
  expected?: string | null
  received?: string | null
  remedy?: string | null
  idpScreen?: string | null
  checks?: { rule: string; ok: boolean; expected?: string; received?: string }[]
  claims?: { name: string; values: string[] }[]
  redactedXml?: string | null
  email?: string | null
  userId?: string | null
  userAgent?: string | null
  test?: boolean
}

/** What the report says of an attempt by another method than the one in force (LM-8). */
export const byMethod = ({ code, detail }: Refusal) => ({
  code,
  rule: 'login method',
  remedy: detail,
})

/** What is known of an attempt when it begins; what it comes to is added. */
export function startReport(
  { headers }: { headers: { 'user-agent'?: string | undefined } },
  method: string,
): AttemptReport {
  return { reference: newReference(), method, code: null, userAgent: headers['user-agent'] ?? null }
}

const longestValue = 2_000
const longestXml = 64_000

/** Writes one attempt to the sign-in log and, when it failed, `auth.failed` to the audit, once (LM-28). */
export async function recordAttempt(
  { db, actor, now }: Write,
  report: AttemptReport,
): Promise<void> {
  const cut = (text: string | null | undefined) => (text ? text.slice(0, longestValue) : null)
  await attempts.insert(db, {
    org_id: actor.organisationId,
    id: newId(),
    reference: report.reference,
    at: now,
    result: report.code ? 'failure' : 'success',
    method: report.method,
    code: report.code,
    rule: cut(report.rule),
    email: report.email?.toLowerCase().slice(0, 254) ?? null,
    user_id: report.userId ?? null,
    ip: actor.ip,
    test: report.test ? 1 : 0,
    details: {
      expected: cut(report.expected),
      received: cut(report.received),
      remedy: report.remedy ?? null,
      idpScreen: report.idpScreen ?? null,
      checks: (report.checks ?? []).map((check) => ({
        rule: check.rule,
        ok: check.ok,
        expected: cut(check.expected),
        received: cut(check.received),
      })),
      claims: report.claims ?? [],
      redactedXml: report.redactedXml?.slice(0, longestXml) ?? null,
      userAgent: report.userAgent?.slice(0, 300) ?? null,
    },
  })
  if (!report.code) return
  await events.append(db, actor, now, [
    {
      name: 'auth.failed',
      result: 'failure',
      ...(report.userId && {
        subject: { kind: 'user', id: report.userId, ...(report.email && { label: report.email }) },
      }),
      data: {
        method: report.method,
        code: report.code,
        rule: report.rule ?? null,
        reference: report.reference,
        email: report.email ?? null,
        ...(report.test && { test: true }),
      },
    },
  ])
}

type Page = { page: number; size: number }
const countedAtMost = 10_000

export async function listAttempts(
  { db, actor }: Read,
  conditions: attempts.AttemptConditions,
  { page, size }: Page,
) {
  allow(actor, 'audit.read')
  const { before: _, ...all } = conditions
  const found = await attempts.list(db, actor.organisationId, conditions, {
    skip: page * size,
    limit: size + 1,
  })
  const total = await attempts.count(db, actor.organisationId, all)
  return { ...cut(found, size), total, totalExact: true }
}

/** One more than asked for was read, to know whether there is more. */
function cut<Row extends { id: string }>(found: Row[], size: number) {
  const items = found.slice(0, size)
  return { items, next: found.length > size ? (items.at(-1)?.id ?? null) : null }
}

export async function findAttempt({ db, actor }: Read, id: string) {
  allow(actor, 'audit.read')
  const attempt = await attempts.find(db, actor.organisationId, id)
  if (!attempt) throw notFound('attempt')
  return attempt
}

export async function listEvents(
  { db, actor }: Read,
  conditions: events.EventConditions,
  { page, size }: Page,
) {
  allow(actor, 'audit.read')
  const { before: _, ...all } = conditions
  const found = await events.list(db, actor.organisationId, conditions, {
    skip: page * size,
    limit: size + 1,
  })
  const total = await events.count(db, actor.organisationId, all, countedAtMost + 1)
  return {
    ...cut(found, size),
    total: Math.min(total, countedAtMost),
    totalExact: total <= countedAtMost,
  }
}
