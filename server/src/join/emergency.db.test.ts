import { describe, expect, test } from 'vitest'
import { createAuthenticator, type Misdeed } from '../../testing/authenticator.ts'
import {
  createOrganisation,
  managerPassword,
  oneTimeCode,
  type TestOrganisation,
  type Wish,
} from '../../testing/organisation.ts'
import { wrong } from '../../testing/second-factor.ts'

type Device = ReturnType<typeof createAuthenticator>
type Account = { id: string; email: string; secret: string }

const deviceOf = (acme: TestOrganisation) => createAuthenticator(acme.usher.config.baseUrl)
const passkeysOf = ({ id }: Account) => `/break-glass-accounts/${id}/passkeys`

async function add(acme: TestOrganisation, account: Account, device: Device) {
  const { options } = (await acme.api('POST', `${passkeysOf(account)}/options`)).body
  const body = { label: 'Key in the safe', passkey: device.make(options) }
  return acme.api('POST', passkeysOf(account), body)
}

/** An emergency account with a passkey. */
async function withPasskey(wish: Wish = { method: 'password' }) {
  const acme = await createOrganisation(wish)
  const account = await acme.createEmergency()
  const device = deviceOf(acme)
  const added = await add(acme, account, device)
  const begun = (await acme.events()).length
  return {
    acme,
    account,
    device,
    added,
    since: async () => (await acme.events()).slice(begun),
  }
}

test('MU-11: a key that may write settings makes no manager of itself, and takes no emergency account away', async () => {
  const { acme, account, device } = await withPasskey()
  const key = await acme.apiKey(['identity:read', 'identity:write', 'users:write'])
  const made = { email: 'key@acme.test', password: managerPassword }
  const one = `/break-glass-accounts/${account.id}`
  const before = await acme.rows()
  const begun = (await acme.events()).length

  const refused = [
    await acme.byKey(key, 'POST', '/break-glass-accounts', made),
    await acme.byKey(key, 'POST', `${passkeysOf(account)}/options`),
    await acme.byKey(key, 'DELETE', `${passkeysOf(account)}/${device.id}`),
    await acme.byKey(key, 'DELETE', one),
  ]

  for (const answer of refused)
    expect(answer).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
  const after = await acme.rows()
  expect(after.break_glass_accounts).toEqual(before.break_glass_accounts)
  expect(after.passkeys).toEqual(before.passkeys)
  expect(await acme.events()).toHaveLength(begun)
})

const ask = (acme: TestOrganisation, { email }: Account, password = managerPassword) =>
  acme.send('POST', `/api/v1/sign-in/${acme.slug}/emergency/passkey`, { email, password })

const show = (
  acme: TestOrganisation,
  { email }: Account,
  proof: object,
  password = managerPassword,
) => acme.send('POST', `/api/v1/sign-in/${acme.slug}/emergency`, { email, password, ...proof })

describe('SE-12: a passkey of an emergency account', () => {
  test('is added by a manager, shown by its name, and recorded', async () => {
    const { acme, account, added } = await withPasskey()

    const { items } = (await acme.api('GET', '/break-glass-accounts')).body

    expect(added.status).toBe(204)
    expect(items).toMatchObject([
      {
        id: account.id,
        proved: false,
        passkeys: [{ label: 'Key in the safe', addedAt: expect.any(Number), lastUsedAt: null }],
      },
    ])
    expect(await acme.events()).toMatchObject([
      { type: 'break_glass.created' },
      {
        type: 'break_glass.passkey_added',
        subject: account.email,
        data: { label: 'Key in the safe' },
      },
    ])
  })

  test.each([undefined, 'password', 'sso'] as const)(
    'opens the account instead of the code while the login method is %s, and proves it',
    async (method) => {
      const { acme, account, device, since } = await withPasskey(method ? { method } : {})
      const { options } = (await ask(acme, account)).body

      const opened = await show(acme, account, { passkey: device.prove(options) })

      expect(options).toMatchObject({
        userVerification: 'required',
        allowCredentials: [{ id: device.id }],
      })
      expect(opened).toMatchObject({ status: 200, body: { returnTo: `/o/${acme.slug}` } })
      expect(String(opened.headers['set-cookie'])).toContain('usher_session=')
      expect(await since()).toMatchObject([
        { type: 'break_glass.used', emergency: 1, data: { factor: 'passkey' } },
      ])
      const [shown] = (await acme.api('GET', '/break-glass-accounts')).body.items
      expect(shown).toMatchObject({ proved: true, passkeys: [{ lastUsedAt: expect.any(Number) }] })
    },
  )

  test('leaves the code as good as it was', async () => {
    const { acme, account } = await withPasskey()

    const code = oneTimeCode(account.secret, acme.usher.clock.now())

    expect((await show(acme, account, { code })).status).toBe(200)
  })

  test.each<[string, Misdeed]>([
    ['another site', { origin: 'https://evil.example' }],
    ['no finger on it', { unverified: true }],
    ['another key', { forged: true }],
  ])('opens nothing with %s', async (_, misdeed) => {
    const { acme, account, device, since } = await withPasskey()
    const { options } = (await ask(acme, account)).body

    expect(await show(acme, account, { passkey: device.prove(options, misdeed) })).toMatchObject(
      wrong,
    )
    expect((await since()).map(({ type }) => type)).toEqual(['auth.failed'])
  })

  test('needs the password as well, and tells nobody without it whether there is one', async () => {
    const { acme, account, device } = await withPasskey()
    const bare = await acme.createEmergency()
    const { options } = (await ask(acme, account)).body

    const answers = [
      await ask(acme, account, 'Wrong-horse-7'),
      await ask(acme, bare),
      await ask(acme, { ...account, email: 'nobody@acme.test' }),
      await show(acme, account, { passkey: device.prove(options) }, 'Wrong-horse-7'),
    ]

    for (const answer of answers) expect(answer).toMatchObject(wrong)
    expect(new Set(answers.map(({ body }) => body.detail)).size).toBe(1)
  })

  test('answers one question once, within five minutes, for its own account', async () => {
    const { acme, account, device } = await withPasskey()
    const other = await acme.createEmergency()
    await add(acme, other, deviceOf(acme))
    const late = (await ask(acme, account)).body.options
    const foreign = (await ask(acme, other)).body.options
    acme.usher.clock.advance(5 * 60_000 + 1)
    const { options } = (await ask(acme, account)).body
    const proof = device.prove(options)

    const used = await Promise.all([
      show(acme, account, { passkey: proof }),
      show(acme, account, { passkey: proof }),
    ])

    expect(used.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
    expect(await show(acme, account, { passkey: device.prove(late) })).toMatchObject(wrong)
    expect(await show(acme, account, { passkey: device.prove(foreign) })).toMatchObject(wrong)
  })

  test('is the account’s alone: it stays when people leave the password, and goes with the account', async () => {
    const { acme, account, device } = await withPasskey()
    await acme.proveEmergency()
    const { id: testId } = await acme.testSignIn()
    const change = { method: 'sso', saml: acme.samlInput, testId }
    expect((await acme.api('PUT', '/identity/login-method', change)).status).toBe(200)

    const { options } = (await ask(acme, account)).body
    const opened = await show(acme, account, { passkey: device.prove(options) })
    await acme.api('DELETE', `/break-glass-accounts/${account.id}`)

    expect(opened.status).toBe(200)
    const left = await acme.usher.store.read
      .selectFrom('passkeys')
      .selectAll()
      .where('org_id', '=', acme.id)
      .execute()
    expect(left).toEqual([])
    expect(await ask(acme, account)).toMatchObject(wrong)
  })

  test('is removed alone when it is lost: it opens nothing, whom it let in is out, the code stays', async () => {
    const { acme, account, device, since } = await withPasskey()
    const { options } = (await ask(acme, account)).body
    const opened = await show(acme, account, { passkey: device.prove(options) })
    const cookie = String(opened.headers['set-cookie']).split(';')[0] ?? ''
    const whoAmI = () => acme.send('GET', '/api/v1/me', undefined, { cookie })
    const isProved = async () =>
      (await acme.api('GET', '/break-glass-accounts')).body.items[0].proved
    const before = [(await whoAmI()).status, await isProved()]
    acme.usher.clock.advance(1_000)

    const removed = await Promise.all(
      [1, 2].map(() => acme.api('DELETE', `${passkeysOf(account)}/${device.id}`)),
    )

    expect(before).toEqual([200, true])
    expect(removed.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 404])
    expect([(await whoAmI()).status, await isProved()]).toEqual([401, false])
    expect(await ask(acme, account)).toMatchObject(wrong)
    const code = oneTimeCode(account.secret, acme.usher.clock.now())
    expect((await show(acme, account, { code })).status).toBe(200)
    expect(await isProved()).toBe(true)
    expect(await since()).toMatchObject([
      { type: 'break_glass.used' },
      {
        type: 'break_glass.passkey_removed',
        actor: 'Ana Ruiz',
        subject: account.email,
        data: { label: 'Key in the safe' },
      },
      { type: 'auth.failed' },
      { type: 'break_glass.used' },
    ])
  })

  test('SE-6, SE-10: needs a fresh sign-in, and an account that is there', async () => {
    const [acme, other] = [await createOrganisation(), await createOrganisation()]
    const account = await acme.createEmergency()

    const foreign = await other.api('POST', `${passkeysOf(account)}/options`)
    acme.usher.clock.advance(11 * 60_000)
    const stale = await acme.api('POST', `${passkeysOf(account)}/options`)

    expect(foreign).toMatchObject({ status: 404, body: { code: 'resource.not_found' } })
    expect(stale).toMatchObject({ status: 403, body: { code: 'auth.reauth_required' } })
  })
})
