import type { Paused } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import {
  decideSource,
  entrySentence,
  type ProvisioningWish,
  type Running,
} from '../policy/index.ts'
import { events, organisations } from '../store/index.ts'
import { readConnection } from './connections.ts'
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

/** Chooses the one source that governs membership (PV-3 to PV-7, PV-10). @returns what is different now. */
export async function changeProvisioning(
  write: Write,
  wish: ProvisioningWish & { selfService?: SelfServiceRequest | undefined },
  running: Running,
  ifVersion: number | undefined,
): Promise<{ source: boolean; link: boolean; settings: boolean }> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  expectVersion(organisation.version, ifVersion)
  const refusal = decideSource(organisation, wish, running)
  if (refusal) throw new Refused(refusal)

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
  const link = before.selfService !== after.selfService
  if (!source && !link) {
    // The settings of the link are part of this document: its version goes up with them.
    if (settings) await organisations.change(db, organisation.id, {})
    return { source, link, settings }
  }
  await organisations.change(db, organisation.id, {
    source: { source: wish.source, chosenBy: actor.label, at: now },
    selfServiceEnabled: after.selfService,
  })
  await events.append(db, actor, now, [
    {
      name: 'provisioning.changed',
      subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
      before,
      after,
    },
  ])
  return { source, link, settings }
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
