import type { FastifyRequest } from 'fastify'
import { firstAnswer, idempotencyHash, keepAnswer } from '../directory/index.ts'
import { hashSecret } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import { refuse } from '../model/refusals.ts'
import { type Api, type ApiDoor, callerFor } from './door.ts'

type Pending = { actor: Actor; keyHash: string; requestHash: string; done: () => void }

const shape = /^[\x21-\x7e]{1,255}$/

/**
 * GE-6: a POST that is sent again under its Idempotency-Key gets the first answer. Only what was
 * done is kept; a refusal changed nothing and is decided anew. Nor is an answer kept that is more
 * than its body: a cookie, by which a session begins or ends, and a file, which may be of any length.
 * The ways in take no key at all, since nobody is there yet to whom it could belong; the links and
 * codes that they act on work once.
 */
export function answerOnce(app: Api, door: ApiDoor): void {
  const pending = new WeakMap<FastifyRequest, Pending>()
  /** The second of two at the same moment waits here for the answer of the first. */
  const running = new Map<string, Promise<void>>()

  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key']
    if (request.method !== 'POST' || key === undefined) return undefined
    if (typeof key !== 'string' || !shape.test(key)) {
      return refuse(
        'request.invalid',
        'An Idempotency-Key has 1 to 255 visible ASCII characters.',
        [{ pointer: '/Idempotency-Key', code: 'invalid' }],
      )
    }
    const actor = await callerOf(door, request)
    // The route says so in its own words.
    if (!actor) return undefined
    const keyHash = idempotencyHash({ actor }, key)
    const requestHash = hashSecret(`${request.url}\n${JSON.stringify(request.body ?? null)}`)
    const turn = `${actor.organisationId} ${keyHash}`
    while (running.has(turn)) await running.get(turn)
    let free: () => void = () => undefined
    running.set(turn, new Promise((resolve) => (free = resolve)))
    const done = () => {
      running.delete(turn)
      free()
    }
    pending.set(request, { actor, keyHash, requestHash, done })

    const first = await door.directory.view(actor, (read) => firstAnswer(read, keyHash))
    if (!first) return undefined
    if (first.requestHash !== requestHash) {
      return refuse(
        'request.idempotency_mismatch',
        'This Idempotency-Key was sent with another request. Use a new key for a new request.',
      )
    }
    done()
    pending.delete(request)
    const body = door.secrets.open(first.response, 'idempotency')
    reply.code(first.status).header('idempotency-replayed', 'true')
    // A string passes the response schema untouched: it left through it once.
    return body === '' ? reply.send() : reply.type('application/json').serializer(String).send(body)
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const first = pending.get(request)
    if (!first) return payload
    pending.delete(request)
    try {
      const isFile = payload !== null && typeof payload === 'object'
      if (reply.statusCode < 300 && !isFile && !reply.hasHeader('set-cookie')) {
        const body = typeof payload === 'string' ? payload : ''
        await door.directory.change(first.actor, (write) =>
          keepAnswer(write, first.keyHash, {
            requestHash: first.requestHash,
            status: reply.statusCode,
            response: door.secrets.seal(body, 'idempotency'),
          }),
        )
      }
    } finally {
      first.done()
    }
    return payload
  })
}

/** Undefined when nobody is there. */
async function callerOf(door: ApiDoor, request: FastifyRequest): Promise<Actor | undefined> {
  const { url = '' } = request.routeOptions
  if (url.includes('/platform/')) return door.callers.platform(request)
  if (url.includes('/:organisationId/')) return callerFor(door, request)
  return (await door.callers.browser(request))?.actor
}
