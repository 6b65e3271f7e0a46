import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMailbox, type Mailbox } from '../../testing/mailbox.ts'
import { createOrganisation, managerPassword } from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const bob = { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' }
const eve = { email: 'eve@acme.test', firstName: 'Eve', lastName: 'Hill' }
const nobody = '01900000-0000-7000-8000-000000000000'
const done = (id: string) => ({ id, status: 204, code: null, detail: null })

let mailbox: Mailbox
beforeAll(async () => {
  mailbox = await createMailbox()
})
afterAll(() => mailbox.close())

type Wish = Parameters<typeof createOrganisation>[0]
async function organisation(people: (typeof ada)[], wish: Wish = {}) {
  const acme = await createOrganisation({ method: 'password', ...wish })
  const ids: string[] = []
  for (const person of people) ids.push((await acme.api('POST', '/users', person)).body.id)
  const begun = (await acme.events()).length
  const since = async () =>
    (await acme.events()).slice(begun).map((event) => [event.type, event.subject])
  return { acme, ids, since }
}

describe('US-16: one act for many people', () => {
  test('all of them are enabled, each with an event; doing it again changes and records nothing', async () => {
    const { acme, ids, since } = await organisation([ada, bob])
    await acme.api('POST', '/users/disable', { ids })

    const enabled = await acme.api('POST', '/users/enable', { ids })
    const again = await acme.api('POST', '/users/enable', { ids })

    for (const answer of [enabled, again]) {
      expect(answer).toMatchObject({ status: 200, body: { items: ids.map(done) } })
    }
    expect(await since()).toEqual([
      ['user.deactivated', ada.email],
      ['user.deactivated', bob.email],
      ['user.enabled', ada.email],
      ['user.enabled', bob.email],
    ])
  })

  test('the last working manager stays, somebody of another organisation is not there, the others go', async () => {
    const { acme, ids, since } = await organisation([ada])
    const foreign = (await organisation([bob])).ids
    const asked = [acme.manager.id, ...ids, ...foreign]

    const answer = await acme.api('POST', '/users/disable', { ids: asked })

    expect(answer.status).toBe(207)
    expect(answer.body.items).toEqual([
      expect.objectContaining({ id: asked[0], status: 409, code: 'manager.last_working' }),
      done(asked[1] ?? ''),
      expect.objectContaining({ id: asked[2], status: 404, code: 'resource.not_found' }),
    ])
    expect(await since()).toEqual([['user.deactivated', ada.email]])
  })

  test('somebody who is named twice is asked once', async () => {
    const { acme, ids, since } = await organisation([ada])

    const answer = await acme.api('POST', '/users/disable', { ids: [...ids, ...ids] })

    expect(answer.body.items).toEqual(ids.map(done))
    expect(await since()).toEqual([['user.deactivated', ada.email]])
  })

  test.each(['disable', 'enable', 'resend-activation'])(
    '%s takes 200 people at a time and no fewer than one',
    async (act) => {
      const { acme, since } = await organisation([])

      const none = await acme.api('POST', `/users/${act}`, { ids: [] })
      const many = await acme.api('POST', `/users/${act}`, { ids: Array(201).fill(nobody) })

      for (const refused of [none, many]) {
        expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
      }
      expect(await since()).toEqual([])
    },
  )

  test('under SCIM whom it manages is refused with the reason, and others are enabled', async () => {
    const { acme, ids, since } = await organisation([ada, bob], { method: 'sso' })
    await acme.api('POST', '/users/disable', { ids })
    await acme.store(`update users set managed_by = 'scim' where id = '${ids[0]}'`)
    await acme.store(`update organisations set source = 'scim' where id = '${acme.id}'`)

    const answer = await acme.api('POST', '/users/enable', { ids })

    expect(answer.status).toBe(207)
    expect(answer.body.items).toEqual([
      expect.objectContaining({ id: ids[0], status: 409, code: 'user.managed_externally' }),
      done(ids[1] ?? ''),
    ])
    expect((await since()).slice(2)).toEqual([['user.enabled', bob.email]])
  })
})

describe('US-16, MU-9: activation once more', () => {
  test('by mail: the older link is dead at once, and a mail goes to each who is Pending', async () => {
    const { acme, ids, since } = await organisation([ada, bob], { mailbox })
    await acme.deliverMail()
    const older = mailed(acme.id)
    await acme.api('PUT', `/users/${ids[1]}/disable`)

    const answer = await acme.api('POST', '/users/resend-activation', { ids })
    const dead = await acme.send('GET', `/api/v1/activations/${older}`)
    await acme.deliverMail()
    const newer = mailed(acme.id)
    const alive = await acme.send('GET', `/api/v1/activations/${newer}`)

    expect(answer.status).toBe(207)
    expect(answer.body.items).toEqual([
      done(ids[0] ?? ''),
      expect.objectContaining({ id: ids[1], status: 400, code: 'request.invalid' }),
    ])
    expect(dead).toMatchObject({ status: 410, body: { code: 'activation.expired' } })
    expect(alive.status).toBe(200)
    const happened = await since()
    // Two letters leave at the same time.
    const issued = happened.slice(0, 2).map(String)
    expect(issued.toSorted()).toEqual([
      `activation.issued,${ada.email}`,
      `activation.issued,${bob.email}`,
    ])
    expect(happened.slice(2)).toEqual([
      ['user.deactivated', bob.email],
      ['activation.resent', ada.email],
      ['activation.issued', ada.email],
    ])
  })

  test('EM-5: without a mail service each link is in the answer, this once, and opens that account', async () => {
    const { acme, ids, since } = await organisation([ada, eve])

    const answer = await acme.api('POST', '/users/resend-activation', { ids })

    expect(answer.status).toBe(200)
    const [first] = answer.body.items
    const token = String(first.activationLink).split('/').at(-1)
    const opened = await acme.send('POST', `/api/v1/activations/${token}`, {
      password: managerPassword,
    })
    expect(opened.status).toBeLessThan(300)
    expect((await acme.people()).find(({ id }) => id === ids[0])?.status).toBe('active')
    expect((await since()).slice(0, 2)).toEqual([
      ['activation.issued', ada.email],
      ['activation.issued', eve.email],
    ])
    expect(JSON.stringify(await acme.events())).not.toContain(token)
  })

  test('nobody on hold is sent one', async () => {
    const { acme, ids, since } = await organisation([ada])
    await acme.store(`update users set held = 1 where id = '${ids[0]}'`)

    const answer = await acme.api('POST', '/users/resend-activation', { ids })

    expect(answer.body.items).toMatchObject([{ status: 400, code: 'request.invalid' }])
    expect(await since()).toEqual([])
  })
})

test('EM-7: an organisation whose mail is sent shows no links, whatever the installation does', async () => {
  const { acme, ids } = await organisation([ada], { mailbox })

  const refused = await acme.api('POST', `/users/${ids[0]}/activation-link`)

  expect(refused).toMatchObject({ status: 404, body: { code: 'resource.not_found' } })
})

/** Token of the newest activation that was mailed to Ada of this organisation. */
function mailed(organisationId: string): string {
  const links = mailbox.all(ada.email).flatMap((one) => one.links)
  const newest = links.filter((link) => link.includes(`/activate/${organisationId}`)).at(-1)
  return newest?.split('/').at(-1) ?? ''
}
