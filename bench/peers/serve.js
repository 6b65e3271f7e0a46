import { createServer } from 'node:http'

const type = 'application/scim+json; charset=utf-8'

/** Says on standard output where this peer answers, and whom it knows by now. */
export function serve(handler, told) {
  const server = createServer(handler)
  server.keepAliveTimeout = 120_000
  server.requestTimeout = 0
  server.listen(Number(process.env.PORT), '127.0.0.1', () => {
    process.stdout.write(`${JSON.stringify({ ready: true, ...told })}\n`)
  })
  process.once('SIGTERM', () => process.exit(0))
}

export async function readJson(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString('utf8')) : undefined
}

export function answer(response, status, body) {
  const text = body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
