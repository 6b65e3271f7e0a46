import type { FastifyInstance } from 'fastify'

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join(';')

const headers = {
  'content-security-policy': contentSecurityPolicy,
  // A test sign-in opens in a window of its own, goes to the identity provider and comes back.
  'cross-origin-opener-policy': 'same-origin-allow-popups',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  // The filter that this switches off could be turned against a page.
  'x-xss-protection': '0',
}
const httpsHeaders = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }

/**
 * What every answer tells a browser about itself, on every door; a route may say otherwise. They are
 * always the same, so they are written down and not worked out for each of thousands of calls.
 */
export function tellSecurityHeaders(app: FastifyInstance, baseUrl: string): void {
  const all = baseUrl.startsWith('https:') ? { ...headers, ...httpsHeaders } : headers
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(all)
    done()
  })
}
