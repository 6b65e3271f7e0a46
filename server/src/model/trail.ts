/** What the audit trail is sealed by: a seal lists a stretch of it, and is tied to the seal before (AU-5). */
export type Sealed = { id: string; digest: string }

/** An event as a row, whatever database it lies in. */
export type TrailRow = Readonly<Record<string, unknown>> & { id: string }

const columns = [
  'org_id',
  'id',
  'type',
  'at',
  'result',
  'actor_kind',
  'actor_id',
  'actor',
  'ip',
  'source',
  'subject_kind',
  'subject_id',
  'subject',
  'before',
  'after',
  'data',
  'emergency',
  'request_id',
] as const

/** All that an event says, as one text: no two events come to the same. */
export function textOf(event: TrailRow): string {
  return JSON.stringify(columns.map((column) => event[column] ?? null))
}

/** A digest as it stands in a list: half of SHA-256, which nobody finds a second text for. */
const digestLength = 22

export function writeList(sealed: Sealed[]): string {
  return sealed
    .map(({ id, digest }) => `${id.replaceAll('-', '')}${digest.slice(0, digestLength)}`)
    .join('')
}

const idLength = 32
const entryLength = idLength + digestLength

/** @returns undefined for what no list is. */
export function readList(list: string): Sealed[] | undefined {
  if (list.length % entryLength !== 0) return undefined
  return Array.from({ length: list.length / entryLength }, (_, at) => {
    const entry = list.slice(at * entryLength, (at + 1) * entryLength)
    const hex = entry.slice(0, idLength)
    const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
    return { id: `${id.join('-')}-${hex.slice(20)}`, digest: entry.slice(idLength) }
  })
}

export type SealFacts = {
  org_id: string
  number: number
  first_id: string
  last_id: string
  events: number
  list_digest: string
}

/** What a seal says, with all before it: the text whose digest it is known by, and is signed. */
export function chainText(previous: string | null, seal: SealFacts): string {
  const { org_id, number, first_id, last_id, events, list_digest } = seal
  return JSON.stringify([previous, org_id, number, first_id, last_id, events, list_digest])
}

/** What is signed when the events of a seal are purged, so that nobody else purges them. */
export const purgedText = ({ chain }: { chain: string }) => `${chain} purged`

/** When an id of version 7 was made (RFC 9562 §5.7). */
export function madeAt(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
}

export type TrailFault = {
  kind: 'altered' | 'missing' | 'added' | 'seal_altered' | 'seal_missing'
  /** The event, or null where a seal itself is at fault. */
  eventId: string | null
  seal: number
}

/** The first event of a sealed stretch that is not as it was, in the order of the trail. */
export function firstFault(
  seal: number,
  listed: Sealed[],
  found: Sealed[],
): TrailFault | undefined {
  const fault = (kind: TrailFault['kind'], eventId: string) => ({ kind, eventId, seal })
  for (let at = 0; at < Math.max(listed.length, found.length); at += 1) {
    const [wanted, here] = [listed[at], found[at]]
    if (wanted && (!here || here.id > wanted.id)) return fault('missing', wanted.id)
    if (here && (!wanted || here.id < wanted.id)) return fault('added', here.id)
    if (wanted && here && here.digest.slice(0, digestLength) !== wanted.digest)
      return fault('altered', here.id)
  }
  return undefined
}
