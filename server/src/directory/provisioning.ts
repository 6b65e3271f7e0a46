import type { Organisation, Paused, ProvisioningSource } from '../model/organisation.ts'
import { Refused, refuse } from '../model/refusals.ts'
import {
  decideBesideShadow,
  decideSource,
  entrySentence,
  handedOverAfter,
  type ProvisioningWish,
  type Running,
} from '../policy/index.ts'
import { adopted, events, organisations } from '../store/index.ts'
import { readConnection } from './connections.ts'
import { deactivateLeft, type HandOver } from './hand-over.ts'
import { changeSelfService, joinFacts, type SelfServiceRequest } from './self-service.ts'
import { allow, expectVersion, lockOrganisation, notFound, type Read, type Write } from './write.ts'

export async function provisioningView(read: Read, installationMails: boolean) {
  const { db, actor } = read
  allow(actor, 'identity.read')
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  const [connection, join] = await Promise.all([
    readConnection(db, organisation.id),
    joinFacts(read, organisation, installationMails),
  ])
  const sentence = entrySentence(organisation, connection ?? null, join.state === 'open')
  return { organisation, join, sentence, protocol: connection?.protocol ?? 'saml' }
}

/**
 * Chooses the one source that governs membership (PV-3 to PV-7, PV-10, PV-12).
 * @param wish.handOver the preview that was looked at; without one, people keep the mark of the source
 *   that is left (JI-26). @returns what is different now.
 */
export async function changeProvisioning(
  write: Write,
  wish: ProvisioningWish & {
    selfService?: SelfServiceRequest | undefined
    handOver?: HandOver | undefined
    /** Whether what was rehearsed comes with it (BY-3). */
    goesLive?: boolean
  },
  running: Running,
  ifVersion: number | undefined,
): Promise<{ source: boolean; link: boolean; settings: boolean }> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  expectVersion(organisation.version, ifVersion)
  const choosesScim = wish.source === 'scim' && organisation.source !== 'scim'
  const refusal =
    decideSource(organisation, wish, running) ??
    decideBesideShadow(organisation, choosesScim && !wish.goesLive)
  if (refusal) throw new Refused(refusal)
  const { handOver } = wish
  expectVersion(organisation.version, handOver?.version)

  const before = { source: organisation.source, selfService: organisation.selfServiceEnabled }
  const after = {
    source: wish.source,
    // Under another source the link is closed by rule; its own switch keeps its value (SS-7).
    selfService:
      (wish.source === 'portal' ? wish.selfService?.enabled : undefined) ?? before.selfService,
  }
  const settings = wish.selfService
    ? await changeSelfService(write, organisation, wish.selfService)
    : false
  const source = before.source !== after.source
  if (!source && handOver && handOver.deactivate.length > 0) {
    refuse('request.invalid', 'The source stays, so nobody is left by it: leave deactivate out.', [
      { pointer: '/deactivate', code: 'not_managed' },
    ])
  }
  const link = before.selfService !== after.selfService
  if (!source && !link) {
    // The settings of the link are part of this document: its version goes up with them.
    if (settings) await organisations.change(db, organisation.id, {})
    return { source, link, settings }
  }
  const deactivated = handOver ? await deactivateLeft(write, organisation, handOver.deactivate) : 0
  if (source) await adopted.forget(db, organisation.id)
  await organisations.change(db, organisation.id, {
    source: {
      source: wish.source,
      chosenBy: actor.label,
      at: now,
      ...whatIsLeft(organisation, wish.source, handOver !== undefined, now),
    },
    selfServiceEnabled: after.selfService,
  })
  await events.append(db, actor, now, [
    {
      name: 'provisioning.changed',
      subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
      before,
      after,
      ...(source && handOver && { data: { handedOver: before.source, deactivated } }),
    },
  ])
  return { source, link, settings }
}

/** Who manages those whom the source before brought, and the way back to it. */
function whatIsLeft(
  organisation: Organisation,
  to: ProvisioningSource,
  handsOver: boolean,
  at: number,
): Pick<Organisation, 'handedOver' | 'rollback'> {
  const { source, selfServiceEnabled: selfService, handedOver, rollback } = organisation
  if (source === to) return { handedOver, rollback }
  return {
    handedOver: handsOver
      ? handedOverAfter(organisation, to)
      : handedOver.filter((left) => left !== to),
    rollback: { source, selfService, handedOver, at },
  }
}

/**
 * PV-15: from now on nobody enters and the identity provider is not heard, or both again. What is so
 * already stays as it is. @param ifVersion of the provisioning settings.
 */
export async function pauseProvisioning(
  write: Write,
  pauses: boolean,
  ifVersion: number | undefined,
): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  expectVersion(organisation.version, ifVersion)
  const { id, name, paused: before } = organisation
  if (pauses === (before !== null)) return
  const after: Paused | null = pauses ? { by: actor.label, at: now } : null
  await organisations.change(db, id, { paused: after })
  await events.append(db, actor, now, [
    {
      name: pauses ? 'provisioning.paused' : 'provisioning.resumed',
      subject: { kind: 'organisation', id, label: name },
      before: { paused: before },
      after: { paused: after },
    },
  ])
}
