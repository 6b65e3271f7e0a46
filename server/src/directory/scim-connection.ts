import { days } from '../lib/clock.ts'
import { describeHealth } from '../policy/index.ts'
import { events, organisations, people, provisioningLog, scimConnection } from '../store/index.ts'
import { allow, expectVersion, lockOrganisation, notFound, type Read, type Write } from './write.ts'

/** Enough to see who is calling and whether they are let in. */
const latestCalls = 200

/** The SCIM connection as a manager sees it: settings, who is heard, and how many people it manages. */
export async function scimView({ db, actor, now }: Read) {
  allow(actor, 'identity.read')
  const { organisationId } = actor
  const [organisation, settings, latest, lastDay, managed, others] = await Promise.all([
    organisations.find(db, organisationId),
    scimConnection.settings(db, organisationId),
    provisioningLog.latest(db, organisationId, latestCalls),
    provisioningLog.countSince(db, organisationId, now - days(1)),
    people.total(db, organisationId, { managedBy: ['scim'] }),
    notInIdp(db, organisationId),
  ])
  if (!organisation) throw notFound('organisation')
  const known = latest.filter((call) => call.credential !== null)
  return {
    organisation,
    settings,
    /** Name of the dialect of the latest call that had a mark of its own; null before the first call. */
    detectedDialect:
      known.find(({ dialect }) => dialect !== 'generic')?.dialect ?? known[0]?.dialect ?? null,
    health: {
      ...describeHealth(
        latest.map((call) => ({ ...call, known: call.credential !== null })),
        now,
      ),
      lastCallAt: latest[0]?.at ?? null,
      lastStatus: latest[0]?.status ?? null,
      callsLastDay: lastDay.calls,
      refusedLastDay: lastDay.refused,
    },
    people: { managed, notInIdp: others },
  }
}

/** SC-20: whom the identity provider does not manage and who still works here. */
export async function notInIdp(db: Read['db'], organisationId: string): Promise<number> {
  const [active, pending, managedActive, managedPending] = await Promise.all([
    people.total(db, organisationId, { status: 'active' }),
    people.total(db, organisationId, { status: 'pending' }),
    people.total(db, organisationId, { status: 'active', managedBy: ['scim'] }),
    people.total(db, organisationId, { status: 'pending', managedBy: ['scim'] }),
  ])
  return active + pending - managedActive - managedPending
}

/** @returns false when they are so already. */
export async function putScimSettings(
  write: Write,
  wanted: Partial<Omit<scimConnection.ScimSettings, 'version'>>,
  ifVersion?: number,
): Promise<boolean> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  const before = await scimConnection.settings(db, actor.organisationId)
  expectVersion(before.version, ifVersion)
  const changed = Object.entries(wanted).filter(
    ([name, value]) => before[name as keyof typeof wanted] !== value,
  )
  if (changed.length === 0) return false
  const after = { ...before, ...wanted, version: before.version + 1 }
  await scimConnection.putSettings(db, organisation.id, after)
  if (organisation.shadow) await scimConnection.putSettings(db, organisation.shadow.copyId, after)
  const names = changed.map(([name]) => name as keyof typeof wanted)
  await events.append(db, actor, now, [
    {
      name: 'provisioning.changed',
      subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
      before: { scim: Object.fromEntries(names.map((name) => [name, before[name]])) },
      after: { scim: Object.fromEntries(changed) },
    },
  ])
  return true
}
