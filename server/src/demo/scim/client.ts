/** A simulated identity provider at work on one SCIM connection. */
import { authentik } from './authentik.ts'
import { carryOut, initialCycle, membersOf } from './cycle.ts'
import type { Change, SimulatedDirectory } from './directory.ts'
import { type EntraOptions, entra } from './entra.ts'
import type { Exchange, Step } from './exchange.ts'
import { google } from './google.ts'
import { jumpcloud } from './jumpcloud.ts'
import { type OktaOptions, okta } from './okta.ts'
import { onelogin } from './onelogin.ts'
import { ping } from './ping.ts'
import type { Provider } from './provider.ts'
import { createSession } from './session.ts'

const providers = { entra, okta, onelogin, google, jumpcloud, ping, authentik } satisfies Record<
  string,
  (options: EntraOptions & OktaOptions) => Provider
>

/** As the door's dialects are called. */
export type SimulatedProvider = keyof typeof providers

export const simulatedProviders = Object.keys(providers) as SimulatedProvider[]

export function isSimulatedProvider(name: string): name is SimulatedProvider {
  return Object.hasOwn(providers, name)
}

export type ScimClientOptions = EntraOptions &
  OktaOptions & {
    directory: SimulatedDirectory
    exchange: Exchange
    /** Every so many writes, the answer is taken for lost and the request is sent again; 0 is never. */
    timeoutEvery?: number
  }

/** What the server should hold now, if it did all that it was asked to. */
export type Outcome = {
  people: { id: string; userName: string; email: string; displayName: string; active: boolean }[]
  groups: { id: string; displayName: string; members: string[] }[]
}

export type ScimClient = {
  label: string
  testConnection(): Promise<Step[]>
  initialCycle(): Promise<Step[]>
  /** One thing after the other that happened since the last cycle. */
  incrementalCycle(changes: readonly Change[]): Promise<Step[]>
  /** Everything since the start. */
  readonly transcript: readonly Step[]
  /** With the ids that the server gave. */
  outcome(): Outcome
}

export function simulatedScimClient(
  dialect: SimulatedProvider,
  { directory, exchange, timeoutEvery, ...options }: ScimClientOptions,
): ScimClient {
  const make: (options: EntraOptions & OktaOptions) => Provider = providers[dialect]
  const provider = make(options)
  const { headers } = provider
  const session = createSession({ exchange, directory, headers, timeoutEvery })

  /** What was sent meanwhile. */
  async function stepsOf(work: () => Promise<void>): Promise<Step[]> {
    const before = session.steps.length
    await work()
    return session.steps.slice(before)
  }

  return {
    label: provider.label,
    testConnection: () => stepsOf(() => provider.testConnection(session)),
    initialCycle: () => stepsOf(() => initialCycle(provider, session)),
    incrementalCycle: (changes) =>
      stepsOf(async () => {
        for (const change of changes) await carryOut(provider, session, change)
      }),
    get transcript() {
      return session.steps
    },
    outcome() {
      const { people, groups } = session.directory
      const there = people.filter(({ id }) => session.knows(id))
      const shown = there.map((person) => provider.shown?.(person) ?? person)
      return {
        people: shown.map(({ id, userName, email = userName, displayName, active }) => ({
          id: session.idOf(id),
          userName,
          email,
          displayName,
          active,
        })),
        groups: groups
          .filter(({ id }) => session.knows(id))
          .map((group) => ({
            id: session.idOf(group.id),
            displayName: group.name,
            members: membersOf(provider, group)
              .filter(session.knows)
              .map(session.idOf)
              .toSorted((a, b) => a.localeCompare(b)),
          })),
      }
    },
  }
}
