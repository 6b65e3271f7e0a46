import { Refused } from '../model/refusals.ts'
import {
  decideSource,
  entrySentence,
  type ProvisioningWish,
  type Running,
} from '../policy/index.ts'
import { events, organisations } from '../store/index.ts'
import { readConnection } from './connections.ts'
import { expectVersion } from './identity.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

export async function provisioningView({ db, actor }: Read) {
  allow(actor, 'identity.read')
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  const connection = await readConnection(db, organisation.id)
  return { organisation, sentence: entrySentence(organisation, connection?.name ?? null) }
}

/** Chooses the one source that governs membership (PV-3 to PV-7, PV-10). */
export async function changeProvisioning(
  write: Write,
  wish: ProvisioningWish,
  running: Running,
  ifVersion: number | undefined,
): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  expectVersion(organisation.version, ifVersion)
  const refusal = decideSource(organisation, wish, running)
  if (refusal) throw new Refused(refusal)

  const before = { source: organisation.source, selfService: organisation.selfServiceEnabled }
  const after = {
    source: wish.source,
    selfService: wish.selfService?.enabled ?? before.selfService,
  }
  if (before.source === after.source && before.selfService === after.selfService) return
  await organisations.change(db, organisation.id, {
    source: { source: wish.source, chosenBy: actor.label, at: now },
    // Under another source the link is closed by rule; its own switch keeps its value (SS-7).
    ...(wish.source === 'portal' &&
      wish.selfService && { selfServiceEnabled: wish.selfService.enabled }),
  })
  await events.append(db, actor, now, [
    {
      name: 'provisioning.changed',
      subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
      before,
      after,
    },
  ])
}
