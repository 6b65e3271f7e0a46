import { expect, onTestFinished, test } from 'vitest'
import {
  createOrganisation,
  managerPassword,
  oneTimeCode,
  startUsher,
  stopUsher,
} from '../../testing/organisation.ts'
import { enrolTotp, nextCode, withPassword } from '../../testing/second-factor.ts'

const from = (address: string) => ({ 'x-forwarded-for': address })

/** Tries a password of a manager, as proxies pass it on. */
async function behindProxy(proxies = 1) {
  await startUsher({ rateLimits: true, proxies })
  const acme = await createOrganisation({ method: 'password' })
  const url = `/api/v1/sign-in/${acme.slug}/password`
  return (password: string, address: string) =>
    acme.send('POST', url, { email: acme.manager.email, password }, from(address))
}

test('SE-3: repeated failures slow one network down on one account, and the owner elsewhere comes in', async () => {
  const attempt = await behindProxy()

  const statuses: number[] = []
  for (let failure = 1; failure <= 9; failure += 1) {
    statuses.push((await attempt('Wrong-horse-7', '203.0.113.7')).status)
  }
  const limited = await attempt(managerPassword, '203.0.113.7')
  const owner = await attempt(managerPassword, '198.51.100.4')

  expect(statuses).toEqual([...Array(8).fill(401), 429])
  expect(limited).toMatchObject({ status: 429, body: { code: 'rate.limited' } })
  expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(limited.headers['retry-after'])).toBeLessThanOrEqual(15 * 60)
  expect(owner.status).toBe(200)
})

test('SE-3: behind a proxy its own word counts, and nothing that somebody wrote before it', async () => {
  const attempt = await behindProxy()

  const statuses: number[] = []
  for (let failure = 1; failure <= 9; failure += 1)
    statuses.push((await attempt('Wrong-horse-7', `198.51.100.${failure}, 203.0.113.7`)).status)

  expect(statuses).toEqual([...Array(8).fill(401), 429])
  expect((await attempt(managerPassword, '198.51.100.1')).status).toBe(200)
})

test('SE-3: behind two proxies, as a cache before one of its own, who calls the outer one counts', async () => {
  await stopUsher()
  onTestFinished(stopUsher)
  const attempt = await behindProxy(2)
  const [caller, cache] = ['203.0.113.7', '192.0.2.1']

  const statuses: number[] = []
  for (let failure = 1; failure <= 9; failure += 1)
    statuses.push(
      (await attempt('Wrong-horse-7', `198.51.100.${failure}, ${caller}, ${cache}`)).status,
    )

  expect(statuses).toEqual([...Array(8).fill(401), 429])
  expect((await attempt(managerPassword, `198.51.100.1, ${cache}`)).status).toBe(200)
})

test('SE-3: two hundred guesses at once are judged no more often than eight after each other', async () => {
  const attempt = await behindProxy()

  const together = await Promise.all(
    Array.from({ length: 200 }, (_, one) => attempt(`Wrong-horse-${one}`, '203.0.113.7')),
  )

  const judged = together.filter(({ status }) => status === 401)
  expect(judged).toHaveLength(8)
  expect(together.filter(({ status }) => status === 429)).toHaveLength(192)
  expect((await attempt(managerPassword, '203.0.113.7')).status).toBe(429)
  expect((await attempt(managerPassword, '198.51.100.4')).status).toBe(200)
})

test('SE-3: an address is the same however it is written, and another one in another organisation', async () => {
  await startUsher({ rateLimits: true, proxies: 1 })
  const acme = await createOrganisation({ method: 'password' })
  const other = await createOrganisation({ method: 'password' })
  const { email } = acme.manager
  const written = [email, ` ${email}`, `${email} `, `\t${email}`, email.toUpperCase()]
  const attempt = (at: typeof acme, address: string, password: string) =>
    at.send(
      'POST',
      `/api/v1/sign-in/${at.slug}/password`,
      { email: address, password },
      from('203.0.113.7'),
    )

  for (let failure = 0; failure < 8; failure += 1)
    await attempt(acme, written[failure % written.length] ?? email, 'Wrong-horse-7')

  expect((await attempt(acme, email, managerPassword)).status).toBe(429)
  expect((await attempt(other, email, managerPassword)).status).toBe(401)
  expect((await attempt(other, other.manager.email, managerPassword)).status).toBe(200)
})

test('SE-3: of right passwords at once none counts against the person', async () => {
  const attempt = await behindProxy()
  for (let failure = 1; failure <= 3; failure += 1) await attempt('Wrong-horse-7', '203.0.113.7')

  const together = await Promise.all(
    Array.from({ length: 5 }, () => attempt(managerPassword, '203.0.113.7')),
  )

  expect(together.map(({ status }) => status)).toEqual(Array(5).fill(200))
  const statuses: number[] = []
  for (let failure = 1; failure <= 9; failure += 1)
    statuses.push((await attempt('Wrong-horse-7', '203.0.113.7')).status)
  expect(statuses).toEqual([...Array(8).fill(401), 429])
})

test('SE-3: a success forgives the failures before it', async () => {
  await startUsher({ rateLimits: true, proxies: 1 })
  const acme = await createOrganisation({ method: 'password' })
  const url = `/api/v1/sign-in/${acme.slug}/password`
  const attempt = (password: string) =>
    acme.send('POST', url, { email: acme.manager.email, password }, from('203.0.113.8'))

  for (let failure = 1; failure <= 7; failure += 1) await attempt('Wrong-horse-7')
  await attempt(managerPassword)
  for (let failure = 1; failure <= 7; failure += 1) await attempt('Wrong-horse-7')

  expect((await attempt(managerPassword)).status).toBe(200)
})

test('SE-3: emergency access slows down like any other sign-in', async () => {
  await startUsher({ rateLimits: true, proxies: 1 })
  const acme = await createOrganisation({ method: 'password' })
  const account = await acme.createEmergency()
  const url = `/api/v1/sign-in/${acme.slug}/emergency`
  const body = { email: account.email, password: managerPassword, code: '000000' }

  const statuses: number[] = []
  for (let failure = 1; failure <= 9; failure += 1) {
    statuses.push((await acme.send('POST', url, body, from('203.0.113.9'))).status)
  }

  expect(statuses).toEqual([...Array(8).fill(401), 429])
})

test('SE-3, SE-11: thirty wrong codes an hour from wherever, and then only what nobody guesses opens the account', async () => {
  await startUsher({ rateLimits: true, proxies: 1 })
  const acme = await createOrganisation({ method: 'password' })
  const { secret, recoveryCodes } = await enrolTotp(acme)
  const path = `/api/v1/sign-in/${acme.slug}/second-factor`
  const wrongFor = (right: string) => (right === '000000' ? '111111' : '000000')
  const attempt = (ticket: string, body: object, network: number) =>
    acme.send('POST', path, body, {
      cookie: `usher_sign_in=${ticket}`,
      ...from(`203.0.113.${network}`),
    })

  const statuses: number[] = []
  for (let network = 1; network <= 6; network += 1) {
    const { ticket } = await withPassword(acme)
    for (let one = 1; one <= 5; one += 1) {
      const totp = wrongFor(oneTimeCode(secret, acme.usher.clock.now()))
      statuses.push((await attempt(ticket, { totp }, network)).status)
    }
  }
  const { ticket } = await withPassword(acme)
  const right = await attempt(ticket, { totp: nextCode(acme, secret) }, 7)
  const recovered = await attempt(ticket, { recoveryCode: recoveryCodes[0] }, 7)

  expect(statuses).toEqual(Array(30).fill(401))
  expect(right).toMatchObject({ status: 429, body: { code: 'rate.limited' } })
  expect(Number(right.headers['retry-after'])).toBeGreaterThan(50 * 60)
  expect(recovered.status).toBe(200)
})

test('SE-3, SE-4: an address is mailed at most three times in a quarter of an hour, and nobody is told', async () => {
  await startUsher({ rateLimits: true, proxies: 1 })
  const acme = await createOrganisation({ method: 'password' })
  const before = await acme.rows()

  const statuses: number[] = []
  for (let time = 1; time <= 5; time += 1) {
    const email = acme.manager.email.toUpperCase()
    const asked = await acme.send('POST', `/api/v1/sign-in/${acme.slug}/reset`, { email })
    statuses.push(asked.status)
  }

  expect(statuses).toEqual(Array(5).fill(202))
  expect((await acme.rows()).outbox).toBe((before.outbox ?? 0) + 3)
})

test('a whole company may sign on from one address within a minute', async () => {
  await startUsher({ rateLimits: true, proxies: 1 })
  const acme = await createOrganisation({ method: 'sso' })

  const statuses = new Set<number>()
  for (let person = 1; person <= 400; person += 1) statuses.add((await acme.startSso()).status)

  expect([...statuses]).toEqual([302])
})

test('EM-1: an organisation sends at most ten test mails in a quarter of an hour', async () => {
  await startUsher({ rateLimits: true, proxies: 1 })
  const [acme, other] = [
    await createOrganisation({ method: 'password' }),
    await createOrganisation({ method: 'password' }),
  ]
  const ask = (who = acme) => who.api('POST', '/mail-settings/test', { mode: 'none' })

  const statuses: number[] = []
  for (let count = 1; count <= 11; count += 1) statuses.push((await ask()).status)

  expect(statuses).toEqual([...Array(10).fill(200), 429])
  expect((await ask(other)).status).toBe(200)
})
