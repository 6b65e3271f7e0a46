import type { SamlConnection } from '../model/connection.ts'
import type { Mail } from '../model/mail.ts'
import {
  installation,
  keys,
  mail,
  type organisations,
  type Store,
  scimCredentials,
  sso,
  users,
} from '../store/index.ts'

const warnedAtDays = [30, 14, 7, 1]
const dayMs = 86_400_000

type Organisation = Awaited<ReturnType<typeof organisations.list>>[number]
type Ending = {
  /** Whose it is; managers hear of everything else. */
  owner?: string | null
  /** Names what ends among everything that is ever announced. */
  key: string
  /** Names it to whoever runs the installation. */
  name: string
  endsAt: number
  tells: WithoutDays<Extract<Mail, { days: number }>>
}
type WithoutDays<Tells> = Tells extends Tells ? Omit<Tells, 'days'> : never

/** Mails managers 30, 14, 7 and 1 days before something that people rely on expires (LM-22, SC-7, AK-2). */
export async function announceExpiry(
  store: Store,
  organisation: Organisation,
  now: number,
): Promise<void> {
  for (const ending of await endingsOf(store, organisation.id)) {
    const daysLeft = (ending.endsAt - now) / dayMs
    const due = warnedAtDays.filter((days) => daysLeft <= days).at(-1)
    if (due === undefined || daysLeft < 0) continue
    await announce(store, organisation, ending, due, now)
  }
}

/** What people of an organisation rely on and what ends by itself. */
export async function endingsOf(store: Store, organisationId: string): Promise<Ending[]> {
  return [
    ...(await certificates(store, organisationId)),
    ...(await credentials(store, organisationId)),
    ...(await apiKeys(store, organisationId)),
  ]
}

async function certificates(store: Store, organisationId: string): Promise<Ending[]> {
  const row = await sso.connection(store.read, organisationId)
  if (row?.protocol !== 'saml') return []
  const { saml, name } = JSON.parse(row.settings) as SamlConnection
  return saml.certificates.map(({ fingerprint, notAfter }) => ({
    key: `certificate ${fingerprint}`,
    name: `the certificate of ${name}`,
    endsAt: notAfter,
    tells: { template: 'certificate_expires', connection: name, fingerprint, notAfter },
  }))
}

async function credentials(store: Store, organisationId: string): Promise<Ending[]> {
  const [tokens, clients] = await Promise.all([
    scimCredentials.tokens(store.read, organisationId),
    scimCredentials.clients(store.read, organisationId),
  ])
  return [...tokens, ...clients].map(({ id, label, expires_at }) => ({
    key: `scim ${id}`,
    name: `the SCIM credential ${label}`,
    endsAt: expires_at,
    tells: { template: 'scim_credential_expires', label, expiresAt: expires_at },
  }))
}

async function apiKeys(store: Store, organisationId: string): Promise<Ending[]> {
  const found = await keys.apiKeys(store.read, organisationId)
  return found.map(({ id, user_id, label, expires_at }) => ({
    owner: user_id,
    key: `api key ${id}`,
    name: `the API key ${label}`,
    endsAt: expires_at,
    tells: {
      template: user_id ? 'personal_key_expires' : 'api_key_expires',
      label,
      expiresAt: expires_at,
    },
  }))
}

async function announce(
  store: Store,
  organisation: Organisation,
  { owner, key, tells }: Ending,
  days: number,
  now: number,
): Promise<void> {
  await store.write(async (db) => {
    if (!(await installation.announceOnce(db, organisation.id, `${key} ${days}`, now))) return
    const person = owner ? await users.find(db, organisation.id, owner) : undefined
    const told = person ? [person] : await users.withRole(db, organisation.id, 'ROLE_MANAGER')
    const able = told.filter(({ status }) => status !== 'deactivated')
    await mail.queue(db, organisation.id, { ...tells, days }, able, now)
  })
}
