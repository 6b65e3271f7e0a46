import { newId } from '../lib/ids.ts'
import type { Connection } from '../model/saml.ts'
import { installation, type organisations, type Store, sso, users } from '../store/index.ts'

const warnedAtDays = [30, 14, 7, 1]
const dayMs = 86_400_000

type Organisation = Awaited<ReturnType<typeof organisations.list>>[number]

/** Mails managers 30, 14, 7 and 1 days before a certificate of their identity provider expires (LM-22). */
export async function announceExpiry(
  store: Store,
  organisation: Organisation,
  now: number,
): Promise<void> {
  const row = await sso.connection(store.read, organisation.id)
  if (row?.protocol !== 'saml') return
  const { saml, name } = JSON.parse(row.settings) as Connection
  for (const { fingerprint, notAfter } of saml.certificates) {
    const daysLeft = (notAfter - now) / dayMs
    const due = warnedAtDays.filter((days) => daysLeft <= days).at(-1)
    if (due === undefined || daysLeft < 0) continue
    await store.write(async (db) => {
      const key = `certificate ${fingerprint} ${due}`
      if (!(await installation.announceOnce(db, organisation.id, key, now))) return
      const managers = await users.withRole(db, organisation.id, 'ROLE_MANAGER')
      await installation.addMail(
        db,
        managers
          .filter((manager) => manager.status !== 'deactivated')
          .map((manager) => ({
            org_id: organisation.id,
            id: newId(),
            kind: 'mail' as const,
            template: 'certificate_expires',
            recipient: manager.email,
            body: JSON.stringify({
              organisation: organisation.name,
              slug: organisation.slug,
              connection: name,
              fingerprint,
              notAfter,
              days: due,
            }),
            state: 'waiting' as const,
            tries: 0,
            next_at: now,
            created_at: now,
          })),
      )
    })
  }
}
