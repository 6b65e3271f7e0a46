import { setTimeout as wait } from 'node:timers/promises'
import {
  createScimToken,
  type Directory,
  decideScim,
  findOrganisation,
  listScimTokens,
  revokeScimToken,
} from '../directory/index.ts'
import type { Actor } from '../model/actor.ts'
import { Refused, refuse } from '../model/refusals.ts'
import {
  type Change,
  type Exchange,
  isAsExpected,
  isSimulatedProvider,
  type ScimClient,
  type SimulatedProvider,
  type Step,
  sampleDirectory,
  sampleYear,
  simulatedScimClient,
} from './scim/index.ts'

/** One request of a simulated identity provider, and what came of it. */
export type SimulatedCall = {
  number: number
  /** Index of what it belongs to in `phases`. */
  phase: number
  title: string
  method: string
  path: string
  status: number
  meaning: string
  asExpected: boolean
}

export type Simulation = {
  provider: SimulatedProvider
  running: boolean
  /** The initial cycle, and each thing that has happened since. */
  phases: string[]
  /** What happens at the identity provider next; null at the end of its year. */
  next: string | null
  remaining: number
  calls: SimulatedCall[]
  /** Why the latest run ended before its time. */
  fault: string | null
}

type Event = { says: string; changes: readonly Change[] }
type Running = {
  provider: SimulatedProvider
  client: ScimClient
  running: boolean
  phases: { says: string; from: number }[]
  ahead: Event[]
  /** Set for each run: the credential is of that run alone. */
  exchange: Exchange | undefined
  fault: string | null
}

export type SimulationOptions = {
  directory: Directory
  /** Where the people of the organisation have their addresses. */
  domain(organisationId: string): Promise<string>
  /** The way to the organisation's own SCIM endpoint. */
  exchange(organisationId: string, token: string): Exchange
  /** Between two requests, so that they can be watched. */
  paceMs: number
}

const tokenLabel = 'Simulated identity provider'
const initialCycle = 'Connection test and initial cycle'
/** Organisations whose simulation is remembered; beyond it, the oldest that rests is forgotten. */
const rememberedAtMost = 50

export type Simulations = ReturnType<typeof createSimulations>

/** Identity providers that are not there, at work on an organisation's own SCIM endpoint (BY-10). */
export function createSimulations({ directory, domain, exchange, paceMs }: SimulationOptions) {
  const known = new Map<string, Running>()
  const atWork = new Set<Promise<void>>()
  let stopping = false

  /** Connects and brings everybody; what an earlier run brought is found and not made again. */
  async function start(actor: Actor, provider: string): Promise<void> {
    const name = isSimulatedProvider(provider)
      ? provider
      : refuse('request.invalid', 'There is no such simulated identity provider.', [
          { pointer: '/provider', code: 'unknown' },
        ])
    const { organisationId } = actor
    requireRest(known.get(organisationId))
    const place = await domain(organisationId)
    const simulation: Running = {
      provider: name,
      client: simulatedScimClient(name, {
        directory: sampleDirectory(place),
        exchange: (request) => ask(simulation, request),
      }),
      running: false,
      phases: [],
      ahead: sampleYear(place),
      exchange: undefined,
      fault: null,
    }
    await run(actor, simulation, async () => {
      begin(simulation, initialCycle)
      await simulation.client.testConnection()
      await simulation.client.initialCycle()
    })
  }

  /** The next thing that happens at the identity provider, or all that is left. */
  async function proceed(actor: Actor, howFar: 'next' | 'rest'): Promise<void> {
    const simulation = known.get(actor.organisationId)
    requireRest(simulation)
    if (!simulation || simulation.ahead.length === 0) {
      return refuse('request.stale', 'Nothing is left to happen. Run the initial cycle again.')
    }
    await run(actor, simulation, async () => {
      const count = howFar === 'next' ? 1 : simulation.ahead.length
      for (const event of simulation.ahead.slice(0, count)) {
        begin(simulation, event.says)
        simulation.ahead.shift()
        await simulation.client.incrementalCycle(event.changes)
      }
    })
  }

  /** @returns when the run has begun; what it does is seen by `view`. */
  async function run(actor: Actor, simulation: Running, work: () => Promise<void>): Promise<void> {
    const { organisationId } = actor
    requireRest(known.get(organisationId))
    simulation.running = true
    const before = known.get(organisationId)
    known.set(organisationId, simulation)
    try {
      const { id, token } = await makeToken(actor)
      simulation.exchange = exchange(organisationId, token)
      simulation.fault = null
      const done = work()
        .catch((error: unknown) => {
          simulation.fault = stopping ? 'Usher was stopped.' : String(error)
        })
        .then(() => directory.change(actor, (write) => revokeScimToken(write, id)))
        // Whoever revoked it meanwhile has done what was to be done.
        .catch(() => undefined)
        .finally(() => {
          simulation.running = false
          simulation.exchange = undefined
          atWork.delete(done)
        })
      atWork.add(done)
    } catch (error) {
      simulation.running = false
      if (before) known.set(organisationId, before)
      else known.delete(organisationId)
      throw error
    }
    forgetBeyond()
  }

  /** For one run; what a run left behind that was cut off goes first. */
  async function makeToken(actor: Actor): Promise<{ id: string; token: string }> {
    const { organisationId } = actor
    const organisation = await directory.view(actor, (read) =>
      findOrganisation(read, organisationId),
    )
    const left = await directory.view(actor, listScimTokens)
    // Where SCIM is rehearsed, it is the copy that is simulated on.
    const rehearses = organisation?.shadow?.state === 'open'
    const refusal = organisation && !rehearses && decideScim(organisation)
    if (refusal) throw new Refused(refusal)
    return directory.change(actor, async (write) => {
      for (const one of left.filter(({ label }) => label === tokenLabel)) {
        await revokeScimToken(write, one.id)
      }
      const { token, stored } = await createScimToken(write, {
        label: tokenLabel,
        expiresInDays: 1,
      })
      return { id: stored.id, token }
    })
  }

  async function ask(simulation: Running, request: Parameters<Exchange>[0]) {
    if (paceMs > 0) await wait(paceMs)
    if (stopping || !simulation.exchange) throw new Error('The run was cut off.')
    return simulation.exchange(request)
  }

  function forgetBeyond(): void {
    for (const [organisationId, { running }] of known) {
      if (known.size <= rememberedAtMost) return
      if (!running) known.delete(organisationId)
    }
  }

  return {
    start,
    proceed,
    view(organisationId: string): Simulation | undefined {
      const simulation = known.get(organisationId)
      return simulation && shown(simulation)
    },
    /** Bodies of one request. */
    call(organisationId: string, number: number) {
      const simulation = known.get(organisationId)
      const step = simulation?.client.transcript[number]
      if (!simulation || !step) return undefined
      return {
        ...callOf(simulation, step, number),
        request: step.request.body ?? null,
        response: step.response.body ?? null,
      }
    },
    /** Resolves when every run has come to its end. */
    async settled(): Promise<void> {
      await Promise.all(atWork)
    },
    async stop(): Promise<void> {
      stopping = true
      await Promise.all(atWork)
    },
  }
}

function requireRest(simulation: Running | undefined): void {
  if (!simulation?.running) return
  refuse('request.stale', 'The simulated identity provider is at work. Wait until it has finished.')
}

function begin({ phases, client }: Running, says: string): void {
  phases.push({ says, from: client.transcript.length })
}

function shown(simulation: Running): Simulation {
  const { provider, running, client, phases, ahead, fault } = simulation
  return {
    provider,
    running,
    phases: phases.map(({ says }) => says),
    next: ahead[0]?.says ?? null,
    remaining: ahead.length,
    calls: client.transcript.map((step, number) => callOf(simulation, step, number)),
    fault,
  }
}

function callOf({ phases }: Running, step: Step, number: number): SimulatedCall {
  const { method, path } = step.request
  return {
    number,
    phase: phases.findLastIndex(({ from }) => from <= number),
    title: step.title,
    method,
    path,
    status: step.response.status,
    meaning: meaningOf(step),
    asExpected: isAsExpected(step),
  }
}

/** What the answer says, in a few words. */
function meaningOf({ request, response }: Step): string {
  const body = isRecord(response.body) ? response.body : {}
  if (response.status >= 400) {
    return typeof body.detail === 'string' ? body.detail : 'Refused without a reason.'
  }
  if (request.method === 'GET' && typeof body.totalResults === 'number') {
    const [first] = Array.isArray(body.Resources) ? body.Resources : []
    if (body.totalResults === 0) return 'Nobody and nothing of this kind yet'
    return isRecord(first) ? `Found ${nameOf(first)}` : `${body.totalResults} here`
  }
  if (request.method === 'GET') return 'id' in body ? `Read ${nameOf(body)}` : 'Read'
  if (request.method === 'POST') return `Created ${nameOf(body)}`
  return request.method === 'DELETE' ? 'Deleted' : 'Changed'
}

function nameOf({ displayName, userName, id }: Record<string, unknown>): string {
  return [displayName, userName, id].find((name) => typeof name === 'string') ?? ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
