import { z } from 'zod'
import {
  ApprovedRegistration,
  Id,
  RegistrationQuery,
  Registrations,
  type SelfServiceView,
} from '../../../contract/src/index.ts'
import {
  approveRegistration,
  declineRegistration,
  type JoinFacts,
  listRegistrations,
  rotateJoinLink,
} from '../directory/index.ts'
import { type Api, type ApiDoor, callerFor, handedOver } from './door.ts'

const base = '/orgs/:organisationId/identity/self-service'
const params = z.object({ organisationId: Id })
const withId = z.object({ organisationId: Id, id: Id })

/** The self-service link beyond its settings: rotating it, and whoever came by it. */
export function selfServiceRoutes(app: Api, door: ApiDoor): void {
  app.post(`${base}/rotate`, { schema: { params } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, rotateJoinLink)
    return reply.code(204).send()
  })

  app.get(
    `${base}/requests`,
    { schema: { params, querystring: RegistrationQuery, response: { 200: Registrations } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { state, page, size } = request.query
      const found = await door.directory.view(actor, (read) =>
        listRegistrations(read, state, { page, size }),
      )
      const items = found.items.map((one) => ({
        id: one.id,
        state: one.state,
        email: one.email,
        firstName: one.first_name,
        lastName: one.last_name,
        userId: one.user_id,
        linkId: one.link_id,
        createdAt: one.created_at,
        joinedAt: one.joined_at,
        expiresAt: one.expires_at,
        terms:
          one.terms_url !== null && one.terms_at !== null
            ? { url: one.terms_url, version: one.terms_at }
            : null,
      }))
      return { items, total: found.total, totalExact: found.totalExact, page, size }
    },
  )

  app.post(
    `${base}/requests/:id/approve`,
    { schema: { params: withId, response: { 200: ApprovedRegistration } } },
    async (request) => {
      const actor = await callerFor(door, request)
      return door.directory.change(actor, async (write) => {
        const user = await approveRegistration(write, request.params.id)
        return { userId: user.id, ...(await handedOver(door, write, user.id)) }
      })
    },
  )
  app.post(
    `${base}/requests/:id/decline`,
    { schema: { params: withId } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      await door.directory.change(actor, (write) => declineRegistration(write, request.params.id))
      return reply.code(204).send()
    },
  )
}

export function renderSelfService(
  baseUrl: string,
  { organisation, link: { link, ...settings }, state, approves }: JoinFacts,
): SelfServiceView {
  const { allowedDomains, anyDomain, expiresAt, maxUses, requireApproval, termsUrl } = settings
  return {
    enabled: organisation.selfServiceEnabled && organisation.source === 'portal',
    state,
    url: state === 'open' ? `${baseUrl}/join/${organisation.slug}/${link.token}` : null,
    linkId: link.id,
    linkCreatedAt: link.createdAt,
    uses: link.uses,
    allowedDomains,
    anyDomain,
    expiresAt,
    maxUses,
    requireApproval,
    approvalForced: approves && !requireApproval,
    termsUrl,
  }
}
