import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNameServer } from '../../testing/name-server.ts'
import {
  createOrganisation,
  startUsher,
  type TestOrganisation,
} from '../../testing/organisation.ts'

const day = 86_400_000
const names = await createNameServer()
beforeAll(() => startUsher({ dnsServers: [names.address] }))
afterAll(() => names.close())

const plain = () => createOrganisation({ method: 'password', verifiedDomains: [] })
const nameFor = (acme: TestOrganisation) => `${acme.slug}.example`

/** An organisation that has named a domain, and what its name server says of it. */
async function withDomain(acme?: TestOrganisation) {
  const organisation = acme ?? (await plain())
  const name = nameFor(organisation)
  const added = await organisation.api('POST', '/domains', { name })
  const { record } = added.body as { record: { name: string; value: string } }
  // A key outlives the days that pass in a test; a session does not.
  const key = await organisation.apiKey(['identity:write'])
  const read = async () => (await organisation.byKey(key, 'GET', `/domains/${name}`)).body
  return {
    acme: organisation,
    name,
    record,
    read,
    verify: async () => (await organisation.byKey(key, 'POST', `/domains/${name}/verify`)).body,
    prove: () => names.say(record.name, { texts: [[record.value]] }),
    gone: () => names.say(record.name, 'no such name'),
    /** The next daily look. */
    async nextDay() {
      organisation.usher.clock.advance(day + 1)
      await organisation.lookAtDomains()
      return (await read()) as { state: string; lapsesAt: number | null; check: unknown }
    },
  }
}

const happened = async (acme: TestOrganisation) =>
  (await acme.eventNames()).filter((name) => name !== 'api_key.created')

async function proved(acme?: TestOrganisation) {
  const domain = await withDomain(acme)
  domain.prove()
  await domain.verify()
  return domain
}

test('SE-15: a domain is proved by the TXT record that is shown, and not before', async () => {
  const { acme, name, record, verify, prove } = await withDomain()

  const before = await verify()
  prove()
  const after = await verify()
  const again = await verify()

  expect(record.name).toBe(`_usher-challenge.${name}`)
  expect(record.value).toMatch(/^usher-domain=[\w-]{27}$/)
  expect(before).toMatchObject({ state: 'waiting', check: { outcome: 'none', found: [] } })
  expect(after).toMatchObject({
    state: 'verified',
    verifiedAt: expect.any(Number),
    check: { outcome: 'found' },
  })
  expect(again.verifiedAt).toBe(after.verifiedAt)
  expect(await happened(acme)).toEqual(['domain.added', 'domain.verified'])
})

test('SE-15: a domain is whole and IDN-normalised, and naming it twice is naming it once', async () => {
  const acme = await plain()
  const typed = `@BÜCHER-${acme.slug}.Example`

  const added = await acme.api('POST', '/domains', { name: typed })
  const again = await acme.api('POST', '/domains', { name: added.body.name })

  expect([added.status, again.status]).toEqual([201, 200])
  expect(added.body.name).toMatch(/^xn--[a-z0-9-]+\.example$/)
  expect(added.body.shown).toBe(`bücher-${acme.slug}.example`)
  expect(again.body.record).toEqual(added.body.record)
  expect(await happened(acme)).toEqual(['domain.added'])
})

test.each([
  'gmail.com',
  'GMX.de',
  'co.uk',
  'github.io',
  'localhost',
  'com',
  'a b.com',
  '10.0.0.1',
  'x.com/y',
])('SE-15: %s is nobody’s own', async (name) => {
  const acme = await plain()

  const refused = await acme.api('POST', '/domains', { name })

  expect(refused).toMatchObject({
    status: 400,
    body: { code: 'domain.not_allowed', errors: [{ pointer: '/name' }] },
  })
  expect((await acme.api('GET', '/domains')).body.items).toEqual([])
  expect(await happened(acme)).toEqual([])
})

test('SE-15: several organisations may try one domain, and a record proves it for its own alone', async () => {
  const [acme, other] = [await plain(), await plain()]
  const name = nameFor(acme)
  const [mine, theirs] = [
    await acme.api('POST', '/domains', { name }),
    await other.api('POST', '/domains', { name }),
  ]
  const record = mine.body.record
  expect(theirs.body.record.value).not.toBe(record.value)
  names.say(record.name, { texts: [['v=spf1 -all'], [theirs.body.record.value]] })

  const [ours, others] = [
    await acme.api('POST', `/domains/${name}/verify`),
    await other.api('POST', `/domains/${name}/verify`),
  ]

  expect(others.body.state).toBe('verified')
  expect(ours.body).toMatchObject({
    state: 'waiting',
    check: { outcome: 'other', found: ['v=spf1 -all', theirs.body.record.value] },
  })
})

test('SE-15: a record in several strings, among others, or behind an alias counts', async () => {
  const { record, verify, gone } = await withDomain()
  const split = [record.value.slice(0, 10), record.value.slice(10)]
  const states: string[] = []
  const look = async (said: Parameters<typeof names.say>[1]) => {
    names.say(record.name, said)
    states.push((await verify()).state)
  }

  await look({ texts: [[`${record.value}x`], [record.value.toUpperCase()]] })
  await look({ texts: [['another'], split] })
  gone()
  names.say('proof.provider.example', { texts: [[record.value]] })
  await look({ alias: 'proof.provider.example' })

  expect(states).toEqual(['waiting', 'verified', 'verified'])
})

test('SE-15: a name server that fails proves nothing', async () => {
  const { acme, record, verify } = await withDomain()
  names.say(record.name, 'failure')

  const looked = await verify()

  expect(looked).toMatchObject({
    state: 'waiting',
    check: { outcome: 'unanswered', found: ['ESERVFAIL'] },
  })
  expect(await happened(acme)).toEqual(['domain.added'])
})

test.each(['failure', 'silence'] as const)(
  'SE-15: a name server in %s takes nothing away',
  async (fault) => {
    const { acme, record, nextDay } = await proved()
    names.say(record.name, fault)

    const later = await nextDay()

    expect(later).toMatchObject({ state: 'verified', check: { outcome: 'unanswered' } })
    expect(await happened(acme)).toEqual(['domain.added', 'domain.verified'])
    expect(await acme.mails()).toEqual([])
  },
  30_000,
)

test('SE-15: every domain is looked up once a day, by one node', async () => {
  const { acme, record } = await proved()
  const before = names.asked(record.name)

  acme.usher.clock.advance(day - 60_000)
  await acme.lookAtDomains()
  expect(names.asked(record.name)).toBe(before)
  acme.usher.clock.advance(120_000)
  await Promise.all([acme.lookAtDomains(), acme.lookAtDomains(), acme.lookAtDomains()])

  expect(names.asked(record.name)).toBe(before + 1)
})

test('SE-15: a missing proof warns the managers, counts for seven days more, and then no longer', async () => {
  const { acme, name, gone, nextDay } = await proved()
  gone()

  const first = await nextDay()
  const states = [first.state]
  for (let days = 2; days <= 8; days += 1) states.push((await nextDay()).state)

  expect(first.lapsesAt).toBeGreaterThan(acme.usher.clock.now() - 2 * day)
  expect(states).toEqual([...Array(7).fill('lapsing'), 'lapsed'])
  const lapses = ['domain.lapsing', 'domain.lapsed']
  expect(await happened(acme)).toEqual(['domain.added', 'domain.verified', ...lapses])
  for (const event of (await acme.events()).slice(-2)) {
    expect(event).toMatchObject({ actor_kind: 'system', subject: name })
  }
  const warning = { template: 'domain_lapsed', recipient: acme.manager.email }
  expect(await acme.mails()).toEqual([warning, warning])
})

test('SE-15: a proof that is put back in time ends the warning, and one put back later counts again', async () => {
  const { acme, gone, prove, verify, nextDay } = await proved()

  gone()
  const states = [(await nextDay()).state]
  prove()
  states.push((await verify()).state)
  gone()
  for (let days = 1; days <= 8; days += 1) await nextDay()
  prove()
  states.push((await nextDay()).state)

  expect(states).toEqual(['lapsing', 'verified', 'verified'])
  expect((await happened(acme)).slice(1)).toEqual([
    'domain.verified',
    'domain.lapsing',
    'domain.verified',
    'domain.lapsing',
    'domain.lapsed',
    'domain.verified',
  ])
})

test('SE-15: what an operator vouches for is not looked up', async () => {
  const acme = await createOrganisation({ method: 'password', verifiedDomains: ['own.example'] })

  const checked = await acme.api('POST', '/domains/own.example/verify')
  acme.usher.clock.advance(10 * day)
  await acme.lookAtDomains()

  expect(names.asked('_usher-challenge.own.example')).toBe(0)
  expect(checked.body).toMatchObject({ state: 'verified', proof: 'operator', check: null })
  expect(await happened(acme)).toEqual([])
})

test('JI-19, SE-15: a proved domain links without the queue, a lapsed one does not, and links stay', async () => {
  const acme = await createOrganisation({ method: 'sso', verifiedDomains: [] })
  const name = nameFor(acme)
  const person = (who: string) => ({ email: `${who}@${name}`, firstName: who, lastName: 'Stone' })
  const here = async (who: string) => {
    const { id } = (await acme.api('POST', '/users', person(who))).body
    // They have been here before, so that nobody has just vouched for them.
    await acme.store(`update users set status = 'active', last_sign_in_at = 1 where id = '${id}'`)
  }
  for (const who of ['ada', 'bob', 'eve']) await here(who)
  const audit = await acme.apiKey(['audit:read'])
  const codeOf = async (who: string) => {
    const { session } = await acme.signIn(person(who))
    if (session) return 'in'
    return (await acme.byKey(audit, 'GET', '/sign-in-log?size=1')).body.items[0].code
  }
  const outcomes = [await codeOf('ada')]
  const domain = await proved(acme)

  outcomes.push(await codeOf('bob'))
  expect((await domain.read()).unlinked).toEqual({ count: 2, exact: true })
  domain.gone()
  for (let days = 1; days <= 8; days += 1) await domain.nextDay()
  outcomes.push(await codeOf('eve'), await codeOf('bob'))

  expect(outcomes).toEqual(['jit.adoption_pending', 'in', 'jit.adoption_pending', 'in'])
})

test('SE-15: a removed domain links nobody any more, and comes back with another record', async () => {
  const { acme, name, record } = await proved()

  const removed = await acme.api('DELETE', `/domains/${name}`)
  const again = await acme.api('DELETE', `/domains/${name}`)
  const added = await acme.api('POST', '/domains', { name })

  expect([removed.status, again.status, added.status]).toEqual([204, 404, 201])
  expect(added.body.record.value).not.toBe(record.value)
  const [event] = await acme.events('domain.removed')
  expect(event).toMatchObject({ subject: name, before: { state: 'verified' } })
})

test('SE-15: twenty looks at once verify once', async () => {
  const { acme, prove, verify } = await withDomain()
  prove()

  await Promise.all(Array.from({ length: 20 }, verify))

  expect(await happened(acme)).toEqual(['domain.added', 'domain.verified'])
})

test('SE-15: an organisation has at most 100 domains', async () => {
  const acme = await plain()
  const answers: number[] = []
  for (let count = 1; count <= 101; count += 1) {
    answers.push((await acme.api('POST', '/domains', { name: `d${count}.example` })).status)
  }

  expect(answers).toEqual([...Array(100).fill(201), 400])
})
