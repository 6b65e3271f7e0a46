import { z } from 'zod'
import { Id, Simulate, SimulatedCallDetails, SimulationView } from '../../../contract/src/index.ts'
import { allow } from '../directory/index.ts'
import { refuse } from '../model/refusals.ts'
import { type Api, type ApiDoor, callerFor } from './door.ts'

const base = '/orgs/:organisationId/simulation'
const params = z.object({ organisationId: Id })
const ofCall = params.extend({ number: z.coerce.number().int().min(0).max(1_000_000) })
/** As the provisioning log cuts bodies. */
const longestBody = 4_000

/** A simulated identity provider at the organisation's SCIM endpoint; absent unless demos are on (BY-10). */
export function simulationRoutes(app: Api, door: ApiDoor): void {
  const { simulations } = door
  if (!simulations) return

  const providers = simulations.providers.map((name) => ({ name, label: labelOf(name) }))
  function labelOf(name: string): string {
    return door.scim.dialects.find((one) => one.name === name)?.label ?? name
  }
  const view = (organisationId: string) => {
    const run = simulations.view(organisationId)
    return { providers, run: run ? { ...run, label: labelOf(run.provider) } : null }
  }

  app.get(
    base,
    { schema: { hide: true, params, response: { 200: SimulationView } } },
    async (request) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.read')
      return view(actor.organisationId)
    },
  )
  app.post(
    base,
    { schema: { hide: true, params, body: Simulate, response: { 202: SimulationView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
      const { act } = request.body
      if (act === 'start') await simulations.start(actor, request.body.provider)
      else await simulations.proceed(actor, act)
      return reply.code(202).send(view(actor.organisationId))
    },
  )
  app.get(
    `${base}/calls/:number`,
    { schema: { hide: true, params: ofCall, response: { 200: SimulatedCallDetails } } },
    async (request) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.read')
      const found = simulations.call(actor.organisationId, request.params.number)
      if (!found) return refuse('resource.not_found', 'There is no such call.')
      return { ...found, request: asText(found.request), response: asText(found.response) }
    },
  )
}

function asText(body: unknown): string | null {
  if (body === null || body === undefined) return null
  const text = JSON.stringify(body, null, 2)
  return text.length > longestBody ? `${text.slice(0, longestBody)}\n… (cut)` : text
}
