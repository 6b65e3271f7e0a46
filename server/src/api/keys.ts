import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  CreatedPersonalKey,
  CreatePersonalKey,
  Id,
  PersonalKeys,
  SortedPage,
} from '../../../contract/src/index.ts'
import { createPersonalKey, personalKeys, revokePersonalKey } from '../directory/index.ts'
import { refuse } from '../model/refusals.ts'
import type { Api, ApiDoor } from './door.ts'
import { pageOf } from './lists.ts'

/** Personal API keys: only their owner sees, makes and revokes them (US-17). */
export function keyRoutes(app: Api, door: ApiDoor): void {
  async function owner(request: FastifyRequest) {
    const caller = await door.callers.browser(request)
    return caller?.actor.kind === 'user' ? caller.actor : refuse('auth.required', 'Sign in first.')
  }

  app.get(
    '/me/keys',
    { schema: { querystring: SortedPage, response: { 200: PersonalKeys } } },
    async (request, reply) => {
      const actor = await owner(request)
      const { keys, scopes } = await door.directory.view(actor, personalKeys)
      reply.header('cache-control', 'no-store')
      const page = pageOf(keys.map(renderKey), request.query, [
        'label',
        'createdAt',
        'expiresAt',
        'lastUsedAt',
      ])
      return { ...page, scopes }
    },
  )
  app.post(
    '/me/keys',
    { schema: { body: CreatePersonalKey, response: { 201: CreatedPersonalKey } } },
    async (request, reply) => {
      const actor = await owner(request)
      door.requireFresh(actor)
      const { key, row } = await door.directory.change(actor, (write) =>
        createPersonalKey(write, request.body),
      )
      reply.header('cache-control', 'no-store')
      return reply.code(201).send({ ...renderKey(row), key })
    },
  )
  app.delete(
    '/me/keys/:id',
    { schema: { params: z.object({ id: Id }) } },
    async (request, reply) => {
      const actor = await owner(request)
      await door.directory.change(actor, (write) => revokePersonalKey(write, request.params.id))
      return reply.code(204).send()
    },
  )
}

type Row = Awaited<ReturnType<typeof createPersonalKey>>['row']

function renderKey(row: Row) {
  return {
    id: row.id,
    label: row.label,
    scopes: row.scopes.split(' '),
    last3: row.last3,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    lastUsedIp: row.last_used_ip,
  }
}
