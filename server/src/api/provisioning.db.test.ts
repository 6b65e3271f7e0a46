import { describe, expect, test } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'

const url = '/identity/provisioning'
const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const bob = { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' }

async function sourceOf(acme: TestOrganisation) {
  return (await acme.api('GET', url)).body.source
}

test('PV-4: the portal is the source from the start', async () => {
  const acme = await createOrganisation({ method: 'password' })

  expect((await acme.api('GET', url)).body).toMatchObject({
    source: 'portal',
    configurable: true,
    entrySentence:
      'People enter Acme when a manager creates or invites them, or by the self-service link; this is the default.',
  })
})

test('PV-5: every way in is listed with its purpose, what it requires and how to enable it', async () => {
  const acme = await createOrganisation({ method: 'password' })

  const { options } = (await acme.api('GET', url)).body

  expect(options.map((one: { source: string }) => one.source)).toEqual([
    'portal',
    'sso_jit',
    'scim',
    'ldap',
  ])
  for (const option of options) {
    expect(option.purpose).toMatch(/\w{3}/)
    expect(option.requires).toMatch(/\w{3}/)
    expect(option.howToEnable).toMatch(/\w{3}/)
  }
  expect(options[1]).toMatchObject({
    available: false,
    unavailableBecause: 'Requires SSO as the login method',
  })
})

describe.each(['password', 'google'] as const)('PV-6, JI-2: under %s', (method) => {
  test.each(['sso_jit', 'scim', 'ldap'])('the source %s is refused', async (source) => {
    const acme = await createOrganisation({ method })

    const refused = await acme.api('PUT', url, { source })

    expect(refused).toMatchObject({ status: 409, body: { code: 'provisioning.sso_required' } })
    expect(await sourceOf(acme)).toBe('portal')
    expect(await acme.eventNames()).toEqual([])
  })
})

test.each([
  ['SCIM with the self-service link', { source: 'scim', selfService: { enabled: true } }],
  ['JIT with the self-service link', { source: 'sso_jit', selfService: { enabled: true } }],
  ['JIT and SCIM', { source: 'sso_jit', ssoJit: { enabled: true }, scim: { enabled: true } }],
  ['the portal and JIT', { source: 'portal', ssoJit: { enabled: true } }],
  ['the portal and LDAP', { source: 'portal', ldap: { enabled: true } }],
  ['JIT switched off as the source', { source: 'sso_jit', ssoJit: { enabled: false } }],
  ['three at once', { source: 'ldap', ssoJit: { enabled: true }, scim: { enabled: true } }],
])('PV-7: %s contradicts itself, and nothing is stored', async (_, wish) => {
  const acme = await createOrganisation({ method: 'sso' })
  const before = (await acme.api('GET', url)).body

  const refused = await acme.api('PUT', url, wish)

  expect(refused).toMatchObject({ status: 409, body: { code: 'provisioning.method_conflict' } })
  expect((await acme.api('GET', url)).body).toEqual(before)
  expect(await acme.eventNames()).toEqual([])
})

test.each([
  ['a list', { source: ['portal', 'sso_jit'] }],
  ['an unknown source', { source: 'csv' }],
  ['no source', {}],
  ['an unknown field', { source: 'portal', sources: ['scim'] }],
])('PV-4: %s is refused', async (_, wish) => {
  const acme = await createOrganisation({ method: 'sso' })

  const refused = await acme.api('PUT', url, wish)

  expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect(await sourceOf(acme)).toBe('portal')
})

test('PV-4: two simultaneous choices leave one source and one event each', async () => {
  const acme = await createOrganisation({ method: 'sso' })

  const answers = await Promise.all(
    ['sso_jit', 'portal', 'sso_jit'].map((source) => acme.api('PUT', url, { source })),
  )

  expect(answers.map((one) => one.status)).toEqual([200, 200, 200])
  const changes = await acme.events('provisioning.changed')
  const steps = changes.map((one) => (one.after as { source: string }).source)
  expect(new Set(steps).size).toBeGreaterThan(0)
  for (const [index, step] of steps.entries()) expect(step).not.toBe(steps[index - 1] ?? 'portal')
  expect(await sourceOf(acme)).toBe(steps.at(-1))
})

test('PV-10: the entry sentence says how people enter, who chose it and when, and changes with every Save', async () => {
  const acme = await createOrganisation({ method: 'sso' })
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
  const today = day.format(acme.usher.clock.now())

  const jit = await acme.api('PUT', url, { source: 'sso_jit' })
  const portal = await acme.api('PUT', url, { source: 'portal' })

  expect(jit.body.entrySentence).toBe(
    `People enter Acme by signing in through Entra ID (SAML JIT); chosen by Ana Ruiz on ${today}.`,
  )
  expect(portal.body.entrySentence).toBe(
    `People enter Acme when a manager creates or invites them, or by the self-service link; chosen by Ana Ruiz on ${today}.`,
  )
  expect(await acme.events()).toMatchObject([
    {
      type: 'provisioning.changed',
      actor: 'Ana Ruiz',
      before: { source: 'portal' },
      after: { source: 'sso_jit' },
    },
    { type: 'provisioning.changed', before: { source: 'sso_jit' }, after: { source: 'portal' } },
  ])
})

test('PV-3: saving what is so already changes nothing and records nothing', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })
  const before = await acme.api('GET', url)

  const saved = await acme.api('PUT', url, { source: 'sso_jit' })

  expect(saved.status).toBe(200)
  expect(saved.headers.etag).toBe(before.headers.etag)
  expect(await acme.eventNames()).toEqual([])
})

test('SS-7: the switch of the self-service link keeps its value under another source', async () => {
  const acme = await createOrganisation({ method: 'sso' })
  await acme.api('PUT', url, { source: 'portal', selfService: { enabled: true } })

  const jit = await acme.api('PUT', url, { source: 'sso_jit' })
  const portal = await acme.api('PUT', url, { source: 'portal' })

  expect(jit.body.selfService).toMatchObject({ enabled: false, state: 'closed_source' })
  expect(portal.body.selfService).toMatchObject({ enabled: true })
})

describe('PV-8: what each source allows', () => {
  type Row = [source: 'portal' | 'sso_jit' | 'scim' | 'ldap', answers: Record<string, string>]
  const yes = 'yes'
  const conflict = '409 provisioning.method_conflict'
  const external = '409 user.managed_externally'
  const rows: Row[] = [
    [
      'portal',
      {
        create: yes,
        edit: yes,
        deactivate: yes,
        delete: yes,
        roles: yes,
        pools: yes,
        groups: yes,
        unknown: '403 sso.user_unknown',
      },
    ],
    [
      'sso_jit',
      {
        create: yes,
        edit: yes,
        deactivate: yes,
        delete: yes,
        roles: yes,
        pools: yes,
        groups: yes,
        unknown: '303',
      },
    ],
    [
      'scim',
      {
        create: conflict,
        edit: external,
        deactivate: yes,
        delete: external,
        roles: yes,
        pools: yes,
        groups: yes,
        unknown: '403 sso.user_unknown',
      },
    ],
    [
      'ldap',
      {
        create: conflict,
        edit: external,
        deactivate: yes,
        delete: external,
        roles: yes,
        pools: yes,
        groups: yes,
        unknown: '403 sso.user_unknown',
      },
    ],
  ]

  const acts: Record<string, (acme: TestOrganisation, id: string) => Promise<string>> = {
    create: async (acme) => said(await acme.api('POST', '/users', ada)),
    edit: async (acme, id) => said(await acme.api('PATCH', `/users/${id}`, { firstName: 'Rob' })),
    deactivate: async (acme, id) => said(await acme.api('PUT', `/users/${id}/disable`)),
    delete: async (acme, id) => {
      await acme.api('PUT', `/users/${id}/disable`)
      return said(await acme.api('DELETE', `/users/${id}`))
    },
    roles: async (acme, id) =>
      said(await acme.api('PATCH', `/users/${id}`, { roles: ['ROLE_VIEWER'] })),
    pools: async (acme, id) => {
      const poolId = await acme.makePool('Production')
      return said(await acme.api('POST', `/users/${id}/pool-grants`, { poolId }))
    },
    groups: async (acme, id) => {
      const groupId = await acme.makeGroup('Engineers')
      return said(await acme.api('POST', `/groups/${groupId}/members`, { userId: id }))
    },
    unknown: async (acme) => {
      const { status } = await acme.signIn(ada)
      return status === 403 ? `403 ${(await acme.lastAttempt()).code}` : String(status)
    },
  }

  function said({ status, body }: { status: number; body?: { code?: string } }) {
    return status < 300 ? yes : `${status} ${body?.code}`
  }

  const cells = rows.flatMap(([source, answers]) =>
    Object.entries(answers).map(([act, answer]) => [source, act, answer] as const),
  )

  test.each(cells)('%s, %s: %s', async (source, act, answer) => {
    const acme = await createOrganisation({ method: 'sso' })
    const { id } = await acme.join(bob)
    await acme.store(`update organisations set source = '${source}' where id = '${acme.id}'`)
    const before = await acme.rows()

    const given = await acts[act]?.(acme, id)

    expect(given).toBe(answer)
    if (answer.startsWith('4') && act !== 'delete') expect(await acme.rows()).toEqual(before)
  })

  test.each(['scim', 'ldap'])(
    'a person whom %s manages is not deactivated by hand',
    async (source) => {
      const acme = await createOrganisation({ method: 'sso' })
      const { id, session } = await acme.join(bob)
      await acme.store(`update organisations set source = '${source}' where id = '${acme.id}'`)
      await acme.store(`update users set managed_by = '${source}' where id = '${id}'`)

      const refused = await acme.api('PUT', `/users/${id}/disable`)

      expect(refused).toMatchObject({ status: 409, body: { code: 'user.managed_externally' } })
      const theirs = await acme.send('GET', '/api/v1/me', undefined, {
        cookie: `usher_session=${session}`,
      })
      expect(theirs.status).toBe(200)
    },
  )

  test.each(['scim', 'ldap'] as const)(
    'PV-9: an emergency account may still act under %s, and the audit says so',
    async (source) => {
      const acme = await createOrganisation({ method: 'sso' })
      const { id } = await acme.join(bob)
      const { session } = await acme.proveEmergency()
      await acme.store(`update organisations set source = '${source}' where id = '${acme.id}'`)
      const happened = (await acme.eventNames()).length

      const created = await acme.api('POST', '/users', ada, { session })
      const edited = await acme.api('PATCH', `/users/${id}`, { firstName: 'Rob' }, { session })
      await acme.api('PUT', `/users/${id}/disable`, undefined, { session })
      const deleted = await acme.api('DELETE', `/users/${id}`, undefined, { session })

      expect([created.status, edited.status, deleted.status]).toEqual([201, 200, 204])
      const events = (await acme.events()).slice(happened)
      expect(events.map((one) => [one.type, one.emergency])).toEqual([
        ['user.joined', 1],
        ['activation.issued', 1],
        ['user.changed', 1],
        ['user.deactivated', 1],
        ['user.deleted', 1],
      ])
    },
  )
})

describe('PV-17, AK-5: by API', () => {
  test('a key with identity:write reads and writes the settings', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const key = await acme.apiKey(['identity:write'])

    const read = await acme.byKey(key, 'GET', url)
    const written = await acme.byKey(key, 'PUT', url, { source: 'sso_jit' })

    expect(read.status).toBe(200)
    expect(written).toMatchObject({ status: 200, body: { source: 'sso_jit' } })
    expect(await acme.events('provisioning.changed')).toMatchObject([{ actor_kind: 'api_key' }])
  })

  test('a key with identity:read reads and does not write', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const key = await acme.apiKey(['identity:read'])

    const read = await acme.byKey(key, 'GET', url)
    const refused = await acme.byKey(key, 'PUT', url, { source: 'sso_jit' })

    expect(read).toMatchObject({ status: 200, body: { canWrite: false } })
    expect(refused).toMatchObject({ status: 403, body: { code: 'api_key.scope_missing' } })
    expect(refused.body.detail).toContain('identity:write')
    expect(await sourceOf(acme)).toBe('portal')
  })

  test('neither settings nor audit show a secret', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const { secret } = await acme.proveEmergency()
    const key = await acme.apiKey(['identity:read', 'audit:read'])

    const answers = await Promise.all(
      ['/identity/login-method', url, '/audit-events?size=200', '/break-glass-accounts'].map(
        (path) => acme.byKey(key, 'GET', path),
      ),
    )

    const text = answers.map((one) => one.text).join('\n')
    expect(answers.map((one) => one.status)).toEqual([200, 200, 200, 200])
    expect(text).not.toContain(secret)
    expect(text).not.toContain(key)
    expect(text).not.toContain('PRIVATE KEY')
    expect(text).not.toContain('$argon2')
  })
})
