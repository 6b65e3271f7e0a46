import type { Vault } from '../lib/secrets.ts'
import { createSigner, digest, type Signer } from '../lib/signer.ts'
import { endOfTurn } from '../lib/turn.ts'
import {
  chainText,
  firstFault,
  purgedText,
  readList,
  type TrailFault,
  textOf,
} from '../model/trail.ts'
import { seals } from '../store/index.ts'
import { allow, type Read } from './write.ts'

/** What signs the seals of the trail, and knows what older keys have signed. */
export function trailSigner(vault: Vault): Signer {
  return createSigner(vault.deriveAll('audit seals'))
}

const sealsAtOnce = 20
/** More than a seal lists shows that some were added. */
const extra = 1
const countedAtMost = 10_000

export type Verified = {
  seals: number
  events: number
  /** Events that are gone because their time was over, as their seals say. */
  purged: number
  /** The seal to go on behind; null at the end, or at a fault. */
  next: number | null
  fault: TrailFault | null
  /** The newest seal that was looked at: noted elsewhere, it shows later that nothing was cut off. */
  head: { number: number; chain: string; sealedAt: number } | null
  /** Events that are too new to be sealed, at the end; counted to 10,000. */
  unsealed: number | null
}

/**
 * Compares the next stretch of the trail with its seals (AU-5).
 * @param after the number of the seal to go on behind: 0 at the beginning.
 */
export async function verifyTrail(read: Read, signer: Signer, after: number): Promise<Verified> {
  const { db, actor } = read
  allow(actor, 'audit.read')
  const { organisationId: org } = actor
  let previous: seals.End | undefined = after > 0 ? await seals.end(db, org, after) : undefined
  const found = await seals.after(db, org, previous?.number ?? 0, sealsAtOnce)
  const seen = { seals: 0, events: 0, purged: 0 }
  const ended = (fault: TrailFault | null, next: number | null, unsealed: number | null) => ({
    ...seen,
    next,
    fault,
    head: previous
      ? { number: previous.number, chain: previous.chain, sealedAt: previous.sealed_at }
      : null,
    unsealed,
  })
  if (after > 0 && !previous) {
    return ended({ kind: 'seal_missing', eventId: null, seal: after }, null, null)
  }
  for (const seal of found) {
    const fault = faultOfSeal(signer, previous, seal) ?? (await faultOfEvents(read, previous, seal))
    if (fault) return ended(fault, null, null)
    seen.seals += 1
    if (seal.purged === null) seen.events += seal.events
    else seen.purged += seal.events
    previous = seal
    // A stretch is long enough to keep others waiting.
    await endOfTurn()
  }
  if (found.length === sealsAtOnce) return ended(null, previous?.number ?? null, null)
  const unsealed = await seals.eventsBehind(db, org, previous?.last_id ?? '', countedAtMost)
  return ended(null, null, unsealed)
}

function faultOfSeal(
  signer: Signer,
  previous: seals.End | undefined,
  seal: seals.Seal,
): TrailFault | undefined {
  const number = (previous?.number ?? 0) + 1
  if (seal.number !== number) return { kind: 'seal_missing', eventId: null, seal: number }
  const chain = digest(chainText(previous?.chain ?? null, seal))
  const listIsSound =
    seal.list === null
      ? seal.purged !== null && signer.hasSigned(purgedText(seal), seal.purged)
      : seal.purged === null && digest(seal.list) === seal.list_digest
  const isSound = listIsSound && chain === seal.chain && signer.hasSigned(chain, seal.signature)
  return isSound ? undefined : { kind: 'seal_altered', eventId: null, seal: number }
}

async function faultOfEvents(
  { db, actor }: Read,
  previous: seals.End | undefined,
  { number, last_id, events, list }: seals.Seal,
): Promise<TrailFault | undefined> {
  const stretch = { after: previous?.last_id ?? '', until: last_id, atMost: events + extra }
  const found = await seals.eventsBetween(db, actor.organisationId, stretch)
  return firstFault(
    number,
    list === null ? [] : (readList(list) ?? []),
    found.map((event) => ({ id: event.id, digest: digest(textOf(event)) })),
  )
}
