import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMailbox, type Mailbox } from '../../testing/mailbox.ts'
import {
  createOrganisation,
  managerPassword,
  type TestOrganisation,
} from '../../testing/organisation.ts'
import { pathOf, register } from '../../testing/registration.ts'
import { createScimOrganisation, patchSchema, userSchema } from '../../testing/scim.ts'

let mailbox: Mailbox
beforeAll(async () => {
  mailbox = await createMailbox()
})
afterAll(() => mailbox.close())

const url = '/identity/provisioning'
const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const noa = 'noa@acme.test'
const paused = { status: 409, body: { code: 'provisioning.paused' } }

const pause = (acme: TestOrganisation) => acme.api('POST', `${url}/pause`)
const resume = (acme: TestOrganisation) => acme.api('POST', `${url}/resume`)

async function mailedPath(acme: TestOrganisation, email: string, door: string): Promise<string> {
  await acme.deliverMail()
  const link = mailbox
    .all(email)
    .flatMap((mail) => mail.links)
    .findLast((one) => one.includes(`/${door}/${acme.id}`))
  return link?.split('/').at(-1) ?? ''
}

describe('PV-15: pausing', () => {
  test('says who paused and when, and resuming takes it back, each recorded once', async () => {
    const acme = await createOrganisation({ method: 'password' })

    const first = await pause(acme)
    const second = await pause(acme)
    const shown = await acme.api('GET', url)

    expect(first.status).toBe(200)
    expect(first.body.paused).toEqual({ by: 'Ana Ruiz', at: expect.any(Number) })
    expect(first.body.entrySentence).toMatch(
      /^Nobody new enters .+ now: Ana Ruiz paused provisioning on \d+ \w+ \d{4}\. Otherwise people enter /,
    )
    expect(second.body.paused).toEqual(first.body.paused)
    expect(second.headers.etag).toBe(first.headers.etag)
    expect(shown.body).toEqual(first.body)
    expect((await resume(acme)).body.paused).toBeNull()
    expect((await resume(acme)).body.entrySentence).toMatch(/^People enter /)
    expect(await acme.eventNames()).toEqual(['provisioning.paused', 'provisioning.resumed'])
    const [event] = await acme.events('provisioning.paused')
    expect(event).toMatchObject({ before: { paused: null }, after: { paused: first.body.paused } })
  })

  test('belongs to the version of the settings: whoever saves over it is told', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const { etag } = (await acme.api('GET', url)).headers
    const headers = { 'if-match': String(etag) }

    expect((await acme.api('POST', `${url}/pause`, undefined, { headers })).status).toBe(200)
    const stale = [
      await acme.api('PUT', url, { source: 'portal' }, { headers }),
      await acme.api('POST', `${url}/resume`, undefined, { headers }),
    ]

    expect(stale.map(({ status, body }) => [status, body.code])).toEqual([
      [412, 'request.stale'],
      [412, 'request.stale'],
    ])
    expect((await acme.api('GET', url)).body.paused).not.toBeNull()
  })

  test('stays when the source changes', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    await pause(acme)

    await acme.api('PUT', url, { source: 'sso_jit' })

    expect((await acme.signIn(ada)).status).toBe(403)
    await resume(acme)
    expect((await acme.signIn(ada)).status).toBe(303)
  })
})

describe('PV-15: while provisioning is paused', () => {
  test('nobody is created, invited, imported or restored, and nothing is written', async () => {
    const acme = await createScimOrganisation()
    const gone = await acme.user({ userName: ada.email })
    await acme.scim('DELETE', `/Users/${gone}`)
    await acme.api('PUT', url, { source: 'portal' })
    await pause(acme)
    const before = await acme.eventNames()
    const csv = `email,firstName,lastName\n${noa},Noa,Levi`

    expect(await acme.api('POST', '/users', { ...ada, email: noa })).toMatchObject(paused)
    expect(await acme.api('POST', '/invitations', { emails: [noa] })).toMatchObject(paused)
    expect(await acme.api('POST', '/invitations/csv', { csv, dryRun: false })).toMatchObject(paused)
    expect(await acme.api('POST', `/users/${gone}/restore`)).toMatchObject(paused)
    expect((await acme.people()).map(({ email }) => email)).toEqual([acme.manager.email])
    expect(await acme.eventNames()).toEqual(before)
    await resume(acme)
    expect((await acme.api('POST', '/users', { ...ada, email: noa })).status).toBe(201)
  })

  test('an invitation waits: it is neither accepted nor used up', async () => {
    const acme = await createOrganisation({ method: 'password', mailbox })
    await acme.api('POST', '/invitations', { emails: [noa] })
    const path = `/api/v1/invitations/${await mailedPath(acme, noa, 'invite')}`
    const person = { firstName: 'Noa', lastName: 'Levi', password: managerPassword }
    await pause(acme)

    expect(await acme.send('GET', path)).toMatchObject(paused)
    expect(await acme.send('POST', path, person)).toMatchObject(paused)
    await resume(acme)
    expect((await acme.send('POST', path, person)).status).toBe(200)
  })

  test('SS-6, SS-12: the self-service link is closed, and says why to managers alone', async () => {
    const acme = await createOrganisation({ method: 'password', mailbox })
    const opened = await acme.api('PUT', url, {
      source: 'portal',
      selfService: { enabled: true, allowedDomains: ['acme.test'] },
    })
    const link = opened.body.selfService.url
    await register(acme, link, { email: noa })
    const token = await mailedPath(acme, noa, 'activate')

    const { body } = await pause(acme)

    expect(body.selfService).toMatchObject({ enabled: true, state: 'closed_paused', url: null })
    const closed = { status: 410, body: { code: 'self_service.closed' } }
    expect(await acme.send('GET', pathOf(link))).toMatchObject(closed)
    expect(await register(acme, link, { email: ada.email })).toMatchObject(closed)
    // Who has registered before comes in when they prove their address, and so not now.
    const prove = () =>
      acme.send('POST', `/api/v1/activations/${token}`, { password: managerPassword })
    expect(await prove()).toMatchObject(paused)
    await resume(acme)
    expect((await prove()).status).toBe(200)
  })

  test('SS-21: who waits for approval goes on waiting', async () => {
    const acme = await createOrganisation({ method: 'password', mailbox })
    const opened = await acme.api('PUT', url, {
      source: 'portal',
      selfService: { enabled: true, allowedDomains: ['acme.test'], requireApproval: true },
    })
    await register(acme, opened.body.selfService.url, { email: noa })
    const requests = '/identity/self-service/requests'
    const [waiting] = (await acme.api('GET', requests)).body.items
    await pause(acme)

    expect(await acme.api('POST', `${requests}/${waiting.id}/approve`)).toMatchObject(paused)
    await resume(acme)
    expect((await acme.api('POST', `${requests}/${waiting.id}/approve`)).status).toBe(200)
  })

  test('SSO makes no account, with 403 and an entry in the sign-in log, and those who are here sign in', async () => {
    const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })
    await acme.signIn(ada)
    const stranger = { email: noa, firstName: 'Noa', lastName: 'Levi' }
    await pause(acme)

    const refused = await acme.signIn(stranger)

    expect(refused.status).toBe(403)
    expect((await acme.signIn(ada)).status).toBe(303)
    expect((await acme.people()).map(({ email }) => email).toSorted()).toEqual(
      [acme.manager.email, ada.email].toSorted(),
    )
    const log = (await acme.api('GET', '/sign-in-log')).body.items
    expect(log).toContainEqual(
      expect.objectContaining({
        code: 'provisioning.paused',
        email: noa,
        rule: 'provisioning paused',
      }),
    )
    await resume(acme)
    expect((await acme.signIn(stranger)).status).toBe(303)
  })

  test('SCIM is answered 503 with Retry-After, writes nothing, and goes on after resuming', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({ userName: ada.email, active: true })
    await pause(acme)
    const deactivate = {
      schemas: [patchSchema],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    }
    const calls: [string, string, object?][] = [
      ['GET', '/Users'],
      ['GET', '/ServiceProviderConfig'],
      ['POST', '/Users', { schemas: [userSchema], userName: noa }],
      ['PATCH', `/Users/${id}`, deactivate],
      ['DELETE', `/Users/${id}`],
      ['POST', '/Bulk', { Operations: [] }],
      ['GET', '/Me'],
    ]

    for (const [method, path, body] of calls) {
      const answer = await acme.scim(method, path, body)
      expect(answer, `${method} ${path}`).toMatchObject({
        status: 503,
        headers: { 'retry-after': '600' },
        body: { status: '503', detail: expect.stringMatching(/^provisioning\.paused: Ana Ruiz/) },
      })
      expect(answer.body.scimType).toBeUndefined()
    }
    expect((await acme.people()).map(({ email, status }) => [email, status])).toContainEqual([
      ada.email,
      'active',
    ])
    await acme.usher.provisioningLog.flush()
    const log = (await acme.api('GET', '/provisioning-log?outcome=refused')).body.items
    expect(log[0]).toMatchObject({ status: 503, code: 'provisioning.paused' })
    await resume(acme)
    expect((await acme.scim('PATCH', `/Users/${id}`, deactivate)).status).toBe(200)
  })

  test('SC-5: SCIM without a live credential is 401 all the same', async () => {
    const acme = await createScimOrganisation()
    await pause(acme)

    for (const authorization of ['', 'Bearer wrong']) {
      const answer = await acme.scim('GET', '/Users', undefined, { authorization })
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="SCIM"/)
    }
  })

  test('SC-6: SCIM that is not the source stays 403', async () => {
    const acme = await createScimOrganisation({ source: 'portal' })
    await pause(acme)

    const answer = await acme.scim('GET', '/Users')

    expect(answer.status).toBe(403)
    expect(answer.body.detail).toMatch(/^provisioning\.method_conflict: /)
  })
})
