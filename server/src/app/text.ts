import type { FastifyInstance } from 'fastify'
import { refuse } from '../model/refusals.ts'

/**
 * No name, address or token holds a NUL or half a surrogate pair, and PostgreSQL stores neither: they
 * are refused before any door looks at them. SCIM answers for itself, in the words of its standard.
 */
export function refuseBrokenText(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ url, params, query, body }) => {
    if (url.startsWith('/scim/')) return
    if (isWhole(params) && isWhole(query) && isWhole(body)) return
    refuse('request.invalid', 'The request holds text that is none: a NUL, or half a character.')
  })
}

/** By a list of what is left to look at, since a body may be nested as deep as it is long. */
export function isWhole(value: unknown): boolean {
  const left = [value]
  while (left.length > 0) {
    const one = left.pop()
    if (typeof one === 'string') {
      if (one.includes('\0') || !one.isWellFormed()) return false
    } else if (Array.isArray(one)) {
      for (const item of one) left.push(item)
    } else if (one !== null && typeof one === 'object') {
      for (const [key, item] of Object.entries(one)) left.push(key, item)
    }
  }
  return true
}
