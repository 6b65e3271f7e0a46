import { readEmailAddress } from '../lib/email-address.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret } from '../lib/secrets.ts'
import type { Organisation } from '../model/organisation.ts'
import { platformId } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import { events, installation, users } from '../store/index.ts'
import { sendMail } from './mail.ts'
import { type Browser, type OpenedSession, openSession } from './sessions.ts'
import { lockOrganisation, type Read, type Write } from './write.ts'

const setupCode = 'setup_code'

/** Keeps the hash of the code that the console shows; a new start replaces an older one. */
export const putSetupCode = ({ db }: Write, code: string) =>
  installation.putSetting(db, setupCode, hashSecret(code))

/** The code opens the set-up page once, in the transaction of the set-up itself (OP-1). */
export async function takeSetupCode({ db }: Write, code: string): Promise<void> {
  if (await installation.takeSetting(db, setupCode, hashSecret(code.trim()))) return
  throw new Refused({
    code: 'auth.invalid_credentials',
    detail: 'This is not the code that the console shows. Copy it from the latest start.',
    errors: [{ pointer: '/code', code: 'auth.invalid_credentials' }],
  })
}

export async function addRoot(
  { db, actor, now }: Write,
  root: { email: string; passwordHash: string },
): Promise<string> {
  const address = readEmailAddress(root.email)
  if (!address)
    throw new Refused({
      code: 'request.invalid',
      detail: `${root.email} is not an e-mail address.`,
    })
  const id = newId()
  await installation.addRoot(db, {
    id,
    email: address.address,
    email_folded: address.folded,
    password_hash: root.passwordHash,
    created_at: now,
  })
  await events.append(db, { ...actor, organisationId: platformId }, now, [
    { name: 'platform.root_created', subject: { kind: 'root', id, label: address.address } },
  ])
  return id
}

/** What the operator did with the installation as a whole. */
export async function recordOperation(
  { db, actor, now }: Pick<Write, 'db' | 'actor' | 'now'>,
  name: 'installation.backed_up' | 'installation.restored',
  data: object,
): Promise<void> {
  const subject = { kind: 'installation', id: platformId }
  await events.append(db, { ...actor, organisationId: platformId }, now, [{ name, subject, data }])
}

/**
 * "Assist" (RB-2): ROLE_ROOT gets a session of a manager that ends by itself. Every manager is told who,
 * why and until when, and whatever is done in it stands in their audit under that name.
 * @param write of the organisation that is assisted; its actor is ROLE_ROOT.
 */
export async function assist(
  write: Write,
  root: { id: string; email: string },
  { reason, hours, browser }: { reason: string; hours: number; browser: Browser },
): Promise<{ session: OpenedSession; organisation: Organisation }> {
  const { db, actor, now } = write
  const organisation = await lockOrganisation(write)
  const origin = { method: 'assist' as const, browser, lastsHours: hours }
  const session = await openSession(write, { rootId: root.id }, origin)
  const begun = {
    name: 'assist.begun' as const,
    subject: { kind: 'root', id: root.id, label: root.email },
    data: { organisation: organisation.id, reason, until: session.expiresAt },
  }
  await events.append(db, actor, now, [begun])
  await events.append(db, { ...actor, organisationId: platformId }, now, [begun])
  const managers = await users.withRole(db, organisation.id, 'ROLE_MANAGER')
  await sendMail(
    write,
    organisation,
    { template: 'assist_begun', root: root.email, reason, until: session.expiresAt },
    ...managers.filter(({ status }) => status !== 'deactivated'),
  )
  return { session, organisation }
}

export const findRoot = ({ db }: Read, by: { id: string } | { email: string }) => {
  if ('id' in by) return installation.findRoot(db, by)
  const folded = readEmailAddress(by.email)?.folded
  return folded ? installation.findRoot(db, { emailFolded: folded }) : Promise.resolve(undefined)
}

export const installationSetting = ({ db }: Read, key: string) => installation.setting(db, key)
export const putInstallationSetting = ({ db }: Write, key: string, value: string) =>
  installation.putSetting(db, key, value)
