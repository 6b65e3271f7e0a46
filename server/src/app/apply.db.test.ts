import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { environmentOf, runUsher } from '../../testing/command.ts'
import { createIdentityProvider } from '../../testing/identity-provider.ts'
import { createOpenIdProvider } from '../../testing/openid-provider.ts'
import { startUsher } from '../../testing/organisation.ts'
import { domainToVerify, recordOf, settleDomainCheck } from '../directory/index.ts'
import { newId } from '../lib/ids.ts'
import { systemActor } from '../model/actor.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import { type Applied, applyOrganisation } from './apply.ts'
import { readDeclared } from './declared.ts'

const idp = createIdentityProvider()

/** The whole of what a file can say today, for an organisation of its own. */
function acme() {
  const slug = `acme-${newId().slice(-12)}`
  return {
    organisation: { name: 'Acme', slug },
    domains: [{ name: 'acme.test', verified: true }],
    managers: [{ email: `ana@${slug}.test`, firstName: 'Ana', lastName: 'Ruiz' }],
    breakGlass: [{ email: 'emergency@acme.test', password: 'Correct-horse-7' }],
    loginMethod: {
      method: 'sso',
      saml: { metadataFile: 'idp.xml', connectionName: 'Entra ID', provider: 'entra' },
    },
    provisioning: { source: 'sso_jit' },
    pools: [{ name: 'Production', roles: ['ROLE_USER'] }],
    groups: [{ name: 'Engineers', pools: [{ pool: 'Production', roles: ['ROLE_USER'] }] }],
    apiKeys: [{ label: 'deployment', scopes: ['users:read', 'users:write', 'audit:read'] }],
  }
}

function fileOf(state: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'usher-apply-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'state.yaml')
  writeFileSync(file, typeof state === 'string' ? state : stringify(state))
  writeFileSync(join(folder, 'idp.xml'), idp.metadataXml)
  return file
}

/** In this process, which is quicker. @returns what was done to each organisation. */
async function applyHere(state: unknown, plan = false): Promise<Applied[]> {
  const { directory, vault, clock, config } = await startUsher()
  const { baseUrl } = config
  const parts = { directory, vault, clock, baseUrl, outboundAllow: [], googleAvailable: false }
  const { organisations, folder } = await readDeclared(fileOf(state))
  const applied: Applied[] = []
  for (const one of organisations) applied.push(await applyOrganisation(parts, one, folder, plan))
  return applied
}

/** @returns undefined when the state was applied. */
async function refusalOf(state: unknown, plan = false): Promise<Refusal | undefined> {
  try {
    await applyHere(state, plan)
  } catch (error) {
    if (error instanceof Refused) return error.refusal
    throw error
  }
  return undefined
}

async function applyOne(state: object, plan = false): Promise<Applied> {
  const [one] = await applyHere(state, plan)
  if (!one) throw new Error('The file declares no organisation.')
  return one
}

/** Beside the server that has the database open. */
async function apply(state: unknown, ...options: string[]) {
  const { config } = await startUsher()
  return runUsher(['apply', '-f', fileOf(state), ...options], environmentOf(config))
}

async function rowsOf(organisationId: string) {
  const { store } = await startUsher()
  const counted: Record<string, number> = {}
  const tables = ['users', 'events', 'domains', 'groups', 'pools', 'grants', 'api_keys'] as const
  for (const table of [...tables, 'break_glass_accounts', 'scim_tokens', 'links'] as const) {
    const { rows } = await store.read
      .selectFrom(table)
      .select((count) => count.fn.countAll<number>().as('rows'))
      .where('org_id', '=', organisationId)
      .executeTakeFirstOrThrow()
    counted[table] = Number(rows)
  }
  return counted
}

const eventsOf = async (organisationId: string) =>
  (await startUsher()).store.read
    .selectFrom('events')
    .selectAll()
    .where('org_id', '=', organisationId)
    .orderBy('id')
    .execute()

test('DESIGN §7: one run brings an organisation up while the server runs, and prints what scripts need', async () => {
  const usher = await startUsher()
  const state = acme()
  const { slug } = state.organisation

  const { code, json, err } = await apply(state, '--json')

  expect({ code, err }).toEqual({ code: 0, err: '' })
  const base = `${usher.config.baseUrl}/saml/${json.id}`
  expect(json).toMatchObject({
    slug,
    loginUrl: `${usher.config.baseUrl}/login/${slug}`,
    portalUrl: `${usher.config.baseUrl}/o/${slug}`,
    saml: {
      acsUrl: `${base}/acs`,
      entityId: `${base}/metadata`,
      metadataUrl: `${base}/metadata`,
      startUrl: `${base}/start`,
    },
    scim: { baseUrl: `${usher.config.baseUrl}/scim/${json.id}/v2`, tokens: [] },
    apiKeys: [{ label: 'deployment', key: expect.stringMatching(/^usk_/) }],
    managers: [
      { email: state.managers[0]?.email, setupUrl: expect.stringContaining('/activate/') },
    ],
    organisations: [{ slug }],
  })
  const page = await usher.app.inject({ url: `/api/v1/sign-in/${slug}` })
  expect(page.json()).toMatchObject({ method: 'sso', connectionName: 'Entra ID' })
  const people = await usher.app.inject({
    url: `/api/v1/orgs/${json.id}/users`,
    headers: { authorization: `Bearer ${json.apiKeys[0].key}` },
  })
  expect(people.json()).toMatchObject({
    total: 1,
    items: [{ roles: ['ROLE_MANAGER', 'ROLE_USER'] }],
  })
})

test('DESIGN §7: a second run changes nothing, writes nothing and shows no secret again', async () => {
  const state = acme()
  const first = await apply(state, '--json')
  const before = await rowsOf(first.json.id)

  const second = await apply(state, '--json')
  const inWords = await apply(state)

  expect(second.code).toBe(0)
  expect(second.json).toMatchObject({
    id: first.json.id,
    changes: [],
    apiKeys: [],
    managers: [],
    breakGlass: [],
  })
  expect(await rowsOf(first.json.id)).toEqual(before)
  expect(inWords.out).toContain('nothing to change')
})

test('DESIGN §7: a plan says what would change and changes nothing', async () => {
  const usher = await startUsher()
  const state = acme()

  const plan = await apply(state, '--plan')
  const planned = await apply(state, '--plan', '--json')
  const page = await usher.app.inject({ url: `/api/v1/sign-in/${state.organisation.slug}` })
  const done = await apply(state, '--json')

  expect(plan.out).toContain('would be: login method sso')
  expect(plan.out).not.toContain('usk_')
  expect(page.statusCode).toBe(404)
  expect(planned.json.changes).toEqual(done.json.changes)
  expect(await eventsOf(planned.json.id)).toEqual([])
})

test('DESIGN §7: a plan with --json shows no secret of what it did not make', async () => {
  const planned = await apply(acme(), '--plan', '--json')

  expect(planned.json).toMatchObject({ apiKeys: [], managers: [], breakGlass: [] })
  expect(planned.out).not.toContain('usk_')
  expect(planned.out).not.toContain('/activate/')
})

test('LM-16, AU-1: an operator may set SSO without a test, and the audit says so', async () => {
  const { json } = await apply(acme(), '--json')

  const events = await eventsOf(json.id)

  expect(new Set(events.map((event) => event.actor_kind))).toEqual(new Set(['operator']))
  const told = events.filter((event) => /connection|login_method/.test(event.type))
  expect(told.map((event) => [event.type, JSON.parse(event.data ?? '{}')])).toEqual([
    ['connection.changed', { withoutTest: true }],
    ['login_method.changed', { withoutTest: true }],
  ])
  expect(events.map((event) => event.type)).toEqual(
    expect.arrayContaining([
      'organisation.created',
      'domain.verified',
      'user.joined',
      'break_glass.created',
      'provisioning.changed',
      'pool.created',
      'group.created',
      'group.pool_granted',
      'api_key.created',
    ]),
  )
  expect(JSON.stringify(events)).not.toContain(json.apiKeys[0].key)
  expect(JSON.stringify(events)).not.toContain('Correct-horse-7')
})

test('a changed file changes what it names, in words and in the audit, and nothing else', async () => {
  const state = acme()
  const first = await apply(state, '--json')
  const before = (await eventsOf(first.json.id)).length

  const second = await apply(
    {
      ...state,
      organisation: { ...state.organisation, name: 'Acme Limited' },
      provisioning: { source: 'portal' },
      pools: [...state.pools, { name: 'Staging' }],
    },
    '--json',
  )

  expect(second.json.changes).toEqual([
    'organisation renamed to Acme Limited',
    'pool Staging made',
    'source portal',
  ])
  const events = (await eventsOf(first.json.id)).slice(before)
  expect(events.map((event) => event.type)).toEqual([
    'organisation.changed',
    'pool.created',
    'provisioning.changed',
  ])
})

/** What a file changes of an organisation, in words and in the audit, and that it changes nothing twice. */
async function changesBy(state: object, { id }: Applied) {
  const before = (await eventsOf(id)).length
  const planned = await applyOne(state, true)
  const { changes, notes } = await applyOne(state)
  const written = (await eventsOf(id)).slice(before)
  const again = await applyOne(state)

  expect(planned).toMatchObject({ changes, notes })
  expect(again).toMatchObject({ changes: [], notes })
  expect((await eventsOf(id)).slice(before)).toEqual(written)
  return { changes, notes, events: written.map((event) => event.type) }
}

const afterwards = async (first: object, then: object) => changesBy(then, await applyOne(first))

const byPassword = () => ({
  ...acme(),
  loginMethod: { method: 'password' },
  provisioning: { source: 'portal' },
})

describe('a changed file changes what it names, once', () => {
  test('the name of a manager', async () => {
    const state = acme()
    const [ana] = state.managers

    const { changes, events } = await afterwards(state, {
      ...state,
      managers: [{ ...ana, lastName: 'Ruiz Soto' }],
    })

    expect(changes).toEqual([`manager ${ana?.email} is called Ana Ruiz Soto`])
    expect(events).toEqual(['user.changed'])
  })

  test('the name of a manager, with the way back from SCIM to the portal', async () => {
    const state = acme()
    const [ana] = state.managers

    const { changes } = await afterwards(
      { ...state, provisioning: { source: 'scim' } },
      { ...state, provisioning: { source: 'portal' }, managers: [{ ...ana, firstName: 'Anna' }] },
    )

    expect(changes).toEqual(['source portal', `manager ${ana?.email} is called Anna Ruiz`])
  })

  test('that somebody who is here is a manager', async () => {
    const state = byPassword()
    const first = await applyOne(state)
    const usher = await startUsher()
    const made = await usher.app.inject({
      method: 'POST',
      url: `/api/v1/orgs/${first.id}/users`,
      headers: { authorization: `Bearer ${first.apiKeys[0]?.key}` },
      payload: { email: 'ben@acme.test', firstName: 'Ben', lastName: 'Okri' },
    })
    const ben = { email: 'ben@acme.test', firstName: 'Ben', lastName: 'Okri' }

    const { changes, events } = await changesBy(
      { ...state, managers: [...state.managers, ben] },
      first,
    )

    expect(made.statusCode).toBe(201)
    expect(changes).toEqual(['ben@acme.test is a manager'])
    expect(events).toEqual(['user.role_granted'])
  })

  test('the pools that a group reaches, and those that it no longer reaches', async () => {
    const state = acme()
    const pools = [...state.pools, { name: 'Staging' }]
    const [engineers] = state.groups

    const moved = await afterwards(state, {
      ...state,
      pools,
      groups: [{ ...engineers, pools: [{ pool: 'staging' }] }],
    })
    const emptied = await afterwards(state, { ...state, groups: [{ ...engineers, pools: [] }] })

    expect(moved.changes).toEqual([
      'pool Staging made',
      'group Engineers reaches staging as ROLE_USER',
      'group Engineers no longer reaches Production as ROLE_USER',
    ])
    expect(moved.events).toEqual(['pool.created', 'group.pool_granted', 'group.pool_revoked'])
    expect(emptied.changes).toEqual(['group Engineers no longer reaches Production as ROLE_USER'])
  })

  test('but not the pools of a group for which it names none, nor those of the Default group', async () => {
    const state = acme()

    const { changes, events } = await afterwards(state, {
      ...state,
      groups: [{ name: 'Engineers' }, { name: 'Default', pools: [] }],
    })

    expect([changes, events]).toEqual([[], []])
  })

  test('the roles of a pool', async () => {
    const state = acme()

    const { changes, events } = await afterwards(state, {
      ...state,
      pools: [{ name: 'Production', roles: [] }],
    })

    expect([changes, events]).toEqual([['pool Production has no role'], ['pool.changed']])
  })

  test('the self-service link and its domains', async () => {
    const state = byPassword()
    const selfService = { enabled: true, allowedDomains: ['acme.test', 'acme.example'] }

    const { changes, events } = await afterwards(state, {
      ...state,
      provisioning: { source: 'portal', selfService },
    })
    const closed = await afterwards(state, {
      ...state,
      provisioning: { source: 'portal', selfService: { ...selfService, enabled: false } },
    })

    expect([changes, events]).toEqual([['self-service settings'], ['self_service.changed']])
    expect(closed.changes).toEqual(['self-service link closed'])
    expect(closed.events).toEqual(['provisioning.changed'])
  })

  test('SS-7: that the link is closed is no change while another source closes it', async () => {
    const state = acme()

    const { changes, events } = await afterwards(state, {
      ...state,
      provisioning: { source: 'sso_jit', selfService: { enabled: false } },
    })

    expect([changes, events]).toEqual([[], []])
  })

  test('AK-1: a key that ran out is made anew', async () => {
    const state = acme()
    const first = await applyOne(state)
    const { store } = await startUsher()
    await store.write((db) =>
      db.updateTable('api_keys').set({ expires_at: 1 }).where('org_id', '=', first.id).execute(),
    )

    const { changes, events } = await changesBy(state, first)

    expect([changes, events]).toEqual([['API key deployment made'], ['api_key.created']])
  })
})

describe('what a file cannot change it is refused for, or told of', () => {
  test('AK-2: a key keeps its scopes, in whatever order they are named', async () => {
    const state = acme()
    const { id } = await applyOne(state)
    const before = await rowsOf(id)
    const key = (...scopes: string[]) => ({ ...state, apiKeys: [{ label: 'deployment', scopes }] })

    const turned = await applyOne(key('audit:read', 'users:write', 'users:read'))
    const planned = await refusalOf(key('users:read'), true)
    const refused = await refusalOf(key('users:read', 'keys:write'))

    expect(turned.changes).toEqual([])
    expect(planned?.detail).toBe(
      'API key deployment has the scopes users:read, users:write, audit:read and keeps them: declare another label.',
    )
    expect(refused).toEqual(planned)
    expect(await rowsOf(id)).toEqual(before)
  })

  test('a pool that is neither declared nor there', async () => {
    const state = acme()
    const groups = [{ name: 'Engineers', pools: [{ pool: 'Produktion' }] }]

    const refused = await refusalOf({ ...state, groups })
    const { pools: _, ...without } = state
    const known = await afterwards(state, without)

    expect(refused?.detail).toBe(
      'There is no pool Produktion for the group Engineers. Declare it under pools.',
    )
    expect(known.changes).toEqual([])
  })

  test('LM-36: the password of somebody who has one, since they may have chosen it', async () => {
    const state = byPassword()
    const [ana] = state.managers
    const named = (password: string) => ({ ...state, managers: [{ ...ana, password }] })
    const [emergency] = state.breakGlass

    const { changes, notes, events } = await afterwards(named('Correct-horse-7'), {
      ...named('Other-horse-8'),
      breakGlass: [{ ...emergency, password: 'Other-horse-8' }],
    })
    const signIn = await signInOf(state.organisation.slug, ana?.email, 'Correct-horse-7')
    const inWords = await apply(named('Other-horse-8'))

    expect([changes, events]).toEqual([[], []])
    expect(notes).toEqual([
      `manager ${ana?.email} has another password and keeps it`,
      'emergency account emergency@acme.test has another password and keeps it',
    ])
    expect(signIn.statusCode).toBe(200)
    expect(inWords.out).toContain('  stays: manager')
  })

  test('a manager who is deactivated stays so', async () => {
    const state = byPassword()
    const [ana] = state.managers
    const first = await applyOne(state)
    const { store } = await startUsher()
    await store.write((db) =>
      db
        .updateTable('users')
        .set({ status: 'deactivated' })
        .where('org_id', '=', first.id)
        .execute(),
    )

    const { changes, notes } = await changesBy(
      { ...state, managers: [{ ...ana, firstName: 'Anna' }] },
      first,
    )

    expect([changes, notes]).toEqual([[], [`manager ${ana?.email} is deactivated`]])
  })

  test('the name of a manager whom SCIM governs', async () => {
    const state = acme()
    const [ana] = state.managers
    const scim = { ...state, provisioning: { source: 'scim' } }

    const { changes, notes } = await afterwards(scim, {
      ...scim,
      managers: [{ ...ana, firstName: 'Anna' }],
    })

    expect(changes).toEqual([])
    expect(notes).toEqual([
      `manager ${ana?.email} is called Ana Ruiz. SCIM governs the people of this organisation. Edit them in the identity provider.`,
    ])
  })
})

test('LM-13: with the way back to the password, a declared one opens the account of a manager', async () => {
  const state = acme()
  const [ana] = state.managers

  const { changes } = await afterwards(state, {
    ...byPassword(),
    organisation: state.organisation,
    managers: [{ ...ana, password: 'Correct-horse-7' }],
  })
  const signIn = await signInOf(state.organisation.slug, ana?.email, 'Correct-horse-7')

  expect(changes).toContain(`manager ${ana?.email} given a password`)
  expect(signIn.statusCode).toBe(200)
})

test('SE-15: a domain that was proved stays proved when the file does not vouch for it', async () => {
  const state = { ...acme(), domains: [{ name: 'acme.test' }] }
  const first = await applyOne(state)
  const { directory } = await startUsher()
  await directory.change(systemActor(first.id), async (write) => {
    const record = recordOf(await domainToVerify(write, 'acme.test'))
    await settleDomainCheck(write, 'acme.test', { found: [record.value] })
  })

  const { changes, events } = await changesBy(state, first)

  expect([changes, events]).toEqual([[], []])
})

async function signInOf(slug: string, email: string | undefined, password: string) {
  const { app } = await startUsher()
  const url = `/api/v1/sign-in/${slug}/password`
  return app.inject({ method: 'POST', url, payload: { email, password } })
}

test('DESIGN §7: several organisations stand in one file', async () => {
  const [one, two] = [acme(), acme()]

  const both = await apply({ organisations: [one, two] }, '--json')
  const again = await apply({ organisations: [one, two] }, '--json')

  expect(both.json.organisations.map((each: { slug: string }) => each.slug)).toEqual([
    one.organisation.slug,
    two.organisation.slug,
  ])
  expect(new Set(both.json.organisations.map((each: { id: string }) => each.id)).size).toBe(2)
  expect(again.json.organisations.flatMap((each: { changes: string[] }) => each.changes)).toEqual(
    [],
  )
})

test('what a file did before one of its organisations was refused is printed, with the secrets that are shown once', async () => {
  const [one, two, three] = [acme(), acme(), acme()]
  const refused = { ...two, provisioning: { source: 'sso_jit' }, loginMethod: undefined }

  const told = await apply({ organisations: [one, refused, three] }, '--json')
  const [four, five] = [acme(), acme()]
  const inWords = await apply({
    organisations: [four, { ...five, provisioning: refused.provisioning, loginMethod: undefined }],
  })

  expect(told.code).toBe(1)
  expect(told.json.organisations).toMatchObject([
    {
      slug: one.organisation.slug,
      apiKeys: [{ key: expect.stringMatching(/^usk_/) }],
      managers: [{ setupUrl: expect.stringContaining('/activate/') }],
    },
  ])
  expect(told.json.error).toEqual({
    code: 'login_method.not_set',
    detail: `${two.organisation.slug}: Choose how people sign in first.`,
  })
  expect(told.json.slug).toBeUndefined()
  expect(inWords.code).toBe(1)
  expect(inWords.out).toMatch(/API key deployment: usk_/)
  expect(inWords.err).toBe(`${five.organisation.slug}: Choose how people sign in first.\n`)
  const usher = await startUsher()
  const page = (slug: string) => usher.app.inject({ url: `/api/v1/sign-in/${slug}` })
  expect((await page(one.organisation.slug)).statusCode).toBe(200)
  expect((await page(three.organisation.slug)).statusCode).toBe(404)
})

test('DESIGN §7: OpenID Connect is declared like SAML, its secret is nowhere to be read, and a second run changes nothing', async () => {
  const provider = await createOpenIdProvider()
  const oidc = {
    connectionName: 'Keycloak',
    provider: 'keycloak',
    discoveryUrl: provider.discoveryUrl,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
  }
  const state = { ...acme(), loginMethod: { method: 'sso', oidc } }

  const first = await apply(state, '--json')
  const again = await apply(state, '--json')
  const { clientSecret: _, ...without } = oidc
  const kept = await apply({ ...state, loginMethod: { method: 'sso', oidc: without } }, '--json')
  const other = await apply(
    { ...state, loginMethod: { method: 'sso', oidc: { ...oidc, clientSecret: 'another' } } },
    '--json',
  )

  const base = `https://usher.example/oidc/${first.json.id}`
  expect(first).toMatchObject({
    code: 0,
    json: {
      oidc: {
        redirectUri: `${base}/callback`,
        jwksUrl: `${base}/jwks`,
        startUrl: `${base}/start`,
      },
    },
  })
  expect(first.json.changes).toContainEqual(expect.stringContaining('login method sso (settings '))
  expect([again, kept].map(({ code, json }) => [code, json.changes])).toEqual([
    [0, []],
    [0, []],
  ])
  expect(other.json.changes).toEqual([expect.stringContaining('login method sso (settings ')])
  const events = await eventsOf(first.json.id)
  expect(events.map(({ type }) => type)).toContain('connection.changed')
  expect(JSON.stringify([first, other, events])).not.toContain(provider.clientSecret)
  await provider.close()
})

describe('a bad file names the place and changes nothing', () => {
  const bad = (change: (state: ReturnType<typeof acme>) => unknown) => change(acme())

  test.each([
    [
      'a missing slug',
      bad((state) => ({ ...state, organisation: { name: 'Acme' } })),
      'organisation.slug',
    ],
    ['an unknown field', bad((state) => ({ ...state, colour: 'red' })), 'colour'],
    [
      'an unknown method',
      bad((state) => ({ ...state, loginMethod: { method: 'magic' } })),
      'loginMethod.method',
    ],
    [
      'a manager without a name',
      bad((state) => ({ ...state, managers: [{ email: 'a@b.test', lastName: 'Z' }] })),
      'managers.0.firstName',
    ],
    [
      'a role that is none of a pool',
      bad((state) => ({ ...state, pools: [{ name: 'P', roles: ['ROLE_MANAGER'] }] })),
      'pools.0.roles.0',
    ],
    [
      'the second of two organisations',
      { organisations: [acme(), { organisation: { name: 'X' } }] },
      'organisations.1.organisation.slug',
    ],
    [
      'a public suffix as a domain',
      bad((state) => ({ ...state, domains: [{ name: 'co.uk', verified: true }] })),
      'domains.0.name: co.uk: Enter a whole domain of your own',
    ],
    [
      'a free mail domain',
      bad((state) => ({ ...state, domains: [{ name: 'gmail.com' }] })),
      'domains.0.name: gmail.com: Anybody can have an address',
    ],
    [
      'a blank name of an organisation',
      bad((state) => ({ ...state, organisation: { ...state.organisation, name: '  ' } })),
      'organisation.name',
    ],
    [
      'a line feed in the name of a manager',
      bad((state) => ({ ...state, managers: [{ ...state.managers[0], lastName: 'Ru\niz' }] })),
      'managers.0.lastName: no control characters',
    ],
    [
      'a control character in the name of a group',
      bad((state) => ({ ...state, groups: [{ name: 'Engi\u0007neers' }] })),
      'groups.0.name',
    ],
    ['a blank pool', bad((state) => ({ ...state, pools: [{ name: ' ' }] })), 'pools.0.name'],
    [
      'a NUL in a secret',
      bad((state) => ({
        ...state,
        loginMethod: {
          method: 'sso',
          oidc: { discoveryUrl: 'https://idp.example', clientId: 'a', clientSecret: 'b\0' },
        },
      })),
      'loginMethod/oidc/clientSecret',
    ],
    [
      'SAML settings beside the method password',
      bad((state) => ({ ...state, loginMethod: { ...state.loginMethod, method: 'password' } })),
      'loginMethod.saml: These settings belong to the login method sso.',
    ],
    [
      'a second factor for other methods than the password',
      bad((state) => ({
        ...state,
        loginMethod: { ...state.loginMethod, requireSecondFactor: true },
      })),
      'loginMethod.requireSecondFactor',
    ],
    [
      'a Workspace domain that is none',
      bad((state) => ({
        ...state,
        loginMethod: { method: 'google', google: { workspaceDomain: 'acme' } },
      })),
      'loginMethod.google.workspaceDomain: acme is no domain name.',
    ],
    [
      'Google without a client of the installation',
      bad((state) => ({
        ...state,
        loginMethod: { method: 'google' },
        provisioning: { source: 'portal' },
      })),
      'This installation has no Google client.',
    ],
    ['an alias of nothing', 'organisation: *acme', 'alias'],
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi']
        .map((one, index) => `${one}: &${one} [${`*${'abcdefgh'[index]},`.repeat(9)}]`)
        .join('\n')}`,
      'Excessive alias count',
    ],
    ['broken YAML', 'organisation: { name: Acme, slug: acme\n  domains: [', 'line 1'],
    ['an empty file', '', 'file'],
    [
      'a reserved slug',
      bad((state) => ({ ...state, organisation: { name: 'A', slug: 'admin' } })),
      'slug',
    ],
    [
      'a domain that is none',
      bad((state) => ({ ...state, domains: [{ name: 'not a domain' }] })),
      'not a domain',
    ],
    [
      'a metadata file that is not there',
      bad((state) => ({
        ...state,
        loginMethod: { method: 'sso', saml: { metadataFile: 'gone.xml' } },
      })),
      'gone.xml',
    ],
    [
      'SSO without settings',
      bad((state) => ({ ...state, loginMethod: { method: 'sso' } })),
      'identity provider',
    ],
    [
      'SAML and OpenID Connect at once',
      bad((state) => ({
        ...state,
        loginMethod: {
          ...state.loginMethod,
          oidc: { discoveryUrl: 'https://idp.example', clientId: 'a', clientSecret: 'b' },
        },
      })),
      'one identity-management connection',
    ],
    [
      'an OpenID provider that does not answer',
      bad((state) => ({
        ...state,
        loginMethod: {
          method: 'sso',
          oidc: { discoveryUrl: 'http://127.0.0.1:9', clientId: 'a', clientSecret: 'b' },
        },
      })),
      '127.0.0.1:9',
    ],
    [
      'JIT without SSO',
      bad((state) => ({ ...state, loginMethod: { method: 'password' } })),
      'SAML JIT requires SSO',
    ],
    [
      'an unknown scope',
      bad((state) => ({ ...state, apiKeys: [{ label: 'deployment', scopes: ['users:all'] }] })),
      'users:all',
    ],
  ])('%s', async (_, state, place) => {
    const usher = await startUsher()

    const told = await refusalOf(state)

    expect(told?.detail).toContain(place)
    const slug = (state as Partial<ReturnType<typeof acme>>).organisation?.slug
    const page = await usher.app.inject({ url: `/api/v1/sign-in/${slug ?? 'nobody-here'}` })
    expect(page.statusCode).toBe(404)
  })

  test('all of its faults are told at once, each with its place', async () => {
    const [one, two] = [acme(), acme()]
    const refused = await refusalOf({
      organisations: [
        { ...one, domains: [{ name: 'com' }], managers: [{ ...one.managers[0], lastName: ' ' }] },
        { ...two, loginMethod: { ...two.loginMethod, method: 'password' } },
      ],
    })

    expect(refused).toMatchObject({ code: 'request.invalid' })
    expect(refused?.errors?.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/organisations/0/domains/0/name', 'domain.not_allowed'],
      ['/organisations/0/managers/0/lastName', 'too_small'],
      ['/organisations/1/loginMethod/saml', 'not_accepted'],
    ])
  })

  test('LM-36: a password that nobody could choose is taken from an operator, who is told', async () => {
    const { managers, ...rest } = acme()
    const state = {
      ...rest,
      managers: managers.map((manager) => ({ ...manager, password: 'weak' })),
      breakGlass: [{ email: 'e@acme.test', password: 'Password1' }],
      loginMethod: { method: 'password' },
      provisioning: { source: 'portal' },
    }

    const first = await applyOne(state)
    const second = await applyOne(state)

    expect(first.notes).toEqual([
      expect.stringMatching(/^manager .* nobody could choose here: 8 to 128 characters; Three of/),
      expect.stringMatching(/^emergency account e@acme.test .*: Not in the list of leaked/),
    ])
    expect(second).toMatchObject({ changes: [], notes: [] })
  })

  test('LM-32: Google is refused with its own code where the installation has no client', async () => {
    const refused = await refusalOf({
      ...acme(),
      loginMethod: { method: 'google' },
      provisioning: { source: 'portal' },
    })

    expect(refused?.code).toBe('login_method.google_unavailable')
  })

  test('with --json the refusal is JSON with its code', async () => {
    const told = await apply({ organisation: {} }, '--json')

    expect(told).toMatchObject({ code: 1, json: { error: { code: 'request.invalid' } } })
  })

  test('a file that is not there is named', async () => {
    const { config } = await startUsher()

    const told = await runUsher(['apply', '-f', '/nowhere/state.yaml'], environmentOf(config))

    expect(told.code).toBe(1)
    expect(told.err).toContain('/nowhere/state.yaml')
    expect(told.err).not.toMatch(/\n\s+at /)
  })

  test('the operator reads one line on the error output, and nothing on the other', async () => {
    const told = await apply({ ...acme(), colour: 'red' })

    expect(told).toMatchObject({ code: 1, out: '' })
    expect(told.err.trim().split('\n')).toHaveLength(1)
  })
})

test('LM-13: one file goes out of SSO and JIT to the password, and one back, as a plan says before', async () => {
  const state = acme()
  const out = {
    ...state,
    loginMethod: { method: 'password' },
    provisioning: { source: 'portal' },
  }
  const { json } = await apply(state, '--json')
  const before = (await eventsOf(json.id)).length

  const planned = await apply(out, '--plan', '--json')
  const gone = await apply(out, '--json')
  const again = await apply(out, '--json')
  const back = await apply(state, '--json')

  expect(gone.json.changes).toEqual(['source portal', 'login method password'])
  expect([planned.code, planned.json.changes]).toEqual([0, gone.json.changes])
  expect(again.json.changes).toEqual([])
  expect(back.json.changes).toEqual([
    expect.stringContaining('login method sso (settings '),
    'source sso_jit',
  ])
  const events = (await eventsOf(json.id)).slice(before)
  expect(events.map((event) => event.type)).toEqual([
    'provisioning.changed',
    'login_method.changed',
    'connection.changed',
    'login_method.changed',
    'provisioning.changed',
  ])
})

test('LM-13, US-13: a file that leaves SSO while JIT is the source is refused as the portal would', async () => {
  const state = acme()
  const { json } = await apply(state, '--json')
  const before = await rowsOf(json.id)

  const refused = await apply(
    { ...state, loginMethod: { method: 'password' }, provisioning: undefined },
    '--json',
  )

  expect(refused.json.error.code).toBe('login_method.provisioning_active')
  expect(await rowsOf(json.id)).toEqual(before)
})
