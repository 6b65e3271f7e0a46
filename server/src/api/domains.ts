import { domainToUnicode } from 'node:url'
import { z } from 'zod'
import {
  AddDomain,
  Domain,
  DomainDetails,
  Domains,
  Id,
  SortedPage,
} from '../../../contract/src/index.ts'
import {
  addDomain,
  domainDetails,
  domainState,
  domainToVerify,
  lapsesAt,
  listDomains,
  recordOf,
  removeDomain,
  settleDomainCheck,
} from '../directory/index.ts'
import type { Domain as Known } from '../model/domain.ts'
import { refuse } from '../model/refusals.ts'
import { type Api, type ApiDoor, callerFor } from './door.ts'
import { pageOf } from './lists.ts'

const base = '/orgs/:organisationId/domains'
const params = z.object({ organisationId: Id })
const withName = params.extend({ name: z.string().max(254) })

/** The domains that an organisation proves to be its own (SE-15). */
export function domainRoutes(app: Api, door: ApiDoor): void {
  app.get(
    base,
    { schema: { params, querystring: SortedPage, response: { 200: Domains } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const found = await door.directory.view(actor, listDomains)
      return pageOf(found.map(render), request.query, ['name', 'state', 'createdAt', 'verifiedAt'])
    },
  )
  app.post(
    base,
    { schema: { params, body: AddDomain, response: { 200: Domain, 201: Domain } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { domain, isNew } = await door.directory.change(actor, (write) =>
        addDomain(write, request.body.name),
      )
      return reply.code(isNew ? 201 : 200).send(render(domain))
    },
  )
  app.get(
    `${base}/:name`,
    { schema: { params: withName, response: { 200: DomainDetails } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const found = await door.directory.view(actor, (read) =>
        domainDetails(read, request.params.name.toLowerCase()),
      )
      return { ...render(found.domain), unlinked: found.unlinked }
    },
  )
  app.post(
    `${base}/:name/verify`,
    { schema: { params: withName, response: { 200: Domain } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const name = request.params.name.toLowerCase()
      const wanted = await door.directory.view(actor, (read) => domainToVerify(read, name))
      if (wanted.proof === 'operator') return render(wanted)
      await door.rateLimits.call(request.ip, 'domain')
      const records = await door.dns.texts(recordOf(wanted).name)
      const domain = await door.directory.change(actor, (write) =>
        settleDomainCheck(write, name, records),
      )
      return render(domain ?? refuse('resource.not_found', 'There is no such domain.'))
    },
  )
  app.delete(`${base}/:name`, { schema: { params: withName } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) =>
      removeDomain(write, request.params.name.toLowerCase()),
    )
    return reply.code(204).send()
  })
}

function render(domain: Known) {
  return {
    name: domain.name,
    shown: domainToUnicode(domain.name),
    state: domainState(domain),
    proof: domain.proof,
    record: recordOf(domain),
    createdAt: domain.createdAt,
    verifiedAt: domain.verifiedAt,
    lapsesAt: lapsesAt(domain),
    check: domain.check,
  }
}
