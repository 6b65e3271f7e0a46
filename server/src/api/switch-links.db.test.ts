import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMailbox, type Mailbox } from '../../testing/mailbox.ts'
import { createOrganisation } from '../../testing/organisation.ts'

const links = '/identity/login-method/links'
const people = ['ada', 'bob', 'eve'].map((name) => ({
  email: `${name}@acme.test`,
  firstName: name,
  lastName: 'Hill',
}))

let mailbox: Mailbox
beforeAll(async () => {
  mailbox = await createMailbox()
})
afterAll(() => mailbox.close())

/** An organisation that went from passwords to single sign-on with these people in it. */
async function switched(wish: Parameters<typeof createOrganisation>[0] = {}) {
  const acme = await createOrganisation({ method: 'password', ...wish })
  const joined: { id: string }[] = []
  for (const person of people) {
    joined.push((await acme.api('POST', '/users', person)).body)
  }
  await acme.proveEmergency()
  const { id: testId } = await acme.testSignIn()
  const change = { method: 'sso', saml: acme.samlInput, testId }
  const preview = await acme.api('POST', '/identity/login-method/preview', {
    method: 'sso',
    saml: acme.samlInput,
  })
  const saved = await acme.api('PUT', '/identity/login-method', change)
  expect(saved.status).toBe(200)
  const begun = (await acme.events()).length
  return {
    acme,
    preview,
    ids: joined.map(({ id }) => id),
    since: async () => (await acme.events()).slice(begun).map((event) => event.type),
  }
}

const rowsOf = (text: string): Record<string, string>[] => parse(text, { bom: true, columns: true })
const tokenOf = (row: Record<string, string> | undefined) =>
  String(row?.['Activation link']).split('/').at(-1)

describe('LM-10: a switch where no mail service is', () => {
  test('the preview counts the links, and after Save each person has one that is shown once', async () => {
    const { acme, preview, since } = await switched()

    const file = await acme.api('POST', links)

    const rows = rowsOf(file.text)
    expect(preview.body.linksToHandOver).toBe(3)
    expect(file.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'cache-control': 'no-store',
    })
    expect(rows.map((row) => String(row['E-mail'])).sort()).toEqual(
      people.map(({ email }) => email),
    )
    expect(await since()).toEqual(Array(3).fill('activation.issued'))
    const opened = await acme.send('GET', `/api/v1/activations/${tokenOf(rows[0])}`)
    expect(opened.status).toBe(200)
    const stored = JSON.stringify(await acme.events())
    expect(rows.filter((row) => stored.includes(String(tokenOf(row))))).toEqual([])
  })

  test('asked for again, the links of the first file are dead', async () => {
    const { acme } = await switched()
    const [first] = rowsOf((await acme.api('POST', links)).text)

    const again = rowsOf((await acme.api('POST', links)).text)

    const dead = await acme.send('GET', `/api/v1/activations/${tokenOf(first)}`)
    expect(dead).toMatchObject({ status: 410, body: { code: 'activation.expired' } })
    expect(again).toHaveLength(3)
  })

  test('who has signed in by the new method, is on hold or deactivated gets none', async () => {
    const { acme, ids } = await switched()
    await acme.signIn(people[0] ?? { email: '' })
    await acme.api('PUT', `/users/${ids[1]}/disable`)
    await acme.store(`update users set held = 1 where id = '${ids[2]}'`)

    const file = await acme.api('POST', links)

    expect(rowsOf(file.text)).toEqual([])
  })

  test('where mail is sent there is no such file, and the preview counts no links', async () => {
    const { acme, preview, since } = await switched({ mailbox })

    const refused = await acme.api('POST', links)

    expect(preview.body.linksToHandOver).toBeNull()
    expect(refused).toMatchObject({ status: 404, body: { code: 'resource.not_found' } })
    expect(await since()).toEqual([])
  })
})
