import type { TextRecords } from '../lib/dns.ts'
import { isFreeMail, isPublicSuffix, readDomain } from '../lib/domains.ts'
import { newSecret } from '../lib/secrets.ts'
import type { Domain, DomainCheck } from '../model/domain.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import {
  decideDomainCheck,
  decideDomainOwner,
  domainGraceMs,
  domainState,
} from '../policy/index.ts'
import { domains, events, users } from '../store/index.ts'
import { sendMail } from './mail.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

const tokenBytes = 20
const foundAtMost = 5
const foundLength = 200

/** Where the TXT record stands and what it says; a name of its own disturbs no other record. */
export function recordOf({ name, token }: Pick<Domain, 'name' | 'token'>) {
  return { name: `_usher-challenge.${name}`, value: `usher-domain=${token}` }
}

export const listDomains = ({ db, actor }: Read) => {
  allow(actor, 'identity.read')
  return domains.list(db, actor.organisationId)
}

/** One domain, with whom its proof would link by itself. */
export async function domainDetails({ db, actor }: Read, name: string) {
  allow(actor, 'identity.read')
  const domain = await domains.find(db, actor.organisationId, name)
  if (!domain) throw notFound('domain')
  return { domain, unlinked: await domains.unlinked(db, actor.organisationId, name) }
}

/** A domain as somebody types it, or why no organisation calls it its own. */
export function readOwnDomain(typed: string): { name: string } | { refusal: Refusal } {
  const name = readDomain(typed)
  const refusal = decideDomainOwner(name, {
    publicSuffix: name !== undefined && isPublicSuffix(name),
    freeMail: name !== undefined && isFreeMail(name),
  })
  return refusal ? { refusal } : { name: name ?? '' }
}

/** Several organisations may each try one domain: what a record says is of one of them alone. */
export async function addDomain(
  write: Write,
  typed: string,
): Promise<{ domain: Domain; isNew: boolean }> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const read = readOwnDomain(typed)
  if ('refusal' in read) throw new Refused(read.refusal)
  const { name } = read
  await lockOrganisation(write, 'alone')
  const known = await domains.list(db, actor.organisationId)
  const before = known.find((domain) => domain.name === name)
  if (before) return { domain: before, isNew: false }
  if (known.length >= domains.domainsAtMost) {
    throw new Refused({
      code: 'request.invalid',
      detail: `An organisation has at most ${domains.domainsAtMost} domains. Remove one first.`,
    })
  }
  const domain = newDomain(actor.organisationId, name, now)
  await domains.add(db, domain)
  await events.append(db, actor, now, [{ name: 'domain.added', subject: subjectOf(domain) }])
  return { domain, isNew: true }
}

/** Links that exist stay; new ones wait for a manager from now on. */
export async function removeDomain({ db, actor, now }: Write, name: string): Promise<void> {
  allow(actor, 'identity.write')
  const domain = await domains.remove(db, actor.organisationId, name)
  if (!domain) throw notFound('domain')
  await events.append(db, actor, now, [
    { name: 'domain.removed', subject: subjectOf(domain), before: { state: domainState(domain) } },
  ])
}

/** The record that somebody who may verify a domain has to look up. */
export async function domainToVerify({ db, actor }: Read, name: string): Promise<Domain> {
  allow(actor, 'identity.write')
  const domain = await domains.find(db, actor.organisationId, name)
  if (!domain) throw notFound('domain')
  return domain
}

/** What was found in the DNS takes effect, and managers are told of what it means (SE-15). */
export async function settleDomainCheck(
  write: Write,
  name: string,
  records: TextRecords,
): Promise<Domain | undefined> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const domain = await domains.find(db, actor.organisationId, name, 'to change')
  if (!domain) return undefined
  if (domain.proof === 'operator') return domain
  const check = checkOf(recordOf(domain).value, records, now)
  const { happened, ...proved } = decideDomainCheck(domain, check.outcome, now)
  const after: Domain = { ...domain, ...proved, check }
  await domains.change(db, after)
  if (!happened) return after
  await events.append(db, actor, now, [
    {
      name: `domain.${happened}`,
      subject: subjectOf(domain),
      data: { found: check.found, ...(happened === 'lapsing' && { lapsesAt: lapsesAt(after) }) },
    },
  ])
  if (happened !== 'verified') await warn(write, after)
  return after
}

async function warn(write: Write, domain: Domain): Promise<void> {
  const { db, actor } = write
  const managers = await users.withRole(db, actor.organisationId, 'ROLE_MANAGER')
  const able = managers.filter((manager) => manager.status !== 'deactivated')
  const mail = {
    template: 'domain_lapsed' as const,
    domain: domain.name,
    record: recordOf(domain),
    lapsesAt: domain.lapsedAt === null ? lapsesAt(domain) : null,
  }
  await sendMail(write, { id: actor.organisationId }, mail, ...able)
}

/** While its proof is missing: when it stops counting. */
export function lapsesAt(domain: Domain): number | null {
  if (domainState(domain) !== 'lapsing' || domain.missingSince === null) return null
  return domain.missingSince + domainGraceMs
}

function checkOf(wanted: string, records: TextRecords, at: number): DomainCheck {
  if ('unanswered' in records) return { at, outcome: 'unanswered', found: [records.unanswered] }
  const { found } = records
  if (found.some((text) => text.trim() === wanted)) return { at, outcome: 'found', found: [] }
  const shown = found.slice(0, foundAtMost).map((text) => text.slice(0, foundLength))
  return { at, outcome: found.length > 0 ? 'other' : 'none', found: shown }
}

function newDomain(organisationId: string, name: string, now: number): Domain {
  return {
    organisationId,
    name,
    token: newSecret(tokenBytes),
    proof: 'dns',
    verifiedAt: null,
    missingSince: null,
    lapsedAt: null,
    check: null,
    createdAt: now,
  }
}

const subjectOf = ({ name }: Domain) => ({ kind: 'domain', id: name, label: name })

/** An operator vouches for a domain, or names one that is still to be proved. */
export async function putDomain(
  { db, actor, now }: Write,
  name: string,
  verified: boolean,
): Promise<boolean> {
  const before = await domains.find(db, actor.organisationId, name, 'to change')
  const counts = before && ['verified', 'lapsing'].includes(domainState(before))
  // For which nobody vouches, its record alone decides.
  if (before && (verified ? counts : before.proof === 'dns')) return false
  const domain: Domain = {
    ...newDomain(actor.organisationId, name, now),
    ...(before && { token: before.token, createdAt: before.createdAt }),
    ...(verified && { proof: 'operator', verifiedAt: now }),
  }
  if (before) await domains.change(db, domain)
  else await domains.add(db, domain)
  await events.append(db, actor, now, [
    {
      name: verified ? 'domain.verified' : 'domain.added',
      subject: subjectOf(domain),
      data: { by: 'operator' },
    },
  ])
  return true
}
