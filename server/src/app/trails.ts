import {
  type Directory,
  platformId,
  trailSigner,
  type Verified,
  verifyTrail,
} from '../directory/index.ts'
import type { Vault } from '../lib/secrets.ts'
import type { Signer } from '../lib/signer.ts'
import { operatorOf } from '../model/actor.ts'
import { organisations, type Store } from '../store/index.ts'

export type CheckedTrail = Pick<
  Verified,
  'seals' | 'events' | 'purged' | 'fault' | 'head' | 'unsealed'
> & {
  organisation: string
  words: string
}

/** The trail of one organisation or of all, and that of the platform, each compared whole with its seals. */
export async function* trailsOf(
  { store, directory }: { store: Store; directory: Directory },
  vault: Vault,
  only: string | undefined,
): AsyncGenerator<CheckedTrail> {
  const signer = trailSigner(vault)
  if (only === undefined) yield await check(directory, signer, platformId, 'the platform')
  for await (const { id, slug } of organisations.each(store.read))
    if (only === undefined || only === id) yield await check(directory, signer, id, slug)
}

async function check(
  directory: Directory,
  signer: Signer,
  id: string,
  organisation: string,
): Promise<CheckedTrail> {
  let [seals, events, purged, after] = [0, 0, 0, 0]
  for (;;) {
    const verified = await directory.view(operatorOf(id), (read) =>
      verifyTrail(read, signer, after),
    )
    seals += verified.seals
    events += verified.events
    purged += verified.purged
    if (verified.next !== null) {
      after = verified.next
      continue
    }
    const { fault, head, unsealed } = verified
    const checked = { organisation, seals, events, purged, fault, head, unsealed }
    return { ...checked, words: inWords(checked) }
  }
}

const faults = {
  altered: 'was altered',
  missing: 'is missing',
  added: 'was added later',
  seal_altered: 'was altered, or signed by another key',
  seal_missing: 'is missing',
} as const

function inWords({
  organisation,
  seals,
  events,
  purged,
  fault,
  head,
  unsealed,
}: Omit<CheckedTrail, 'words'>): string {
  if (fault) {
    const what = fault.eventId
      ? `event ${fault.eventId} (seal ${fault.seal})`
      : `seal ${fault.seal}`
    return `${organisation}: ${what} ${faults[fault.kind]}; ${events} events before it are as they were.`
  }
  const older = purged > 0 ? ` ${purged} were purged after their time.` : ''
  const newest = head ? ` The newest seal is ${head.number}, ${head.chain}.` : ''
  return `${organisation}: ${events} events in ${seals} seals are as they were; ${unsealed} are not sealed yet.${older}${newest}`
}
