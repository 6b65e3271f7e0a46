import type { FastifyInstance } from 'fastify'

const form = 'application/x-www-form-urlencoded'
/** DESIGN §4.1 allows 512 kB; one more byte is refused by the reader with its own words, far more by the door. */
const maximumBytes = 1_048_576

/** Keeps every value of every field, so that a form with two SAMLResponses is seen for what it is. */
export function readForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    form,
    { parseAs: 'string', bodyLimit: maximumBytes },
    async (_request: unknown, body: string | Buffer) => new URLSearchParams(String(body)),
  )
}

/** The value of a field that is there exactly once. */
export function soleField(body: unknown, name: string): string | undefined {
  if (!(body instanceof URLSearchParams)) return undefined
  const values = body.getAll(name)
  return values.length === 1 ? values[0] : undefined
}
