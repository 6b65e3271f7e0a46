import { expect, test } from 'vitest'
import { detectDialect, dialects, quirks } from './index.ts'

test.each<[string, Parameters<typeof detectDialect>[0]]>([
  ['okta', { userAgent: 'Okta SCIM Client 1.0.0' }],
  ['onelogin', { userAgent: 'OneLogin SCIM' }],
  ['jumpcloud', { userAgent: 'JumpCloud/1.0' }],
  ['google', { userAgent: 'Google-Auto-Provisioning' }],
  ['ping', { userAgent: 'PingFederate' }],
  ['authentik', { userAgent: 'authentik/2026.2' }],
  ['entra', { url: '/scim/o/v2/Users?aadOptscim062020' }],
  ['entra', { userAgent: 'Apache-HttpClient', body: '{"Operations":[{"op": "Add"}]}' }],
  ['entra', { body: '"http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"' }],
  ['generic', { body: '{"Operations":[{"op":"add"}]}' }],
  ['generic', {}],
])('%s is recognised from %j', (name, traffic) => {
  expect(detectDialect(traffic).name).toBe(name)
})

test('every quirk belongs to a provider and has a source', () => {
  const used = new Set(dialects.flatMap((dialect) => dialect.quirks))

  expect([...used].toSorted()).toEqual(Object.keys(quirks).toSorted())
  for (const { source } of Object.values(quirks)) expect(source).toMatch(/^https:\/\//)
})
