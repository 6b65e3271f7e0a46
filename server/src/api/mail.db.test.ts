import { afterAll, beforeEach, expect, test } from 'vitest'
import { createMailbox } from '../../testing/mailbox.ts'
import { createOrganisation, mailServerAt } from '../../testing/organisation.ts'

const mailbox = await createMailbox()
const strict = await createMailbox({ login: { username: 'usher', secret: 'Hush-hush-9' } })
beforeEach(() => mailbox.behave({ takes: true }))
afterAll(() => Promise.all([mailbox.close(), strict.close()]))

const settings = '/mail-settings'
const server = mailServerAt(mailbox.port)
const custom = { mode: 'custom', server }
const withLogin = {
  mode: 'custom',
  server: { ...mailServerAt(strict.port), authentication: 'password', username: 'usher' },
}
const plain = () => createOrganisation({ method: 'password' })

async function withFailedMail() {
  const acme = await createOrganisation({ method: 'password', mailbox })
  const person = { email: `ada@${acme.slug}.test`, firstName: 'Ada', lastName: 'Lovelace' }
  const { id } = (await acme.api('POST', '/users', person)).body
  mailbox.behave({ refuses: 550, words: 'No such mailbox here' })
  await acme.deliverMail()
  mailbox.behave({ takes: true })
  const user = async () => (await acme.api('GET', `/users/${id}`)).body
  return { acme, person, user, id: id as string, mail: (await user()).mail }
}

test('EM-1: a new organisation is on Default, which here sends nothing', async () => {
  const acme = await plain()

  const { status, body, headers } = await acme.api('GET', settings)

  expect([status, headers.etag]).toEqual([200, '"0"'])
  expect(body).toEqual({
    mode: 'default',
    inForce: 'none',
    installationMails: false,
    server: null,
    secretSet: false,
    canWrite: true,
  })
})

test('EM-1: a server of one’s own is saved, sends, and its secret is nowhere to be read', async () => {
  const acme = await plain()

  const saved = await acme.api('PUT', settings, { ...withLogin, secret: 'Hush-hush-9' })

  expect(saved.body).toMatchObject({ inForce: 'custom', server: withLogin.server, secretSet: true })
  const person = { email: `ada@${acme.slug}.test`, firstName: 'Ada', lastName: 'Lovelace' }
  await acme.api('POST', '/users', person)
  await acme.deliverMail()
  expect((await strict.next(person.email)).from).toBe('usher@acme.test')
  const [changed] = await acme.events('mail.settings_changed')
  expect(changed).toMatchObject({
    before: { mode: 'default', server: null, secretSet: false },
    after: { mode: 'custom', server: withLogin.server, secretSet: true },
    data: { secret: 'replaced' },
  })
  const row = await acme.usher.store.read
    .selectFrom('mail_settings')
    .selectAll()
    .where('org_id', '=', acme.id)
    .execute()
  const everything = JSON.stringify([saved.body, await acme.events(), row])
  expect(everything).not.toContain('Hush-hush-9')
  expect(JSON.stringify([saved.body, await acme.events()])).not.toContain(row[0]?.secret)
})

test('EM-1: a stored secret follows no other server', async () => {
  const acme = await plain()
  await acme.api('PUT', settings, { ...withLogin, secret: 'Hush-hush-9' })
  const elsewhere = { ...withLogin, server: { ...withLogin.server, port: mailbox.port } }

  const answers = [
    await acme.api('PUT', settings, elsewhere),
    await acme.api('POST', `${settings}/test`, elsewhere),
  ]

  for (const answer of answers) {
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ pointer: '/secret', code: 'required' }] },
    })
  }
  expect(mailbox.logins).toEqual([])
  expect((await acme.api('PUT', settings, withLogin)).body.secretSet).toBe(true)
  expect(await acme.eventNames()).toEqual(['mail.settings_changed'])
})

test.each([
  ['no host', { host: 'smtp host' }, '/server/host'],
  ['a URL for a host', { host: 'https://smtp.acme.test' }, '/server/host'],
  ['a port beyond all ports', { port: 70_000 }, '/server/port'],
  ['a sender that is no address', { from: 'usher' }, '/server/from'],
  ['a second address in the sender', { from: 'a@acme.test\r\nBcc: b@acme.test' }, '/server/from'],
  ['an unknown way to sign in', { authentication: 'kerberos' }, '/server/authentication'],
])('EM-1: %s is refused with a pointer, and nothing changes', async (_, wrong, pointer) => {
  const acme = await plain()

  const refused = await acme.api('PUT', settings, { ...custom, server: { ...server, ...wrong } })

  expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect(refused.body.errors[0].pointer).toBe(pointer)
  expect((await acme.api('GET', settings)).body.mode).toBe('default')
  expect(await acme.eventNames()).toEqual([])
})

test.each(['127.0.0.1', 'localhost', '169.254.169.254', '::1'])(
  'SE-8: mail goes to no server at %s, saved or tested',
  async (host) => {
    const acme = await plain()
    const wish = { ...custom, server: { ...server, host } }

    const answers = [
      await acme.api('PUT', settings, wish),
      await acme.api('POST', `${settings}/test`, wish),
    ]

    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 'url.not_allowed', errors: [{ pointer: '/server/host' }] },
      })
    }
    expect(await acme.eventNames()).toEqual([])
  },
)

test('GE-5: of two managers who save at once, the second is told', async () => {
  const acme = await plain()
  const save = (mode: string) =>
    acme.api('PUT', settings, { mode }, { headers: { 'if-match': '"0"' } })

  const answers = await Promise.all([save('none'), save('none')])

  expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 412]))
  expect(await acme.eventNames()).toEqual(['mail.settings_changed'])
})

test('EM-1: the test mail goes to the manager by settings that are not saved', async () => {
  const acme = await plain()

  const test = await acme.api('POST', `${settings}/test`, custom)

  expect(test).toMatchObject({ status: 200, body: { to: acme.manager.email, refusal: null } })
  const mail = await mailbox.next(acme.manager.email)
  expect(mail).toMatchObject({ subject: 'Test mail from Acme', from: 'usher@acme.test' })
  expect((await acme.api('GET', settings)).body.mode).toBe('default')
  expect(await acme.eventNames()).toEqual([])
  expect(await acme.mails()).toEqual([])
})

test('EM-1: the test shows the refusal of the mail server in its words', async () => {
  const acme = await plain()
  mailbox.behave({ refuses: 554, words: 'Relaying denied for acme.test' })

  const refused = await acme.api('POST', `${settings}/test`, custom)
  const login = await acme.api('POST', `${settings}/test`, { ...withLogin, secret: 'wrong' })
  const none = await acme.api('POST', `${settings}/test`, { mode: 'default' })

  expect(refused.body.refusal).toContain('Relaying denied for acme.test')
  expect(login.body.refusal).toContain('Authentication failed')
  expect(login.text).not.toContain('wrong')
  expect(none.body.refusal).toContain('No mail service')
})

test('EM-4, EM-7: links are shown while nothing is sent, and to nobody once mail goes out', async () => {
  const acme = await plain()
  const person = { email: `ada@${acme.slug}.test`, firstName: 'Ada', lastName: 'Lovelace' }
  const { id } = (await acme.api('POST', '/users', person)).body
  const ask = (kind: string, who = id) => acme.api('POST', `/users/${who}/${kind}-link`)
  const bob = await acme.join({ ...person, email: `bob@${acme.slug}.test`, firstName: 'Bob' })

  const shown = [await ask('activation'), await ask('reset', bob.id)]
  await acme.api('PUT', settings, custom)
  const hidden = [await ask('activation'), await ask('reset', bob.id)]
  await acme.api('PUT', settings, { mode: 'none' })
  const again = await ask('activation')

  expect([...shown, ...hidden, again].map(({ status }) => status)).toEqual([
    201, 201, 404, 404, 201,
  ])
})

test('EM-8: a mail that failed shows on the person with the words of the server', async () => {
  const { acme, person, user, id } = await withFailedMail()

  const failed = { template: 'activation', state: 'failed' }
  const error = expect.stringContaining('No such mailbox here')
  expect((await user()).mail).toMatchObject({ ...failed, error })
  const { items } = (await acme.api('GET', '/users?sort=email,asc')).body
  const rows = items as { id: string; mail: unknown }[]
  expect(rows.find((row) => row.id === id)?.mail).toMatchObject(failed)
  expect(rows.find((row) => row.id === acme.manager.id)?.mail).toBeNull()
  const mails = await acme.api('GET', '/mails?state=failed')
  expect(mails.body).toMatchObject({ total: 1, totalExact: true })
  expect(mails.body.items).toMatchObject([
    { ...failed, recipient: person.email, userId: id, tries: 1, error, nextAt: null },
  ])
  expect((await acme.api('GET', '/mails?state=sent')).body.items).toEqual([])
})

test('EM-8: “Send again” sends a copy, once even when two managers press it', async () => {
  const { acme, person, user, id, mail } = await withFailedMail()
  const again = () => acme.api('POST', `/mails/${mail.id}/send-again`)

  const answers = [await again(), await again()]

  expect(answers.map(({ status }) => status)).toEqual([204, 204])
  expect((await user()).mail.state).toBe('waiting')
  await acme.deliverMail()
  expect(mailbox.all(person.email)).toHaveLength(1)
  expect((await user()).mail).toMatchObject({ state: 'sent', error: null })
  expect(await acme.events('mail.sent_again')).toMatchObject([
    { actor: 'Ana Ruiz', subject_id: id, data: { template: 'activation' } },
    { actor: 'Ana Ruiz', subject_id: id, data: { template: 'activation' } },
  ])
})

test('EM-8: “Send again” is a new try at once for a mail that waits for its next one', async () => {
  const acme = await createOrganisation({ method: 'password', mailbox })
  const person = { email: `ada@${acme.slug}.test`, firstName: 'Ada', lastName: 'Lovelace' }
  const { mail } = (await acme.api('POST', '/users', person)).body
  mailbox.behave({ refuses: 451, words: 'Greylisted, come back' })
  await acme.deliverMail()
  mailbox.behave({ takes: true })
  await acme.deliverMail()
  expect(mailbox.all(person.email)).toEqual([])

  await acme.api('POST', `/mails/${mail.id}/send-again`)
  await acme.deliverMail()

  expect(mailbox.all(person.email)).toHaveLength(1)
})

test('EM-8: “Send again” leaves alone what a node is sending at this moment', async () => {
  const acme = await createOrganisation({ method: 'password', mailbox })
  const person = { email: `ada@${acme.slug}.test`, firstName: 'Ada', lastName: 'Lovelace' }
  const { mail } = (await acme.api('POST', '/users', person)).body
  mailbox.behave({ takes: true, afterMs: 300 })
  const before = mailbox.connections()

  const sending = acme.deliverMail()
  await expect.poll(() => mailbox.connections()).toBeGreaterThan(before)
  await acme.api('POST', `/mails/${mail.id}/send-again`)
  await Promise.all([sending, acme.deliverMail()])

  expect(mailbox.all(person.email)).toHaveLength(1)
})

test('EM-8: new settings are tried at once by whatever waits', async () => {
  const gone = await createMailbox()
  await gone.close()
  const acme = await createOrganisation({ method: 'password', mailbox: gone })
  const person = { email: `ada@${acme.slug}.test`, firstName: 'Ada', lastName: 'Lovelace' }
  await acme.api('POST', '/users', person)
  await acme.deliverMail()

  await acme.api('PUT', settings, custom)
  await acme.deliverMail()

  expect(mailbox.all(person.email)).toHaveLength(1)
})

test('EM-8: nothing is sent again to whom was deactivated, nor where nothing sends', async () => {
  const { acme, id, mail } = await withFailedMail()
  const again = () => acme.api('POST', `/mails/${mail.id}/send-again`)
  await acme.api('PUT', `/users/${id}/disable`)

  const deactivated = await again()
  await acme.api('PUT', settings, { mode: 'none' })
  const mailless = await again()

  expect(deactivated).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect(mailless.body.detail).toContain('Hand the link over')
  expect(await acme.events('mail.sent_again')).toEqual([])
})
