/** One identity provider talking to one connection: sends, writes the transcript, repeats what timed out. */
import type { SimulatedDirectory } from './directory.ts'
import {
  type Exchange,
  type Expectation,
  isObject,
  type JsonObject,
  type Method,
  type ScimResponse,
  type Step,
} from './exchange.ts'

export type Ask = {
  title: string
  method: Method
  path: string
  body?: JsonObject
  /** The statuses that are as they should be; with `holds`, parts of the body too. */
  expect: readonly number[]
  holds?: JsonObject
}

export type Session = {
  ask(ask: Ask): Promise<ScimResponse>
  /** The id at the server of a person or group that is there. */
  idOf(id: string): string
  knows(id: string): boolean
  learn(id: string, body: unknown): void
  forget(id: string): void
  /** As it is at the identity provider now. */
  directory: SimulatedDirectory
  readonly steps: readonly Step[]
}

export type SessionOptions = {
  exchange: Exchange
  directory: SimulatedDirectory
  /** For the request with this number, from 0. */
  headers: (turn: number, method: Method) => Record<string, string>
  /** Every so many writes, the answer is taken for lost and the same request is sent again. */
  timeoutEvery?: number | undefined
}

export function createSession(options: SessionOptions): Session {
  const { exchange, headers, timeoutEvery = 0 } = options
  const steps: Step[] = []
  const ids = new Map<string, string>()
  let writes = 0

  async function send({ title, expect, holds, ...sent }: Ask): Promise<ScimResponse> {
    const request = { ...sent, headers: headers(steps.length, sent.method) }
    const response = await exchange(request)
    const expected: Expectation = { status: expect, ...(holds ? { body: holds } : {}) }
    steps.push({ title, request, response, expected })
    return response
  }

  return {
    steps,
    directory: options.directory,
    async ask(ask) {
      const response = await send(ask)
      if (ask.method === 'GET') return response
      writes += 1
      if (timeoutEvery === 0 || writes % timeoutEvery !== 0) return response
      return send(again(ask, response))
    },
    idOf(id) {
      const known = ids.get(id)
      if (known === undefined) throw new Error(`${id} has not arrived yet.`)
      return known
    },
    knows: (id) => ids.has(id),
    learn(id, body) {
      if (isObject(body) && typeof body.id === 'string') ids.set(id, body.id)
    },
    forget: (id) => void ids.delete(id),
  }
}

/** What was carried out already is not carried out twice: made is there, deleted is gone. */
function again(ask: Ask, first: ScimResponse): Ask {
  const title = `${ask.title}, once more after a timeout`
  const worked = first.status < 300
  if (worked && ask.method === 'POST')
    return { ...without(ask), title, expect: [409], holds: { scimType: 'uniqueness' } }
  if (worked && ask.method === 'DELETE') return { ...without(ask), title, expect: [404] }
  return { ...ask, title }
}

function without({ holds: _, ...ask }: Ask): Ask {
  return ask
}

/** The first resource of a list, or undefined when it is empty. */
export function firstOf({ body }: ScimResponse): JsonObject | undefined {
  const resources = isObject(body) ? body.Resources : undefined
  const [first] = Array.isArray(resources) ? resources : []
  return isObject(first) ? first : undefined
}
