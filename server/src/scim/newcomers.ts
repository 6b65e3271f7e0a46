import {
  type Directory,
  joinByScim,
  joinTogetherByScim,
  refuseKnown,
  type ScimPerson,
} from '../directory/index.ts'
import { endOfTurn } from '../lib/turn.ts'
import type { Actor } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import type { SentPerson } from '../model/scim.ts'

const atOnce = 250
const atWorkAtMost = 2

/** With the organisation as it was when the call came. */
type Arrival = { actor: Actor; organisation: Organisation; person: SentPerson }
type Waiting = Arrival & {
  resolve(person: ScimPerson): void
  reject(error: unknown): void
}
type Line = { waiting: Waiting[]; atWork: number }

/**
 * People who are sent at the same time land together, in one change: an initial sync costs a
 * fraction. Who is not plainly new is then decided alone.
 */
export function createNewcomers(directory: Directory) {
  const lines = new Map<string, Line>()

  async function land(line: Line, batch: Waiting[]): Promise<void> {
    line.atWork += 1
    try {
      const landed = await landTogether(batch)
      const left = batch.filter((_, index) => !landed[index])
      const refused = await refuseTogether(left)
      await Promise.all(batch.map((one, index) => settle(one, landed[index] ?? refused.get(one))))
    } finally {
      line.atWork -= 1
    }
  }

  async function landTogether(batch: Waiting[]): Promise<(ScimPerson | undefined)[]> {
    const [first] = batch
    if (!first) return []
    try {
      return await directory.changeAtOnce(first.actor, (write) =>
        joinTogetherByScim(write, first.organisation, batch),
      )
    } catch {
      // What fails together is asked one by one, each with an answer of its own.
      return batch.map(() => undefined)
    }
  }

  /** Who begins an import anew sends everybody again. */
  async function refuseTogether(left: Waiting[]): Promise<Map<Waiting, Refused>> {
    const [first] = left
    if (!first || left.length === 1) return new Map()
    const refused = await directory
      .view(first.actor, (read) => refuseKnown(read, first.organisation, left))
      .catch(() => [])
    return new Map(left.flatMap((one, at) => (refused[at] ? [[one, refused[at]]] : [])))
  }

  async function settle(one: Waiting, decided: ScimPerson | Refused | undefined): Promise<void> {
    if (decided instanceof Refused) return one.reject(decided)
    if (decided) return one.resolve(decided)
    try {
      one.resolve(await joinAlone(directory, one))
    } catch (error) {
      one.reject(error)
    }
  }

  async function drain(organisationId: string, line: Line): Promise<void> {
    // Requests that are ready in the same turn come along.
    await endOfTurn()
    while (mayBegin(line)) {
      const batch = line.waiting.splice(0, atOnce)
      void land(line, batch).then(() => drain(organisationId, line))
    }
    if (line.waiting.length + line.atWork === 0) lines.delete(organisationId)
  }

  return {
    /** Resolves when the person is there, durably; rejects with why not. */
    join(arrival: Arrival): Promise<ScimPerson> {
      const { organisationId } = arrival.actor
      const line = lines.get(organisationId) ?? { waiting: [], atWork: 0 }
      lines.set(organisationId, line)
      return new Promise((resolve, reject) => {
        line.waiting.push({ ...arrival, resolve, reject })
        if (line.waiting.length === 1) void drain(organisationId, line)
      })
    },
  }
}

/** One batch at a time, since the fewer there are, the fuller they are; beside it one that is full. */
function mayBegin({ waiting, atWork }: Line): boolean {
  if (atWork === 0) return waiting.length > 0
  return atWork < atWorkAtMost && waiting.length >= atOnce
}

export type Newcomers = ReturnType<typeof createNewcomers>

async function joinAlone(directory: Directory, { actor, person }: Arrival): Promise<ScimPerson> {
  const joined = await directory.change(actor, (write) => joinByScim(write, person))
  if ('refusal' in joined) throw new Refused(joined.refusal)
  return joined
}
