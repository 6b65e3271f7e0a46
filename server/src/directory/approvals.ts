import { Refused } from '../model/refusals.ts'
import { adoptionRisk, domainState } from '../policy/index.ts'
import { accounts, domains, events, people, users } from '../store/index.ts'
import { subjectOf } from './people.ts'
import type { Read, Write } from './write.ts'

const waitingShown = 200

/** Whose first sign-in by the new connection links them without the adoption queue (JI-20). */
export type Ticks = { everyone: boolean; users: string[] }

/**
 * Keeps who was ticked in the preview until their first sign-in or the next switch. Whom nothing
 * keeps waiting needs no approval, and is given none.
 */
export async function approve(
  write: Write,
  organisation: { id: string; name: string },
  issuer: string,
  ticks: Ticks,
): Promise<void> {
  const { db, actor, now } = write
  const here = await users.enabledAmong(db, organisation.id, ticks.users)
  const gone = ticks.users.findIndex((id) => !here.has(id))
  if (gone >= 0) {
    throw new Refused({
      code: 'request.invalid',
      detail: 'Somebody who was ticked is deactivated or gone. Open the preview again.',
      errors: [{ pointer: `/adopt/users/${gone}`, code: 'not_here' }],
    })
  }
  const { people: byName } = await waitingFor(write, issuer, ticks.users)
  const others = ticks.everyone ? (await waitingFor(write, issuer)).others : 0
  const everyone = {
    userId: accounts.everyone,
    subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
    data: { ...adoptionRisk({ isManager: false }), people: others },
  }
  const approved = [
    ...(others > 0 ? [everyone] : []),
    ...byName.map((person) => ({
      userId: person.id,
      subject: subjectOf(person),
      data: adoptionRisk(person),
    })),
  ]
  await accounts.addApprovals(
    db,
    approved.map(({ userId, data: { risk } }) => {
      return { org_id: organisation.id, user_id: userId, issuer, risk, given_at: now }
    }),
  )
  await events.append(
    db,
    actor,
    now,
    approved.map(({ subject, data: { reason: _, ...data } }) => {
      const by = 'preview of the switch'
      return { name: 'adoption.approved', subject, data: { issuer, ...data, by } }
    }),
  )
}

/** Whose first sign-in by this identity provider would wait in the adoption queue (JI-19). */
export async function waitingFor({ db, actor }: Read, issuer: string, among?: string[]) {
  return people.waiting(db, actor.organisationId, {
    issuer,
    verifiedDomains: await provedDomains(db, actor.organisationId),
    // Whoever saves is linked by their own test.
    exceptId: actor.kind === 'user' ? (actor.id ?? '') : '',
    ...(among && { among }),
    limit: waitingShown,
  })
}

export async function provedDomains(db: Read['db'], organisationId: string): Promise<string[]> {
  return (await domains.list(db, organisationId))
    .filter((domain) => ['verified', 'lapsing'].includes(domainState(domain)))
    .map((domain) => domain.name)
}
