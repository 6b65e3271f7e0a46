import { afterAll, beforeEach, expect, test } from 'vitest'
import { createMailbox } from '../../testing/mailbox.ts'
import { createOrganisation } from '../../testing/organisation.ts'
import { linkForMail } from '../directory/index.ts'
import { createOutbound } from '../lib/outbound.ts'
import { systemActor } from '../model/actor.ts'
import { openStore, users } from '../store/index.ts'
import { createPostman } from './index.ts'

const minute = 60_000
const mailbox = await createMailbox()
beforeEach(() => mailbox.behave({ takes: true }))
afterAll(() => mailbox.close())

const ada = (slug: string) => ({
  email: `ada@${slug}.test`,
  firstName: 'Ada',
  lastName: 'Lovelace',
})

async function acmeWithAda() {
  const acme = await createOrganisation({ method: 'password', mailbox })
  const person = ada(acme.slug)
  const { id } = (await acme.api('POST', '/users', person)).body
  const row = async () => {
    const rows = await acme.usher.store.read
      .selectFrom('outbox')
      .selectAll()
      .where('org_id', '=', acme.id)
      .execute()
    return rows.map(({ state, tries, last_error }) => [state, tries, last_error])
  }
  return { ...acme, id: acme.id, ada: { ...person, id: id as string }, row }
}

test('EM-2: a new person gets one mail that names the organisation, explains the login method and carries the link', async () => {
  const acme = await acmeWithAda()

  await Promise.all([acme.deliverMail(), acme.deliverMail()])
  await acme.deliverMail()

  const [mail, ...more] = mailbox.all(acme.ada.email)
  expect(more).toEqual([])
  expect(mail).toMatchObject({
    from: 'usher@acme.test',
    subject: 'Activate your account at Acme',
  })
  expect(mail?.text).toContain('Hello Ada,')
  expect(mail?.text.replaceAll('\n', ' ')).toContain('a password, which you choose by the link')
  expect(mail?.html).toContain(mail?.links[0])
  expect(await acme.row()).toEqual([['sent', 1, null]])
  expect(await acme.eventNames()).toEqual(['user.joined', 'activation.issued'])
})

test('MU-9: the link of the mail activates the person, and stands nowhere in the database', async () => {
  const acme = await acmeWithAda()

  await acme.deliverMail()

  const [link = ''] = (await mailbox.next(acme.ada.email)).links
  const token = link.split('/activate/').at(-1) ?? ''
  const { store } = acme.usher
  const kept = await Promise.all(
    (['outbox', 'links', 'events'] as const).map((table) =>
      store.read.selectFrom(table).selectAll().where('org_id', '=', acme.id).execute(),
    ),
  )
  expect(JSON.stringify(kept)).not.toContain(token.split('.')[1])
  const path = `/api/v1/activations/${token}`
  expect((await acme.send('POST', path, { password: 'Quiet-otter-42' })).status).toBe(200)
  expect((await acme.api('GET', `/users/${acme.ada.id}`)).body.status).toBe('active')
})

test('EM-2: under SSO the mail names the identity provider and speaks of no password to choose', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'portal', mailbox })
  const person = ada(acme.slug)
  await acme.api('POST', '/users', person)

  await acme.deliverMail()

  const { text, links } = await mailbox.next(person.email)
  expect(text.replaceAll('\n', ' ')).toContain('You sign in with Entra ID')
  expect(links[0]).toMatch(/\/activate\//)
})

test('LM-37: the reset mail carries a link that opens the account once', async () => {
  const acme = await createOrganisation({ method: 'password', mailbox })
  const { email } = acme.manager

  await acme.send('POST', `/api/v1/sign-in/${acme.slug}/reset`, { email })
  await acme.deliverMail()

  const mail = await mailbox.next(email)
  const token = mail.links[0]?.split('/reset/').at(-1)
  const choose = () =>
    acme.send('POST', `/api/v1/activations/${token}`, { password: 'Quiet-otter-42' })
  expect([(await choose()).status, (await choose()).status]).toEqual([200, 410])
})

test('EM-8: a mail server that says "later" is asked again after one minute, then two, then four', async () => {
  const acme = await acmeWithAda()
  const { clock } = acme.usher
  mailbox.behave({ refuses: 451, words: 'Greylisted, come back' })
  const tries: unknown[] = []

  for (const wait of [0, 0.9, 0.2, 1.8, 0.3, 3.8, 0.3]) {
    clock.advance(wait * minute)
    await acme.deliverMail()
    tries.push((await acme.row())[0]?.[1])
  }

  expect(tries).toEqual([1, 1, 2, 2, 3, 3, 4])
  expect(await acme.row()).toEqual([['waiting', 4, expect.stringContaining('Greylisted')]])
  mailbox.behave({ takes: true })
  clock.advance(8 * minute)
  await acme.deliverMail()
  expect(await acme.row()).toEqual([['sent', 5, null]])
  expect(mailbox.all(acme.ada.email)).toHaveLength(1)
})

test('EM-8: after two days it is given up, with the words of the mail server, in the audit, and the person stays', async () => {
  const acme = await acmeWithAda()
  mailbox.behave({ refuses: 451, words: 'Greylisted, come back', at: 'data' })

  for (let tries = 0; tries < 14; tries += 1) {
    await acme.deliverMail()
    acme.usher.clock.advance(2_100 * minute)
  }

  expect(await acme.row()).toEqual([['failed', 3, expect.stringContaining('Greylisted')]])
  expect(
    (await acme.events('mail.failed')).map(({ subject, result }) => [subject, result]),
  ).toEqual([[acme.ada.email, 'failure']])
  const found = await users.find(acme.usher.store.read, acme.id, acme.ada.id)
  expect(found?.status).toBe('pending')
})

test('EM-8: an address that the mail server does not know is not tried again', async () => {
  const acme = await acmeWithAda()
  mailbox.behave({ refuses: 550, words: 'No such mailbox here' })

  await acme.deliverMail()

  expect(await acme.row()).toEqual([['failed', 1, expect.stringContaining('No such mailbox here')]])
})

test('a mail server that hangs up in the middle gets the mail again a minute later, with a link of its own', async () => {
  const acme = await acmeWithAda()
  mailbox.behave({ hangsUp: true })

  await acme.deliverMail()
  const waiting = await acme.row()
  mailbox.behave({ takes: true })
  acme.usher.clock.advance(minute + 1)
  await acme.deliverMail()

  expect(waiting).toEqual([['waiting', 1, expect.any(String)]])
  expect(await acme.row()).toEqual([['sent', 2, null]])
  const mails = mailbox.all(acme.ada.email)
  expect(mails).toHaveLength(1)
  const token = mails[0]?.links[0]?.split('/activate/').at(-1)
  expect((await acme.send('GET', `/api/v1/activations/${token}`)).status).toBe(200)
})

test('a mail server that cannot be reached is asked once, not once for each mail that waits for it', async () => {
  const gone = await createMailbox()
  await gone.close()
  const acme = await createOrganisation({ method: 'password', mailbox: gone })
  for (let number = 0; number < 12; number += 1) {
    await acme.api('POST', '/users', { ...ada(acme.slug), email: `p${number}@${acme.slug}.test` })
  }

  await acme.deliverMail()

  const rows = await acme.usher.store.read
    .selectFrom('outbox')
    .selectAll()
    .where('org_id', '=', acme.id)
    .execute()
  const tries = rows.map((row) => row.tries)
  expect(tries.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(3)
  expect(rows.every((row) => row.state === 'waiting' && row.last_error !== null)).toBe(true)
})

test('many mails of one organisation share a few connections', async () => {
  const acme = await createOrganisation({ method: 'password', mailbox })
  const emails = Array.from({ length: 20 }, (_, number) => `p${number}@${acme.slug}.test`)
  for (const email of emails) await acme.api('POST', '/users', { ...ada(acme.slug), email })
  const before = mailbox.connections()

  await acme.deliverMail()

  expect(emails.map((email) => mailbox.all(email).length)).toEqual(emails.map(() => 1))
  expect(mailbox.connections() - before).toBeLessThanOrEqual(3)
})

test('EM-4: without a mail service nothing is sent, and what was queued does not go out later', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const person = ada(acme.slug)
  await acme.api('POST', '/users', person)

  await acme.deliverMail()

  const rows = await acme.usher.store.read
    .selectFrom('outbox')
    .select(['state', 'tries'])
    .where('org_id', '=', acme.id)
    .execute()
  expect(rows.map(({ state }) => state)).not.toContain('waiting')
  expect(mailbox.all(person.email)).toEqual([])
})

test('a person who activated meanwhile gets no activation mail', async () => {
  const acme = await acmeWithAda()
  await acme.api('PUT', `/users/${acme.ada.id}/disable`)

  await acme.deliverMail()

  expect(await acme.row()).toEqual([['dropped', 1, expect.stringContaining('no use')]])
  expect(mailbox.all(acme.ada.email)).toEqual([])
})

test('OP-4: two nodes on one database never send a mail twice', async () => {
  const acme = await createOrganisation({ method: 'password', mailbox })
  const { store, clock, vault, config, directory } = acme.usher
  const emails = Array.from({ length: 30 }, (_, number) => `p${number}@${acme.slug}.test`)
  for (const email of emails) await acme.api('POST', '/users', { ...ada(acme.slug), email })
  // On SQLite only one process sends; a second handle to the same file stands for it.
  const other = await openStore({
    databaseUrl: config.databaseUrl,
    file: `${config.dataDir}/usher.db`,
  })
  const postmen = [store, store, other].map((node) =>
    createPostman({
      store: node,
      clock,
      vault,
      outbound: createOutbound(config.outboundAllow),
      baseUrl: config.baseUrl,
      installation: undefined,
      linkFor: (organisationId, template, userId) =>
        directory.change(systemActor(organisationId), (write) =>
          linkForMail(write, template, userId),
        ),
    }),
  )

  await Promise.all(postmen.map((postman) => postman.deliver({ organisationId: acme.id })))
  await other.close()

  expect(emails.map((email) => mailbox.all(email).length)).toEqual(emails.map(() => 1))
})
