import { newId } from '../lib/ids.ts'
import type { Organisation } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import { isSlug } from '../policy/index.ts'
import { access, events, organisations, selfService } from '../store/index.ts'
import { newJoinLink } from './self-service.ts'
import { provenance, type Read, type Write } from './write.ts'

export type NewOrganisation = { id: string; name: string; slug: string; demo?: boolean }

/**
 * Makes an organisation with its Default group and Default pool (RB-7). The actor's organisation is
 * the new one, so that its audit trail starts with its own beginning.
 */
export async function createOrganisation(
  write: Write,
  { id, name, slug, demo = false }: NewOrganisation,
): Promise<Organisation> {
  const { db, actor, now } = write
  if (!isSlug(slug)) {
    const detail =
      'A slug has 3 to 40 of a–z, 0–9 and hyphen, starts and ends with a letter or digit, and is no reserved word.'
    throw new Refused({
      code: 'request.invalid',
      detail,
      errors: [{ pointer: '/slug', code: 'slug' }],
    })
  }
  const organisation: Organisation = {
    id,
    name,
    slug,
    loginMethod: null,
    source: 'portal',
    sourceChosenBy: null,
    sourceChosenAt: null,
    handedOver: [],
    rollback: null,
    shadow: null,
    paused: null,
    requireSecondFactor: false,
    selfServiceEnabled: true,
    defaultGroupId: newId(),
    defaultPoolId: newId(),
    demo,
    google: {},
    switching: null,
    version: 1,
    createdAt: now,
  }
  if (!(await organisations.insert(db, organisation))) {
    throw new Refused({
      code: 'org.slug_taken',
      detail: `Another organisation uses ${slug}.`,
      errors: [{ pointer: '/slug', code: 'org.slug_taken' }],
    })
  }
  const made = { name: 'Default', isDefault: true, createdAt: now }
  await access.insertNamed(db, 'groups', id, { id: organisation.defaultGroupId, ...made })
  await access.insertNamed(db, 'pools', id, { id: organisation.defaultPoolId, ...made })
  await access.addPoolRole(db, id, organisation.defaultPoolId, 'ROLE_USER')
  await access.addGrant(db, id, {
    id: newId(),
    subjectKind: 'group',
    subjectId: organisation.defaultGroupId,
    poolId: organisation.defaultPoolId,
    role: 'ROLE_USER',
    provenance: provenance(write, 'default'),
  })
  await selfService.insert(db, id, newJoinLink(now))
  await events.append(db, actor, now, [
    {
      name: 'organisation.created',
      subject: { kind: 'organisation', id, label: name },
      after: { name, slug, defaultGroup: 'Default', defaultPool: 'Default' },
    },
  ])
  return organisation
}

/** @returns false when it has that name already. */
export async function renameOrganisation(
  { db, actor, now }: Write,
  name: string,
): Promise<boolean> {
  const before = await organisations.lock(db, actor.organisationId, 'alone')
  if (!before || before.name === name) return false
  await organisations.change(db, before.id, { name })
  await events.append(db, actor, now, [
    {
      name: 'organisation.changed',
      subject: { kind: 'organisation', id: before.id, label: name },
      before: { name: before.name },
      after: { name },
    },
  ])
  return true
}

export const findOrganisation = ({ db }: Read, id: string) => organisations.find(db, id)
export const findOrganisationBySlug = ({ db }: Read, slug: string) =>
  organisations.findBySlug(db, slug)
export const listOrganisations = ({ db }: Read) => organisations.list(db)
export const anyOrganisation = ({ db }: Read) => organisations.any(db)
