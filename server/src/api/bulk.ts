import { z } from 'zod'
import { ChosenUsers, Id, UserResults } from '../../../contract/src/index.ts'
import {
  allow,
  deactivateUser,
  decideAdoption,
  enableUser,
  resendActivation,
  type Write,
} from '../directory/index.ts'
import type { Actor } from '../model/actor.ts'
import { Refused, refusalStatus } from '../model/refusals.ts'
import { type Api, type ApiDoor, callerFor } from './door.ts'

const base = '/orgs/:organisationId'
const params = z.object({ organisationId: Id })

type Act = (write: Write, id: string) => Promise<unknown>

/** One act for many people or entries of the adoption queue, with a result for each (US-16, JI-20); into a group they go by its own route. */
export function bulkRoutes(app: Api, door: ApiDoor): void {
  const acts: Record<string, Act> = {
    disable: deactivateUser,
    enable: enableUser,
    'resend-activation': (write, id) => resendActivation(write, id, !door.withoutMail),
  }
  for (const [name, act] of Object.entries(acts)) ofMany(app, door, `users/${name}`, act)
  ofMany(app, door, 'adoptions/approve', (write, id) => decideAdoption(write, id, 'approved'))
  ofMany(app, door, 'adoptions/decline', (write, id) => decideAdoption(write, id, 'declined'))
}

function ofMany(app: Api, door: ApiDoor, path: string, act: Act): void {
  app.post(
    `${base}/${path}`,
    { schema: { params, body: ChosenUsers, response: { 200: UserResults, 207: UserResults } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      allow(actor, 'users.write')
      const items = []
      for (const id of new Set(request.body.ids)) items.push(await one(door, actor, id, act))
      const isDone = items.every((item) => item.status === 204)
      return reply.code(isDone ? 200 : 207).send({ items })
    },
  )
}

/** One of many is a change of its own: a refusal is theirs alone. */
async function one(door: ApiDoor, actor: Actor, id: string, act: Act) {
  try {
    const token = await door.directory.change(actor, (write) => act(write, id))
    const link =
      typeof token === 'string' ? { activationLink: `${door.baseUrl}/activate/${token}` } : {}
    return { id, status: 204, code: null, detail: null, ...link }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { code, detail } = error.refusal
    return { id, status: refusalStatus[code], code, detail }
  }
}
