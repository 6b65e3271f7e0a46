import { minutes } from '../lib/clock.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import { platformId } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import { accounts, events, users } from '../store/index.ts'
import { sendMail } from './mail.ts'
import { type Browser, type OpenedSession, openSession } from './sessions.ts'
import { lockOrganisation, type Write } from './write.ts'

const livesMinutes = 60
const sessionHours = 1
const who = 'The operator of this installation'
const expired = () =>
  new Refused({
    code: 'activation.expired',
    detail: 'This link was used, or has expired. The operator makes another: usher recover.',
  })

/**
 * OP-5: a way in for an organisation whose managers cannot get in, for whoever works on the machine
 * itself. @returns the token of a link that works once, for an hour.
 */
export async function issueRecovery(write: Write): Promise<{ token: string; expiresAt: number }> {
  const { db, actor, now } = write
  if (actor.kind !== 'operator')
    throw new Refused({
      code: 'auth.forbidden',
      detail: 'Only who works on the machine itself makes such a link: usher recover.',
    })
  const { id, name } = await lockOrganisation(write)
  const token = `${id}.${newSecret()}`
  const expiresAt = now + minutes(livesMinutes)
  await accounts.removeLinksOf(db, id, platformId)
  await accounts.addLink(db, {
    org_id: id,
    hash: hashSecret(token),
    kind: 'recovery',
    user_id: platformId,
    created_at: now,
    expires_at: expiresAt,
    used_at: null,
  })
  await events.append(db, actor, now, [
    { name: 'recovery.issued', subject: { kind: 'organisation', id, label: name } },
  ])
  return { token, expiresAt }
}

/** The link opens a session of a manager that ends by itself, and every manager is told. */
export async function openRecovery(
  write: Write,
  token: string,
  browser: Browser,
): Promise<{ session: OpenedSession; slug: string }> {
  const { db, actor, now } = write
  const organisation = await lockOrganisation(write)
  const { id, name, slug } = organisation
  const link = await accounts.consumeLink(db, id, hashSecret(token), now)
  if (link?.kind !== 'recovery') throw expired()
  const origin = { method: 'recovery' as const, browser, lastsHours: sessionHours }
  const session = await openSession(write, { rootId: platformId }, origin)
  await events.append(db, { ...actor, kind: 'operator', label: 'Operator' }, now, [
    {
      name: 'recovery.used',
      subject: { kind: 'organisation', id, label: name },
      data: { until: session.expiresAt },
    },
  ])
  const managers = await users.withRole(db, id, 'ROLE_MANAGER')
  await sendMail(
    write,
    organisation,
    {
      template: 'assist_begun',
      root: who,
      reason: 'A one-time link was made on the machine, to get back in.',
      until: session.expiresAt,
    },
    ...managers.filter(({ status }) => status !== 'deactivated'),
  )
  return { session, slug }
}
