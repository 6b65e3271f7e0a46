import type { FastifyInstance } from 'fastify'
import { refuse } from '../model/refusals.ts'

/**
 * No name, address or token holds a NUL or half a surrogate pair, and PostgreSQL stores neither: they
 * are refused before any door looks at them. SCIM answers for itself, in the words of its standard.
 */
export function refuseBrokenText(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ url, params, query, body }) => {
    if (url.startsWith('/scim/')) return
    const pointer = findBroken(params) ?? findBroken(query) ?? findBroken(body)
    if (pointer === undefined) return
    const detail = 'The request holds text that is none: a NUL, or half a character.'
    refuse('request.invalid', detail, [{ pointer: pointer || '/', code: 'text' }])
  })
}

/**
 * By a list of what is left to look at, since a body may be nested as deep as it is long.
 * @returns where the first broken text stands (RFC 6901); undefined when all of it is whole.
 */
export function findBroken(value: unknown): string | undefined {
  const left: { pointer: string; value: unknown }[] = [{ pointer: '', value }]
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const { pointer, value: here } = one
    if (typeof here === 'string') {
      if (isBroken(here)) return pointer
    } else if (here !== null && typeof here === 'object') {
      for (const [key, inside] of Object.entries(here)) {
        if (isBroken(key)) return pointer
        // So far and no further: the place in a body that is nothing but depth helps nobody.
        const place = pointer.length < longestPointer ? `${pointer}/${escaped(key)}` : pointer
        left.push({ pointer: place, value: inside })
      }
    }
  }
  return undefined
}

const longestPointer = 200

const isBroken = (text: string) => text.includes('\0') || !text.isWellFormed()
/** One step of a JSON pointer. */
export const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')
