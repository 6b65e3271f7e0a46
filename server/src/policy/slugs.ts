const shape = /^[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]$/
const reserved = new Set([
  'admin',
  'api',
  'assets',
  'demo',
  'emergency',
  'health',
  'healthz',
  'join',
  'login',
  'metrics',
  'new',
  'platform',
  'readyz',
  'root',
  'saml',
  'scim',
  'settings',
  'setup',
  'static',
  'system',
  'usher',
  'www',
])

/** 3–40 of a–z, 0–9 and hyphen, not at the ends; no reserved word (GE-7). */
export function isSlug(slug: string): boolean {
  return shape.test(slug) && !reserved.has(slug)
}
