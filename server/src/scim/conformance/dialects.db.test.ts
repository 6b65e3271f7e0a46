/** Every quirk that a dialect names is one that its simulated identity provider really shows. */
import { describe, expect, test } from 'vitest'
import { createScimOrganisation } from '../../../testing/scim.ts'
import {
  isAsExpected,
  type ScimRequest,
  sampleDirectory,
  sampleYear,
  simulatedProviders,
  simulatedScimClient,
} from '../../demo/index.ts'
import { detectDialect, dialects, type quirks } from '../core/index.ts'

type Operation = { op: string; path?: string; value?: unknown }
type Sent = ScimRequest & { text: string; url: string; operations: Operation[] }

function read(request: ScimRequest): Sent {
  const operations = (request.body?.Operations ?? []) as Operation[]
  const url = decodeURIComponent(request.path)
  return { ...request, url, operations, text: JSON.stringify(request.body ?? {}) }
}

const isRemoval = ({ op }: Operation) => op.toLowerCase() === 'remove'
const someOperation = (meets: (operation: Operation) => boolean) => (all: Sent[]) =>
  all.some(({ operations }) => operations.some(meets))
const someBody = (pattern: RegExp) => (all: Sent[]) => all.some(({ text }) => pattern.test(text))
const isBlank = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** How each quirk is told from what was sent. */
const marks: Record<keyof typeof quirks, (all: Sent[]) => boolean> = {
  capitalisedOps: someOperation(({ op }) => /^[A-Z]/.test(op)),
  textBooleans: someOperation(({ path, value }) => path === 'active' && value === 'False'),
  pathsAsNames: someOperation(
    ({ path, value }) =>
      path === undefined && isBlank(value) && Object.keys(value).some((name) => /[.:]/.test(name)),
  ),
  bareManager: someOperation(
    ({ path, value }) =>
      path?.endsWith(':manager') === true && typeof value === 'string' && value !== '',
  ),
  emptyManagerClears: someOperation(
    ({ path, value }) =>
      path?.endsWith(':manager') === true && isBlank(value) && value.value === '',
  ),
  primaryRolePath: someOperation(({ path }) => path === 'roles[primary eq "True"].value'),
  removesByValue: someOperation(
    (operation) =>
      isRemoval(operation) && operation.path === 'members' && Array.isArray(operation.value),
  ),
  replaceBuildsValue: someOperation(({ path }) => path === 'emails[type eq "work"].value'),
  foreignGroupSchema: someBody(/schemas\.microsoft\.com\/2006\/11/),
  filterBehindValuePath: (all) =>
    all.some(({ url }) => url.includes('emails[type eq "work"].value eq "')),
  sendsPassword: someBody(/"groups":\[\].*"password":/),
  repeatsOwnId: someOperation(
    ({ path, value }) => path === undefined && isBlank(value) && 'id' in value,
  ),
  emptyListMeansEmptyGroup: someOperation(
    ({ op, path, value }) =>
      op === 'replace' && path === 'members' && Array.isArray(value) && value.length === 0,
  ),
  emptyTexts: someBody(/"title":"".*"userType":""/),
  oldSchemas: someBody(/urn:scim:schemas:core:1\.0/),
  filtersEmailsWithoutSub: (all) => all.some(({ url }) => /filter=emails eq "/.test(url)),
  repeatsSchemas: someOperation(
    ({ path, value }) =>
      path === undefined && isBlank(value) && 'schemas' in value && 'id' in value,
  ),
  operationPerMember: (all) =>
    all.some(
      ({ operations }) =>
        operations.length > 1 &&
        operations.every(
          ({ op, value }) => op === 'add' && Array.isArray(value) && value.length === 1,
        ),
    ),
  suspendsBeforeDelete: (all) =>
    all.some(
      ({ method, path }, index) =>
        method === 'DELETE' &&
        all
          .slice(0, index)
          .some((earlier) => earlier.path === path && /"active","value":false/.test(earlier.text)),
    ),
}

async function everythingSent(name: (typeof simulatedProviders)[number], options: object) {
  const acme = await createScimOrganisation({ syncRoles: true })
  const { exchange } = acme
  const idp = simulatedScimClient(name, { directory: sampleDirectory(), exchange, ...options })
  await idp.testConnection()
  await idp.initialCycle()
  await idp.incrementalCycle(sampleYear().flatMap(({ changes }) => changes))
  return idp.transcript.map(({ request }) => read(request))
}

/** The settings at the identity provider that change what it sends. */
const settings: Partial<Record<string, object[]>> = {
  entra: [{}, { aadOptscim062020: true }],
  okta: [{}, { application: 'wizard' }],
}

describe.each(simulatedProviders)('the simulated %s', (name) => {
  test('shows every quirk of its dialect', async () => {
    const sent: Sent[] = []
    for (const options of settings[name] ?? [{}])
      sent.push(...(await everythingSent(name, options)))

    const dialect = dialects.find((one) => one.name === name)
    const shown = dialect?.quirks.filter((quirk) => marks[quirk](sent))
    expect(shown).toEqual(dialect?.quirks)
  })

  test('finds everything in place when it starts all over, and changes nothing', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const { exchange } = acme
    const start = () =>
      simulatedScimClient(name, { directory: sampleDirectory(), exchange }).initialCycle()
    await start()
    const before = await acme.eventNames()

    const again = await start()

    expect(again.filter((step) => !isAsExpected(step))).toEqual([])
    expect(again.filter(({ request }) => request.method === 'POST')).toEqual([])
    expect(await acme.eventNames()).toEqual(before)
  })

  test('takes over who was here before, under the same id', async () => {
    const acme = await createScimOrganisation()
    const { email, id } = acme.manager
    const { people, groups } = sampleDirectory()
    const ana = {
      id: 'ana',
      userName: email,
      email,
      firstName: 'Ana',
      lastName: 'Ruiz',
      displayName: 'Ana Ruiz',
      active: true,
    }
    const directory = { people: [ana, ...people], groups }
    const idp = simulatedScimClient(name, { directory, exchange: acme.exchange, roles: false })

    await idp.initialCycle()

    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
    expect(idp.outcome().people[0]).toMatchObject({ id, userName: email })
    await acme.expectOutcome(idp.outcome())
    expect((await acme.api('GET', `/users/${id}`)).body).toMatchObject({
      managedBy: 'scim',
      roles: expect.arrayContaining(['ROLE_MANAGER']),
    })
  })

  test('is recognised by what it calls itself', async () => {
    const sent = await everythingSent(name, {})

    const named = sent.filter(({ headers }) => headers['user-agent'] !== undefined)
    const recognised = named.map(
      ({ headers, path, text }) =>
        detectDialect({ userAgent: headers['user-agent'] ?? '', url: path, body: text }).name,
    )
    expect(new Set(recognised)).toEqual(new Set([name]))
  })
})

test('every dialect but the plain standard has a simulated identity provider', () => {
  const names = dialects.map(({ name }) => name).filter((name) => name !== 'generic')

  expect(names.toSorted()).toEqual([...simulatedProviders].toSorted())
})
