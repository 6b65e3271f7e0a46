import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMailbox, type Mailbox } from '../../testing/mailbox.ts'
import {
  createOrganisation,
  managerPassword,
  type TestOrganisation,
  type Wish,
} from '../../testing/organisation.ts'
import { register } from '../../testing/registration.ts'

let mailbox: Mailbox
beforeAll(async () => {
  mailbox = await createMailbox()
})
afterAll(() => mailbox.close())

const day = 86_400_000
const noa = 'noa@acme.test'
const accepted = { firstName: 'Noa', lastName: 'Levi', password: managerPassword }

const open = (wish: Wish = {}) => createOrganisation({ method: 'password', mailbox, ...wish })

const invite = (acme: TestOrganisation, body: object = {}) =>
  acme.api('POST', '/invitations', { emails: [noa], ...body })
const pendingOf = async (acme: TestOrganisation, query = '') =>
  (await acme.api('GET', `/invitations${query}`)).body.items

/** Token of the newest invitation that was mailed to somebody. */
async function mailed(acme: TestOrganisation, email = noa): Promise<string> {
  await acme.deliverMail()
  const links = mailbox.all(email).flatMap((one) => one.links)
  return (
    links
      .filter((link) => link.includes(`/invite/${acme.id}`))
      .at(-1)
      ?.split('/')
      .at(-1) ?? ''
  )
}

const accept = (acme: TestOrganisation, token: string, body: object = accepted) =>
  acme.send('POST', `/api/v1/invitations/${token}`, body)

describe('inviting', () => {
  test('IN-1, IN-2: every address has a result of its own, good ones are sent', async () => {
    const acme = await open()
    await acme.join({ email: 'old@acme.test', firstName: 'Old', lastName: 'Hand' })
    await invite(acme, { emails: ['twice@acme.test'] })

    const invited = await invite(acme, {
      emails: [
        noa,
        ' NOA@ACME.TEST ',
        'Old@ACME.test',
        'twice@acme.test',
        'no address',
        'lea@bücher.example',
        'LEA@xn--bcher-kva.example',
      ],
    })

    expect(invited.status).toBe(207)
    expect(invited.body.items.map(({ status }: { status: string }) => status)).toEqual([
      'sent',
      'duplicate',
      'already_member',
      'already_invited',
      'invalid',
      'sent',
      'duplicate',
    ])
    expect((await pendingOf(acme)).map(({ email }: { email: string }) => email)).toEqual([
      'lea@xn--bcher-kva.example',
      noa,
      'twice@acme.test',
    ])
    expect((await invite(acme, { emails: ['fresh@acme.test'] })).status).toBe(200)
  })

  test('IN-3: who is invited is nobody here, is not counted and cannot sign in', async () => {
    const acme = await open()
    await invite(acme)

    expect((await acme.people()).map(({ email }) => email)).toEqual([acme.manager.email])
    expect((await acme.signInByPassword(noa, managerPassword)).status).toBe(401)
    expect(await acme.eventNames()).toEqual(['invitation.sent', 'auth.failed'])
  })

  test('IN-4: the list says who invited whom, until when, and what became of the mail', async () => {
    const acme = await open()
    await invite(acme, { expiresInDays: 30 })

    const [waiting] = await pendingOf(acme)
    expect(waiting).toMatchObject({
      email: noa,
      inviter: 'Ana Ruiz',
      expired: false,
      mail: { state: 'waiting' },
    })
    expect(waiting.expiresAt - waiting.createdAt).toBe(30 * day)
    mailbox.behave({ refuses: 550, words: 'no such user' })
    await acme.deliverMail()
    mailbox.behave({ takes: true })
    expect((await pendingOf(acme))[0].mail).toEqual({
      state: 'failed',
      error: expect.stringContaining('no such user'),
    })
    expect(await pendingOf(acme, '?search=NOA')).toHaveLength(1)
    expect(await pendingOf(acme, '?search=n_a')).toEqual([])
  })

  test.each([
    [{ emails: [] }, '/emails'],
    [{ emails: Array.from({ length: 201 }, (_, one) => `p${one}@acme.test`) }, '/emails'],
    [{ expiresInDays: 31 }, '/expiresInDays'],
    [{ expiresInDays: 0 }, '/expiresInDays'],
    [{ roles: ['ROLE_ROOT'] }, '/roles/0'],
  ])('IN-1, IN-6: %j is refused with its place, and nobody is invited', async (body, pointer) => {
    const acme = await open()

    const refused = await invite(acme, body)

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(refused.body.errors[0].pointer).toBe(pointer)
    expect(await acme.eventNames()).toEqual([])
  })

  test('a group or pool of another organisation is none, and nobody is invited', async () => {
    const [acme, other] = [await open(), await open()]
    const groups = [await other.makeGroup('Engineers')]
    const pools = [await other.makePool('Production')]

    expect((await invite(acme, { groups })).status).toBe(404)
    expect((await invite(acme, { pools })).status).toBe(404)
    expect(await acme.eventNames()).toEqual([])
  })

  test('LM-4: nobody is invited before a login method is chosen', async () => {
    const acme = await createOrganisation({ mailbox })

    expect((await invite(acme)).body.code).toBe('login_method.not_set')
  })

  test('50 managers who invite one address at once send one invitation', async () => {
    const acme = await open()

    const answers = await Promise.all(Array.from({ length: 50 }, () => invite(acme)))

    const results = answers.map(({ body }) => body.items[0].status as string)
    expect(results.filter((one) => one === 'sent')).toHaveLength(1)
    expect(results.filter((one) => one === 'already_invited')).toHaveLength(49)
    expect(await acme.eventNames()).toEqual(['invitation.sent'])
  })

  test('SE-10: another organisation’s invitations are not there', async () => {
    const [acme, other] = [await open(), await open()]
    await invite(acme)
    const [{ id }] = await pendingOf(acme)

    expect((await other.api('DELETE', `/invitations/${id}`)).status).toBe(404)
    expect((await other.api('POST', `/invitations/${id}/resend`)).status).toBe(404)
    expect(await pendingOf(other)).toEqual([])
    expect(await pendingOf(acme)).toHaveLength(1)
  })
})

describe('a file of people', () => {
  const csv = (groups: string) =>
    `E-mail,First,Last,Roles,Groups\r\n${noa},Noa,Levi,viewer,${groups}\r\nold,,,,\r\nlea@acme.test,,,root,\r\nzoe@acme.test,,,,Nobody\r\n`

  test('IN-12: a dry run says what each row would do, and does nothing', async () => {
    const acme = await open()
    await acme.makeGroup('Engineers')

    const tried = await acme.api('POST', '/invitations/csv', {
      csv: csv('engineers'),
      dryRun: true,
    })

    expect(tried.status).toBe(207)
    expect(tried.body.dryRun).toBe(true)
    expect(tried.body.items).toMatchObject([
      { line: 2, email: noa, status: 'sent', id: null },
      { line: 3, email: 'old', status: 'invalid' },
      { line: 4, email: 'lea@acme.test', status: 'invalid', detail: 'There is no role root.' },
      { line: 5, email: 'zoe@acme.test', status: 'invalid', detail: 'There is no group Nobody.' },
    ])
    expect(await acme.eventNames()).toEqual(['group.created'])
    expect((await acme.rows()).invitations).toBe(0)
  })

  test('IN-12: a row promises its names, roles and groups; the same file again sends nothing', async () => {
    const acme = await open()
    const groupId = await acme.makeGroup('Engineers')
    const body = { csv: csv('Engineers') }

    await acme.api('POST', '/invitations/csv', body)
    const again = await acme.api('POST', '/invitations/csv', body)

    expect(again.body.items[0]).toMatchObject({ line: 2, status: 'already_invited' })
    expect(await pendingOf(acme)).toMatchObject([
      { email: noa, roles: ['ROLE_VIEWER'], groups: [groupId] },
    ])
    const page = await acme.send('GET', `/api/v1/invitations/${await mailed(acme)}`)
    expect(page.body).toMatchObject({ firstName: 'Noa', lastName: 'Levi' })
    expect(mailbox.all(noa).filter(({ text }) => text.includes(acme.id))).toHaveLength(1)
  })

  test('IN-12: what is no file of people is told so', async () => {
    const acme = await open()

    const refused = await acme.api('POST', '/invitations/csv', { csv: 'name\nNoa' })

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(refused.body.detail).toContain('names the columns')
  })
})

describe('accepting', () => {
  test('IN-7, IN-8, IN-10: the invited address, of whatever domain, is in with exactly what was promised', async () => {
    const acme = await open()
    const groupId = await acme.makeGroup('Engineers')
    const poolId = await acme.makePool('Production')
    await invite(acme, { roles: ['ROLE_VIEWER'], groups: [groupId], pools: [poolId] })
    const token = await mailed(acme)

    const page = await acme.send('GET', `/api/v1/invitations/${token}`)
    const done = await accept(acme, token)

    expect(page.body).toMatchObject({ email: noa, inviter: 'Ana Ruiz', completes: 'password' })
    expect(done.status).toBe(200)
    const [person] = (await acme.people()).filter(({ email }) => email === noa)
    const details = (await acme.api('GET', `/users/${person?.id}`)).body
    expect(details).toMatchObject({ status: 'active', joinedBy: 'invited', managedBy: 'portal' })
    expect(details.roles).toEqual(['ROLE_VIEWER'])
    const access = (await acme.api('GET', `/users/${person?.id}/access?explain=true`)).body
    expect(JSON.stringify(access)).toContain('Production')
    expect(await acme.eventNames()).toEqual([
      'group.created',
      'pool.created',
      'invitation.sent',
      'user.joined',
      'invitation.accepted',
      'user.password_set',
      'user.activated',
      'auth.succeeded',
    ])
    expect(await pendingOf(acme)).toEqual([])
  })

  test('IN-8: whoever accepts cannot ask for more', async () => {
    const acme = await open()
    await invite(acme)
    const token = await mailed(acme)

    const body = { ...accepted, email: 'eve@acme.test', roles: ['ROLE_MANAGER'] }

    expect((await accept(acme, token, body)).status).toBe(400)
    expect(await acme.eventNames()).toEqual(['invitation.sent'])
  })

  test('IN-6: opening it consumes nothing; used, revoked, expired, unknown and foreign links are one answer', async () => {
    const acme = await open()
    await invite(acme, { emails: [noa, 'rev@acme.test', 'late@acme.test'] })
    const [used, revoked, expired] = [
      await mailed(acme),
      await mailed(acme, 'rev@acme.test'),
      await mailed(acme, 'late@acme.test'),
    ]
    for (let once = 0; once < 3; once += 1) {
      expect((await acme.send('GET', `/api/v1/invitations/${used}`)).status).toBe(200)
    }
    expect((await accept(acme, used)).status).toBe(200)
    const [{ id }] = await pendingOf(acme, '?search=rev')
    expect((await acme.api('DELETE', `/invitations/${id}`)).status).toBe(204)
    await acme.store(`update invitations set expires_at = 1 where org_id = '${acme.id}'`)

    const tokens = [used, revoked, expired, `${acme.id}.nothing`, 'nothing', `${noa}.x`]
    const texts = new Set<string>()
    for (const token of tokens) {
      for (const answer of [
        await acme.send('GET', `/api/v1/invitations/${token}`),
        await accept(acme, token),
      ]) {
        expect(answer).toMatchObject({ status: 410, body: { code: 'invitation.invalid' } })
        texts.add(answer.body.detail)
      }
    }
    expect(texts.size).toBe(1)
    expect(await acme.people()).toHaveLength(2)
  })

  test('IN-5: sending it again renews it, also when it had expired, and ends the old link', async () => {
    const acme = await open()
    await invite(acme)
    const old = await mailed(acme)
    const [{ id }] = await pendingOf(acme)
    await acme.store(`update invitations set expires_at = 1 where id = '${id}'`)
    expect((await pendingOf(acme))[0].expired).toBe(true)

    expect((await acme.api('POST', `/invitations/${id}/resend`)).status).toBe(200)

    expect((await pendingOf(acme))[0].expired).toBe(false)
    expect((await accept(acme, old)).status).toBe(410)
    expect((await accept(acme, await mailed(acme))).status).toBe(200)
  })

  test('EM-4, EM-5: without mail every link is handed over, once', async () => {
    const acme = await createOrganisation({ method: 'password' })

    const [item] = (await invite(acme)).body.items
    expect(item.link).toContain(`/invite/${acme.id}.`)
    expect((await pendingOf(acme))[0]).toMatchObject({ mail: null })
    expect(JSON.stringify(await pendingOf(acme))).not.toContain(item.link.split('.').at(-1))
    expect((await accept(acme, item.link.split('/').at(-1))).status).toBe(200)
  })

  test('LM-36: a weak password is refused and the invitation stays', async () => {
    const acme = await open()
    await invite(acme)
    const token = await mailed(acme)

    const weak = await accept(acme, token, { ...accepted, password: 'password' })

    expect(weak.body.code).toBe('password.too_weak')
    expect((await accept(acme, token)).status).toBe(200)
  })

  test('an invitation that is accepted 20 times at once makes one person', async () => {
    const acme = await open()
    await invite(acme)
    const token = await mailed(acme)

    const answers = await Promise.all(Array.from({ length: 20 }, () => accept(acme, token)))

    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 410)).toHaveLength(19)
    expect(await acme.events('user.joined')).toHaveLength(1)
    expect(await acme.events('invitation.accepted')).toHaveLength(1)
  })
})

describe('IN-9: whichever way an invited address arrives, the promise is kept once', () => {
  /** An organisation where noa is promised a role and a group. */
  async function promised(wish: Wish) {
    const acme = await open(wish)
    const groupId = await acme.makeGroup('Engineers')
    await invite(acme, { roles: ['ROLE_VIEWER'], groups: [groupId] })
    return { acme, groupId }
  }

  async function expectKept(acme: TestOrganisation, groupId: string, joinedBy: string) {
    const found = (await acme.people()).filter(({ email }) => email === noa)
    expect(found).toHaveLength(1)
    const details = (await acme.api('GET', `/users/${found[0]?.id}`)).body
    expect(details.joinedBy).toBe(joinedBy)
    expect(details.roles).toContain('ROLE_VIEWER')
    expect(details.groups.map(({ id }: { id: string }) => id)).toContain(groupId)
    expect(await pendingOf(acme)).toEqual([])
    expect(await acme.events('invitation.accepted')).toHaveLength(1)
  }

  test('a manager creates them', async () => {
    const { acme, groupId } = await promised({})
    const token = await mailed(acme)

    const person = { email: noa, firstName: 'Noa', lastName: 'Levi' }
    expect((await acme.api('POST', '/users', person)).status).toBe(201)

    await expectKept(acme, groupId, 'created')
    expect((await accept(acme, token)).status).toBe(410)
  })

  test.each(['sso_jit', 'portal'] as const)(
    'JI-21: they sign in through SSO under %s',
    async (source) => {
      const { acme, groupId } = await promised({ method: 'sso', source })

      const signedIn = await acme.signIn({ email: noa, firstName: 'Noa', lastName: 'Levi' })

      expect(signedIn.session).toBeDefined()
      await expectKept(acme, groupId, 'invited')
    },
  )

  test('PV-16: SCIM creates them after the source has changed; the link itself is closed', async () => {
    const { acme, groupId } = await promised({ method: 'sso' })
    const token = await mailed(acme)
    await acme.api('PUT', '/identity/provisioning', { source: 'scim' })

    expect(await accept(acme, token)).toMatchObject({
      status: 409,
      body: { code: 'provisioning.method_conflict' },
    })
    const made = await acme.api('POST', '/identity/scim/tokens', { label: 'entra' })
    const created = await acme.send(
      'POST',
      `/scim/${acme.id}/v2/Users`,
      {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName: noa,
        name: { givenName: 'Noa', familyName: 'Levi' },
        emails: [{ value: noa, primary: true }],
        active: true,
      },
      {
        authorization: `Bearer ${made.body.token}`,
        'content-type': 'application/scim+json',
      },
    )

    expect(created.status).toBe(201)
    await expectKept(acme, groupId, 'scim')
  })

  test('SS-16: who registers by the link is sent the invitation again, and an unproved address uses nothing up', async () => {
    const { acme, groupId } = await promised({})
    const saved = await acme.api('PUT', '/identity/provisioning', {
      source: 'portal',
      selfService: { enabled: true, allowedDomains: ['acme.test'] },
    })
    const first = await mailed(acme)

    const { url } = saved.body.selfService
    const registered = await register(acme, url, { email: noa })
    const stranger = await register(acme, url, { email: 'zoe@acme.test' })

    expect([registered.status, registered.text]).toEqual([stranger.status, stranger.text])
    expect(await pendingOf(acme)).toHaveLength(1)
    const second = await mailed(acme)
    expect(second).not.toBe(first)
    expect((await accept(acme, second)).status).toBe(200)
    await expectKept(acme, groupId, 'invited')
  })

  test('twenty first sign-ins and a manager who creates them at the same moment: one person', async () => {
    const { acme, groupId } = await promised({ method: 'sso', source: 'sso_jit' })
    const person = { email: noa, firstName: 'Noa', lastName: 'Levi' }

    const [created, ...signIns] = await Promise.all([
      acme.api('POST', '/users', person),
      ...Array.from({ length: 20 }, () => acme.signIn(person)),
    ])

    expect([201, 409]).toContain(created.status)
    expect(signIns.filter(({ session }) => session === undefined)).toEqual([])
    const [found] = (await acme.people()).filter(({ email }) => email === noa)
    const { joinedBy } = (await acme.api('GET', `/users/${found?.id}`)).body
    await expectKept(acme, groupId, joinedBy)
    expect(await acme.events('user.joined')).toHaveLength(1)
  })

  test('IN-9: what expired promises nothing and leaves nothing behind', async () => {
    const { acme, groupId } = await promised({})
    await acme.store(`update invitations set expires_at = 1 where org_id = '${acme.id}'`)

    await acme.api('POST', '/users', { email: noa, firstName: 'Noa', lastName: 'Levi' })

    expect(await pendingOf(acme)).toEqual([])
    const [found] = (await acme.people()).filter(({ email }) => email === noa)
    const details = (await acme.api('GET', `/users/${found?.id}`)).body
    expect(details.groups.map(({ id }: { id: string }) => id)).not.toContain(groupId)
    expect(await acme.eventNames()).toEqual(['group.created', 'invitation.sent', 'user.joined'])
  })
})

describe('an invitation by single sign-on', () => {
  test('IN-8: an identity with another e-mail is turned away, and the invitation stays', async () => {
    const acme = await open({ method: 'sso' })
    await invite(acme)
    const token = await mailed(acme)
    const page = await acme.send('GET', `/api/v1/invitations/${token}`)
    expect(page.body).toMatchObject({ completes: 'sso', connectionName: 'Entra ID' })
    const query = new URL(page.body.startUrl).search

    const eve = { email: 'eve@acme.test', firstName: 'Eve', lastName: 'Hill' }
    const away = await acme.startSso(query)
    const refused = await acme.postResponse(acme.respondTo(away, eve), away)
    const asNoa = await acme.startSso(query)
    const person = { email: noa, firstName: 'Noa', lastName: 'Levi' }
    const done = await acme.postResponse(acme.respondTo(asNoa, person), asNoa)

    expect(refused.status).toBe(403)
    expect(refused.session).toBeUndefined()
    expect((await acme.events('auth.failed')).map(({ data }) => data)).toMatchObject([
      { code: 'invitation.email_mismatch' },
    ])
    expect(done.session).toBeDefined()
    expect((await acme.people()).map(({ email }) => email).sort()).toEqual(
      [acme.manager.email, noa].sort(),
    )
  })

  test('LM-8: sets no password, and the attempt is recorded', async () => {
    const acme = await open({ method: 'sso' })
    await invite(acme)
    const token = await mailed(acme)

    const refused = await acme.send('POST', `/api/v1/invitations/${token}`, accepted)

    const failure = { code: 'login_method.disabled', method: 'invitation' }
    expect(refused).toMatchObject({ status: 403, body: { code: failure.code } })
    expect(await acme.lastAttempt()).toMatchObject({ ...failure, email: noa })
    expect((await acme.events('auth.failed')).map(({ data }) => data)).toMatchObject([failure])
    expect((await acme.people()).map(({ email }) => email)).toEqual([acme.manager.email])
  })

  test('MU-8: an activation link completes its own address alone', async () => {
    const acme = await createOrganisation({ method: 'sso', verifiedDomains: [] })
    const person = { email: noa, firstName: 'Noa', lastName: 'Levi' }
    const { body } = await acme.api('POST', '/users', person)
    const { activationLink } = (await acme.api('POST', `/users/${body.id}/activation-link`)).body
    const token = activationLink.split('/').at(-1)
    const page = await acme.send('GET', `/api/v1/activations/${token}`)
    const query = new URL(page.body.startUrl).search

    const away = await acme.startSso(query)
    const refused = await acme.postResponse(
      acme.respondTo(away, { ...person, email: 'eve@acme.test' }),
      away,
    )
    expect(refused.status).toBe(403)
    expect((await acme.lastAttempt()).code).toBe('activation.email_mismatch')

    const again = await acme.startSso(query)
    expect((await acme.postResponse(acme.respondTo(again, person), again)).session).toBeDefined()
  })
})
