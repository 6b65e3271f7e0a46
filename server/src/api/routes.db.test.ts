import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createAuthenticator } from '../../testing/authenticator.ts'
import {
  type Answer,
  createOrganisation,
  startUsher,
  type TestOrganisation,
} from '../../testing/organisation.ts'
import { register } from '../../testing/registration.ts'
import { createScimOrganisation } from '../../testing/scim.ts'
import { enrolTotp } from '../../testing/second-factor.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const bob = { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' }
const eve = { email: 'eve@acme.test', firstName: 'Eve', lastName: 'Hill' }

type Request = { acme: TestOrganisation; path: string; body?: object }
type Route = {
  /** A request that a manager may make and that has an effect, in an organisation of its own. */
  prepare: () => Promise<Request>
  status: number
  /** The area and the right that it needs; null for what everyone may do for themselves. */
  needs: `${'identity' | 'users' | 'access' | 'audit'}:${'read' | 'write'}` | null
  /** Everything that is recorded, in order. */
  events: string[]
  /** What ROLE_VIEWER and a key with the scope get, where it is not what a manager gets. */
  viewer?: number
  key?: number
}

const scim = '/identity/scim'
const plain = () => createOrganisation({ method: 'password' })

/** A request that names nothing but the organisation. */
const at = (path: string, body?: (acme: TestOrganisation) => object) => async () => {
  const acme = await plain()
  return { acme, path, ...(body && { body: body(acme) }) }
}

/** A request about one pending person. */
const about = (path: string, body?: object) => async () => {
  const acme = await plain()
  const { body: made } = await acme.api('POST', '/users', ada)
  return { acme, path: `/users/${made.id}${path}`, ...(body && { body }) }
}

/** A request about one person whom the identity provider manages. */
const managed = (path: string) => async () => {
  const { acme, path: person } = await about('')()
  const id = person.split('/').at(-1)
  await acme.store(`update users set managed_by = 'scim' where id = '${id}'`)
  return { acme, path: `${person}${path}` }
}

const readyForSso = async () => {
  const acme = await plain()
  await acme.proveEmergency()
  const { id: testId } = await acme.testSignIn()
  const body = { method: 'sso', saml: acme.samlInput, testId }
  return { acme, path: '/identity/login-method', body }
}

/** A request about a rehearsal of SCIM that has come so far. */
const rehearsing = (act: string, state: 'none' | 'copying' | 'open') => async () => {
  const acme = await createScimOrganisation({ source: 'portal' })
  const path = `${scim}/shadow${act}`
  if (state !== 'none') await acme.api('POST', `${scim}/shadow`)
  if (state === 'open') await acme.bringShadow()
  if (act !== '/go-live') return { acme, path }
  const wish = { source: 'scim' }
  const { body } = await acme.api('POST', '/identity/provisioning/preview', wish)
  return { acme, path, body: { previewId: body.previewId } }
}

/** A request about somebody who registered by the link and waits. */
const registrant = (act: string) => async () => {
  const acme = await plain()
  const { selfService } = (await acme.api('GET', '/identity/provisioning')).body
  await register(acme, selfService.url, { email: `noa@${acme.slug}.test` })
  const requests = '/identity/self-service/requests'
  const [waiting] = (await acme.api('GET', requests)).body.items
  return { acme, path: `${requests}/${waiting.id}${act}` }
}

/** A request about one open invitation. */
const invited = (act: string) => async () => {
  const acme = await plain()
  const { body } = await acme.api('POST', '/invitations', { emails: [ada.email] })
  return { acme, path: `/invitations/${body.items[0].id}${act}` }
}

const adoption = (act: string) => async () => {
  const acme = await createOrganisation({ method: 'sso', verifiedDomains: [] })
  const { id } = (await acme.api('POST', '/users', ada)).body
  // They have been here before, so that nobody has just vouched for them.
  await acme.store(`update users set status = 'active', last_sign_in_at = 1 where id = '${id}'`)
  await acme.signIn(ada)
  const [entry] = (await acme.api('GET', '/adoptions')).body.items
  return { acme, path: `/adoptions/${entry.id}/${act}` }
}

/** A request about one group, made beforehand. */
const ofGroup =
  (path: string, body?: (acme: TestOrganisation) => Promise<object>) =>
  async (): Promise<Request> => {
    const acme = await plain()
    const groupId = await acme.makeGroup('Engineers')
    return { acme, path: `/groups/${groupId}${path}`, ...(body && { body: await body(acme) }) }
  }

const ofPool = (path: string, body?: object) => async (): Promise<Request> => {
  const acme = await plain()
  const poolId = await acme.makePool('Production')
  return { acme, path: `/pools/${poolId}${path}`, ...(body && { body }) }
}

/** A request about a domain that no other organisation has. */
const named = (act: string) => async () => {
  const acme = await plain()
  const { name } = (await acme.api('POST', '/domains', { name: `${acme.slug}.example` })).body
  return { acme, path: `/domains/${name}${act}` }
}

/** A mail to somebody that the mail server refused. */
const failedMail = async () => {
  const acme = await createOrganisation({ method: 'password', mailbox: { port: 9 } })
  const { body: made } = await acme.api('POST', '/users', ada)
  await acme.store(`update outbox set state = 'failed' where org_id = '${acme.id}'`)
  return { acme, path: `/mails/${made.mail.id}/send-again` }
}

const settings = '/identity/login-method'
const routes: Record<string, Route> = {
  [`GET ${settings}`]: { prepare: at(settings), status: 200, needs: 'identity:read', events: [] },
  [`PUT ${settings}`]: {
    prepare: readyForSso,
    status: 200,
    needs: 'identity:write',
    events: ['connection.changed', 'user.linked', 'login_method.changed'],
    key: 409,
  },
  [`POST ${settings}/preview`]: {
    prepare: at(`${settings}/preview`, () => ({ method: 'sso' })),
    status: 200,
    needs: 'identity:write',
    events: [],
  },
  [`POST ${settings}/links`]: {
    prepare: async () => {
      const { acme, path } = await about('')()
      const id = path.split('/').at(-1)
      await acme.store(`update users set pending_reason = 'method_changed' where id = '${id}'`)
      return { acme, path: `${settings}/links` }
    },
    status: 200,
    needs: 'users:write',
    // Links of managers are among them.
    key: 403,
    events: ['activation.issued'],
  },
  [`POST ${settings}/metadata`]: {
    prepare: at(`${settings}/metadata`, (acme) => ({ metadataXml: acme.idp.metadataXml })),
    status: 200,
    needs: 'identity:write',
    events: [],
  },
  // A test is nobody's but its maker's and changes nothing; its end is recorded (`connection.tested`).
  [`POST ${settings}/tests`]: {
    prepare: at(`${settings}/tests`, (acme) => ({ saml: acme.samlInput })),
    status: 201,
    needs: 'identity:write',
    events: [],
  },
  [`GET ${settings}/tests`]: {
    prepare: at(`${settings}/tests`),
    status: 200,
    needs: 'identity:read',
    events: [],
  },
  [`GET ${settings}/tests/{id}`]: {
    prepare: async () => {
      const acme = await plain()
      const started = await acme.api('POST', `${settings}/tests`, { saml: acme.samlInput })
      return { acme, path: `${settings}/tests/${started.body.id}` }
    },
    status: 200,
    needs: 'identity:read',
    events: [],
    viewer: 404,
    key: 404,
  },
  'GET /identity/provisioning': {
    prepare: at('/identity/provisioning'),
    status: 200,
    needs: 'identity:read',
    events: [],
  },
  'PUT /identity/provisioning': {
    prepare: at('/identity/provisioning', () => ({
      source: 'portal',
      selfService: { enabled: false },
    })),
    status: 200,
    needs: 'identity:write',
    events: ['provisioning.changed'],
  },
  'POST /identity/provisioning/preview': {
    prepare: at('/identity/provisioning/preview', () => ({ source: 'portal' })),
    status: 200,
    needs: 'identity:write',
    events: [],
  },
  'POST /identity/provisioning/rollback': {
    prepare: async () => {
      const acme = await createOrganisation({ method: 'sso' })
      const path = '/identity/provisioning'
      await acme.api('PUT', path, { source: 'sso_jit' })
      const { body } = await acme.api('POST', `${path}/preview`, { rollback: true })
      return { acme, path: `${path}/rollback`, body: { previewId: body.previewId } }
    },
    status: 200,
    needs: 'identity:write',
    events: ['provisioning.rolled_back'],
  },
  'POST /identity/provisioning/pause': {
    prepare: at('/identity/provisioning/pause'),
    status: 200,
    needs: 'identity:write',
    events: ['provisioning.paused'],
  },
  'POST /identity/provisioning/resume': {
    // What goes on already: while it is paused, nobody could be made who may not resume it.
    prepare: at('/identity/provisioning/resume'),
    status: 200,
    needs: 'identity:write',
    events: [],
  },
  'POST /identity/self-service/rotate': {
    prepare: at('/identity/self-service/rotate'),
    status: 204,
    needs: 'identity:write',
    events: ['self_service.rotated'],
  },
  'GET /identity/self-service/requests': {
    prepare: at('/identity/self-service/requests'),
    status: 200,
    needs: 'users:read',
    events: [],
  },
  'POST /identity/self-service/requests/{id}/approve': {
    prepare: registrant('/approve'),
    status: 200,
    needs: 'users:write',
    events: ['user.joined', 'registration.approved', 'activation.issued'],
  },
  'POST /identity/self-service/requests/{id}/decline': {
    prepare: registrant('/decline'),
    status: 204,
    needs: 'users:write',
    events: ['registration.declined'],
  },
  'GET /break-glass-accounts': {
    prepare: at('/break-glass-accounts'),
    status: 200,
    needs: 'identity:read',
    events: [],
  },
  // An emergency account is a manager, and a key with a scope is less (MU-11).
  'POST /break-glass-accounts': {
    prepare: at('/break-glass-accounts', () => ({
      email: 'emergency@acme.test',
      password: 'Correct-horse-7',
    })),
    status: 201,
    needs: 'identity:write',
    key: 403,
    events: ['break_glass.created'],
  },
  'POST /break-glass-accounts/{id}/passkeys/options': {
    prepare: async () => {
      const acme = await plain()
      const { id } = await acme.createEmergency()
      return { acme, path: `/break-glass-accounts/${id}/passkeys/options` }
    },
    status: 200,
    needs: 'identity:write',
    key: 403,
    events: [],
  },
  'POST /break-glass-accounts/{id}/passkeys': {
    prepare: async () => {
      const acme = await plain()
      const { id } = await acme.createEmergency()
      const path = `/break-glass-accounts/${id}/passkeys`
      const { options } = (await acme.api('POST', `${path}/options`)).body
      const passkey = createAuthenticator(acme.usher.config.baseUrl).make(options)
      return { acme, path, body: { label: 'Key in the safe', passkey } }
    },
    status: 204,
    needs: 'identity:write',
    key: 403,
    events: ['break_glass.passkey_added'],
  },
  'DELETE /break-glass-accounts/{id}/passkeys/{passkeyId}': {
    prepare: async () => {
      const acme = await plain()
      const { id } = await acme.createEmergency()
      const path = `/break-glass-accounts/${id}/passkeys`
      const device = createAuthenticator(acme.usher.config.baseUrl)
      const { options } = (await acme.api('POST', `${path}/options`)).body
      const passkey = device.make(options)
      await acme.api('POST', path, { label: 'Key in the safe', passkey })
      return { acme, path: `${path}/${device.id}` }
    },
    status: 204,
    needs: 'identity:write',
    key: 403,
    events: ['break_glass.passkey_removed'],
  },
  'DELETE /break-glass-accounts/{id}': {
    prepare: async () => {
      const acme = await plain()
      const { id } = await acme.createEmergency()
      return { acme, path: `/break-glass-accounts/${id}` }
    },
    status: 204,
    needs: 'identity:write',
    key: 403,
    events: ['break_glass.deleted'],
  },
  'GET /domains': { prepare: at('/domains'), status: 200, needs: 'identity:read', events: [] },
  'POST /domains': {
    prepare: at('/domains', () => ({ name: 'acme.example' })),
    status: 201,
    needs: 'identity:write',
    events: ['domain.added'],
  },
  'GET /domains/{name}': {
    prepare: named(''),
    status: 200,
    needs: 'identity:read',
    events: [],
  },
  // Nobody answers about it here, so that nothing changes.
  'POST /domains/{name}/verify': {
    prepare: named('/verify'),
    status: 200,
    needs: 'identity:write',
    events: [],
  },
  'DELETE /domains/{name}': {
    prepare: named(''),
    status: 204,
    needs: 'identity:write',
    events: ['domain.removed'],
  },
  'GET /users': { prepare: at('/users'), status: 200, needs: 'users:read', events: [] },
  'GET /users/export': {
    prepare: at('/users/export'),
    status: 200,
    needs: 'users:read',
    events: ['users.exported', 'users.export_ended'],
  },
  'POST /users': {
    prepare: at('/users', () => ada),
    status: 201,
    needs: 'users:write',
    events: ['user.joined', 'activation.issued'],
  },
  'GET /users/{id}': { prepare: about(''), status: 200, needs: 'users:read', events: [] },
  'PATCH /users/{id}': {
    prepare: about('', { firstName: 'Augusta' }),
    status: 200,
    needs: 'users:write',
    events: ['user.changed'],
  },
  'DELETE /users/{id}': {
    prepare: async () => {
      const { acme, path } = await about('')()
      await acme.api('PUT', `${path}/disable`)
      return { acme, path }
    },
    status: 204,
    needs: 'users:write',
    events: ['user.deleted'],
  },
  'PUT /users/{id}/hold': {
    prepare: managed('/hold'),
    status: 204,
    needs: 'users:write',
    events: ['user.held'],
  },
  'DELETE /users/{id}/hold': {
    prepare: async () => {
      const { acme, path } = await managed('/hold')()
      await acme.api('PUT', path)
      return { acme, path }
    },
    status: 204,
    needs: 'users:write',
    events: ['user.released'],
  },
  'POST /users/disable': {
    prepare: async () => {
      const acme = await plain()
      const { body: made } = await acme.api('POST', '/users', ada)
      return { acme, path: '/users/disable', body: { ids: [made.id] } }
    },
    status: 200,
    needs: 'users:write',
    events: ['user.deactivated'],
  },
  'POST /users/enable': {
    prepare: async () => {
      const { acme, path } = await about('')()
      await acme.api('PUT', `${path}/disable`)
      return { acme, path: '/users/enable', body: { ids: [path.split('/').at(-1)] } }
    },
    status: 200,
    needs: 'users:write',
    events: ['user.enabled'],
  },
  'POST /users/resend-activation': {
    prepare: async () => {
      const { acme, path } = await about('')()
      return { acme, path: '/users/resend-activation', body: { ids: [path.split('/').at(-1)] } }
    },
    status: 200,
    needs: 'users:write',
    events: ['activation.issued'],
  },
  'GET /invitations': { prepare: at('/invitations'), status: 200, needs: 'users:read', events: [] },
  'POST /invitations': {
    prepare: at('/invitations', () => ({ emails: [ada.email] })),
    status: 200,
    needs: 'users:write',
    events: ['invitation.sent'],
  },
  'POST /invitations/csv': {
    prepare: at('/invitations/csv', () => ({ csv: `email\n${ada.email}` })),
    status: 200,
    needs: 'users:write',
    events: ['invitation.sent'],
  },
  'POST /invitations/{id}/resend': {
    prepare: invited('/resend'),
    status: 200,
    needs: 'users:write',
    events: ['invitation.resent'],
  },
  'DELETE /invitations/{id}': {
    prepare: invited(''),
    status: 204,
    needs: 'users:write',
    events: ['invitation.revoked'],
  },
  'PUT /groups/{id}/adoptable': {
    prepare: async () => {
      const acme = await plain()
      const id = await acme.makeGroup('Engineers')
      return { acme, path: `/groups/${id}/adoptable`, body: { adoptable: true } }
    },
    status: 204,
    needs: 'access:write',
    events: ['group.changed'],
  },
  'PUT /users/{id}/disable': {
    prepare: about('/disable'),
    status: 204,
    needs: 'users:write',
    events: ['user.deactivated'],
  },
  'PUT /users/{id}/enable': {
    prepare: async () => {
      const { acme, path } = await about('/enable')()
      await acme.api('PUT', path.replace('enable', 'disable'))
      return { acme, path }
    },
    status: 204,
    needs: 'users:write',
    events: ['user.enabled'],
  },
  'POST /users/{id}/restore': {
    prepare: async () => {
      const acme = await createScimOrganisation()
      const id = await acme.user({ userName: ada.email })
      await acme.scim('DELETE', `/Users/${id}`)
      await acme.api('PUT', '/identity/provisioning', { source: 'portal' })
      return { acme, path: `/users/${id}/restore` }
    },
    status: 200,
    needs: 'users:write',
    events: ['user.restored', 'activation.issued'],
  },
  'POST /users/{id}/activation-link': {
    prepare: about('/activation-link'),
    status: 201,
    needs: 'users:write',
    events: ['activation.issued'],
  },
  'POST /users/{id}/reset-link': {
    prepare: async () => {
      const acme = await plain()
      const { id } = await acme.join(ada)
      return { acme, path: `/users/${id}/reset-link` }
    },
    status: 201,
    needs: 'users:write',
    events: ['activation.issued'],
  },
  'GET /users/{id}/access': {
    prepare: about('/access'),
    status: 200,
    needs: 'users:read',
    events: [],
  },
  'GET /users/{id}/sessions': {
    prepare: about('/sessions'),
    status: 200,
    needs: 'users:read',
    events: [],
  },
  'DELETE /users/{id}/sessions/{sessionId}': {
    prepare: async () => {
      const acme = await plain()
      const { id } = await acme.join(ada)
      const { body } = await acme.api('GET', `/users/${id}/sessions`)
      return { acme, path: `/users/${id}/sessions/${body.items[0].id}` }
    },
    status: 204,
    needs: 'users:write',
    events: ['session.ended'],
  },
  'POST /users/{id}/pool-grants': {
    prepare: async () => {
      const { acme, path } = await about('/pool-grants')()
      return { acme, path, body: { poolId: await acme.makePool('Production') } }
    },
    status: 201,
    needs: 'access:write',
    events: ['pool.granted'],
  },
  'DELETE /users/{id}/pool-grants/{grantId}': {
    prepare: async () => {
      const { acme, path } = await about('/pool-grants')()
      const { body } = await acme.api('POST', path, { poolId: await acme.makePool('Production') })
      return { acme, path: `${path}/${body.id}` }
    },
    status: 204,
    needs: 'access:write',
    events: ['pool.revoked'],
  },
  'GET /users/{id}/second-factor': {
    prepare: about('/second-factor'),
    status: 200,
    needs: 'users:read',
    events: [],
  },
  'DELETE /users/{id}/second-factor': {
    prepare: async () => {
      const acme = await plain()
      const { id, session } = await acme.join(ada)
      await enrolTotp(acme, session)
      return { acme, path: `/users/${id}/second-factor` }
    },
    status: 204,
    needs: 'users:write',
    events: ['second_factor.reset'],
  },
  'GET /groups': { prepare: at('/groups'), status: 200, needs: 'access:read', events: [] },
  'POST /groups': {
    prepare: at('/groups', () => ({ name: 'Engineers' })),
    status: 201,
    needs: 'access:write',
    events: ['group.created'],
  },
  'GET /groups/{id}': { prepare: ofGroup(''), status: 200, needs: 'access:read', events: [] },
  'PATCH /groups/{id}': {
    prepare: ofGroup('', async () => ({ name: 'Engineering' })),
    status: 200,
    needs: 'access:write',
    events: ['group.changed'],
  },
  'DELETE /groups/{id}': {
    prepare: ofGroup(''),
    status: 204,
    needs: 'access:write',
    events: ['group.deleted'],
  },
  'POST /groups/{id}/duplicate': {
    prepare: ofGroup('/duplicate', async () => ({ name: 'Operators' })),
    status: 201,
    needs: 'access:write',
    events: ['group.created'],
  },
  'POST /groups/{id}/groups': {
    prepare: ofGroup('/groups', async (acme) => ({ groupId: await acme.makeGroup('Testers') })),
    status: 204,
    needs: 'access:write',
    events: ['group.nested'],
  },
  'DELETE /groups/{id}/groups/{groupId}': {
    prepare: async () => {
      const { acme, path } = await ofGroup('/groups')()
      const groupId = await acme.makeGroup('Testers')
      await acme.api('POST', path, { groupId })
      return { acme, path: `${path}/${groupId}` }
    },
    status: 204,
    needs: 'access:write',
    events: ['group.unnested'],
  },
  'GET /groups/{id}/members': {
    prepare: ofGroup('/members'),
    status: 200,
    needs: 'access:read',
    events: [],
  },
  'GET /groups/{id}/pool-grants': {
    prepare: ofGroup('/pool-grants'),
    status: 200,
    needs: 'access:read',
    events: [],
  },
  'POST /groups/{id}/pool-grants': {
    prepare: ofGroup('/pool-grants', async (acme) => ({
      poolId: await acme.makePool('Production'),
    })),
    status: 201,
    needs: 'access:write',
    events: ['group.pool_granted'],
  },
  'DELETE /groups/{id}/pool-grants/{grantId}': {
    prepare: async () => {
      const { acme, path } = await ofGroup('/pool-grants')()
      const { body } = await acme.api('POST', path, { poolId: await acme.makePool('Production') })
      return { acme, path: `${path}/${body.id}` }
    },
    status: 204,
    needs: 'access:write',
    events: ['group.pool_revoked'],
  },
  'GET /pools': { prepare: at('/pools'), status: 200, needs: 'access:read', events: [] },
  'POST /pools': {
    prepare: at('/pools', () => ({ name: 'Production' })),
    status: 201,
    needs: 'access:write',
    events: ['pool.created'],
  },
  'GET /pools/{id}': { prepare: ofPool(''), status: 200, needs: 'access:read', events: [] },
  'PATCH /pools/{id}': {
    prepare: ofPool('', { name: 'Live' }),
    status: 200,
    needs: 'access:write',
    events: ['pool.changed'],
  },
  'DELETE /pools/{id}': {
    prepare: ofPool(''),
    status: 204,
    needs: 'access:write',
    events: ['pool.deleted'],
  },
  'GET /pools/{id}/people': {
    prepare: ofPool('/people'),
    status: 200,
    needs: 'access:read',
    events: [],
  },
  'POST /access/check': {
    prepare: async () => {
      const { acme, path } = await about('')()
      const poolId = await acme.makePool('Production')
      const userId = path.split('/')[2]
      return { acme, path: '/access/check', body: { userId, poolId, permission: 'pool.use' } }
    },
    status: 200,
    needs: 'access:read',
    events: [],
  },
  'GET /roles': { prepare: at('/roles'), status: 200, needs: 'access:read', events: [] },
  'PATCH /roles/{role}': {
    prepare: at('/roles/ROLE_USER', () => ({ label: 'Person' })),
    status: 403,
    needs: 'access:write',
    events: [],
  },
  'DELETE /roles/{role}': {
    prepare: at('/roles/ROLE_USER'),
    status: 403,
    needs: 'access:write',
    events: [],
  },
  'POST /groups/{id}/members': {
    prepare: async () => {
      const { acme, path } = await about('')()
      const groupId = await acme.makeGroup('Engineers')
      return { acme, path: `/groups/${groupId}/members`, body: { userId: path.split('/')[2] } }
    },
    status: 204,
    needs: 'access:write',
    events: ['group.member_added'],
  },
  'DELETE /groups/{id}/members/{userId}': {
    prepare: async () => {
      const { acme, path } = await about('')()
      const userId = path.split('/')[2]
      const members = `/groups/${await acme.makeGroup('Engineers')}/members`
      await acme.api('POST', members, { userId })
      return { acme, path: `${members}/${userId}` }
    },
    status: 204,
    needs: 'access:write',
    events: ['group.member_removed'],
  },
  'GET /adoptions': { prepare: at('/adoptions'), status: 200, needs: 'users:read', events: [] },
  'POST /adoptions/approve': {
    prepare: async () => {
      const { acme, path } = await adoption('approve')()
      return { acme, path: '/adoptions/approve', body: { ids: [path.split('/').at(-2) ?? ''] } }
    },
    status: 200,
    needs: 'users:write',
    events: ['adoption.approved'],
  },
  'POST /adoptions/decline': {
    prepare: async () => {
      const { acme, path } = await adoption('decline')()
      return { acme, path: '/adoptions/decline', body: { ids: [path.split('/').at(-2) ?? ''] } }
    },
    status: 200,
    needs: 'users:write',
    events: ['adoption.declined'],
  },
  'POST /adoptions/{id}/approve': {
    prepare: adoption('approve'),
    status: 204,
    needs: 'users:write',
    events: ['adoption.approved'],
  },
  'POST /adoptions/{id}/decline': {
    prepare: adoption('decline'),
    status: 204,
    needs: 'users:write',
    events: ['adoption.declined'],
  },
  'GET /audit-events': {
    prepare: at('/audit-events'),
    status: 200,
    needs: 'audit:read',
    events: [],
  },
  'GET /audit-events/export': {
    prepare: at('/audit-events/export'),
    status: 200,
    needs: 'audit:read',
    events: ['audit.exported', 'audit.export_ended'],
  },
  'GET /audit-events/verification': {
    prepare: at('/audit-events/verification'),
    status: 200,
    needs: 'audit:read',
    events: [],
  },
  'GET /sign-in-log': { prepare: at('/sign-in-log'), status: 200, needs: 'audit:read', events: [] },
  'GET /sign-in-log/{id}': {
    prepare: async () => {
      const acme = await plain()
      await acme.signInByPassword(ada.email, 'Wrong-horse-7')
      const { body } = await acme.api('GET', '/sign-in-log')
      return { acme, path: `/sign-in-log/${body.items[0].id}` }
    },
    status: 200,
    needs: 'audit:read',
    events: [],
  },
  'GET /mail-settings': {
    prepare: at('/mail-settings'),
    status: 200,
    needs: 'identity:read',
    events: [],
  },
  'PUT /mail-settings': {
    prepare: at('/mail-settings', () => ({ mode: 'none' })),
    status: 200,
    needs: 'identity:write',
    events: ['mail.settings_changed'],
  },
  // It goes to whoever asks, and a key has no mailbox.
  'POST /mail-settings/test': {
    prepare: at('/mail-settings/test', () => ({ mode: 'none' })),
    status: 200,
    needs: 'identity:write',
    events: [],
    key: 400,
  },
  'GET /mails': { prepare: at('/mails'), status: 200, needs: 'identity:read', events: [] },
  'POST /mails/{id}/send-again': {
    prepare: failedMail,
    status: 204,
    needs: 'identity:write',
    events: ['mail.sent_again'],
  },
  [`GET ${scim}`]: { prepare: at(scim), status: 200, needs: 'identity:read', events: [] },
  [`PUT ${scim}`]: {
    prepare: at(scim, () => ({
      syncGroups: true,
      syncRoles: false,
      provisionExistingUsers: true,
      graceDays: 30,
      dialect: 'entra',
    })),
    status: 200,
    needs: 'identity:write',
    events: ['provisioning.changed'],
  },
  [`GET ${scim}/shadow`]: {
    prepare: at(`${scim}/shadow`),
    status: 200,
    needs: 'identity:read',
    events: [],
  },
  [`POST ${scim}/shadow`]: {
    prepare: rehearsing('', 'none'),
    status: 200,
    needs: 'identity:write',
    events: ['scim.shadow_started'],
  },
  [`DELETE ${scim}/shadow`]: {
    prepare: rehearsing('', 'copying'),
    status: 200,
    needs: 'identity:write',
    events: ['scim.shadow_discarded'],
  },
  [`POST ${scim}/shadow/go-live`]: {
    prepare: rehearsing('/go-live', 'open'),
    status: 200,
    needs: 'identity:write',
    events: ['provisioning.changed', 'scim.shadow_gone_live'],
  },
  [`GET ${scim}/shadow/differences`]: {
    prepare: rehearsing('/differences', 'open'),
    status: 200,
    needs: 'identity:read',
    events: [],
    // It names people, which a key of this area alone may not read.
    key: 403,
  },
  [`GET ${scim}/tokens`]: {
    prepare: at(`${scim}/tokens`),
    status: 200,
    needs: 'identity:read',
    events: [],
  },
  [`POST ${scim}/tokens`]: {
    prepare: at(`${scim}/tokens`, () => ({ label: 'Entra ID' })),
    status: 201,
    needs: 'identity:write',
    events: ['scim_token.created'],
  },
  [`DELETE ${scim}/tokens/{id}`]: {
    prepare: async () => {
      const acme = await plain()
      const { body } = await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' })
      return { acme, path: `${scim}/tokens/${body.id}` }
    },
    status: 204,
    needs: 'identity:write',
    events: ['scim_token.revoked'],
  },
  [`GET ${scim}/clients`]: {
    prepare: at(`${scim}/clients`),
    status: 200,
    needs: 'identity:read',
    events: [],
  },
  [`POST ${scim}/clients`]: {
    prepare: at(`${scim}/clients`, () => ({ label: 'Okta', method: 'client_secret_basic' })),
    status: 201,
    needs: 'identity:write',
    events: ['scim_client.created'],
  },
  [`DELETE ${scim}/clients/{id}`]: {
    prepare: async () => {
      const acme = await plain()
      const wish = { label: 'Okta', method: 'client_secret_post' }
      const { body } = await acme.api('POST', `${scim}/clients`, wish)
      return { acme, path: `${scim}/clients/${body.id}` }
    },
    status: 204,
    needs: 'identity:write',
    events: ['scim_client.revoked'],
  },
  'GET /provisioning-log': {
    prepare: at('/provisioning-log'),
    status: 200,
    needs: 'audit:read',
    events: [],
  },
  'GET /provisioning-log/{id}': {
    prepare: async () => {
      const acme = await plain()
      await acme.send('POST', `/scim/${acme.id}/oauth/token`)
      await acme.usher.provisioningLog.flush()
      const { body } = await acme.api('GET', '/provisioning-log')
      return { acme, path: `/provisioning-log/${body.items[0].id}` }
    },
    status: 200,
    needs: 'audit:read',
    events: [],
  },
  // What somebody likes to see is theirs alone and no change of the directory.
  'GET /preferences/{key}': {
    prepare: at('/preferences/columns'),
    status: 200,
    needs: null,
    events: [],
  },
  'PUT /preferences/{key}': {
    prepare: at('/preferences/columns', () => ({ hidden: ['groups'] })),
    status: 204,
    needs: null,
    events: [],
  },
}

const scopes = ['identity', 'users', 'access', 'temporary_access', 'audit', 'keys'].flatMap(
  (area) => [`${area}:read`, `${area}:write`],
)
const rows = Object.entries(routes).map(([name, route]) => {
  const [method = '', template = ''] = name.split(' ')
  return { name, method, template, ...route }
})

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0]
type Documented = { description: string; content?: Record<string, { schema: JsonSchema }> }

/** What the OpenAPI document says that a route answers, by status. */
async function documented(method: string, template: string): Promise<Record<string, Documented>> {
  const { app } = await startUsher()
  const { paths, components } = (await app.inject({ url: '/api/v1/openapi.json' })).json()
  const { responses } = paths[`/api/v1/orgs/{organisationId}${template}`][method.toLowerCase()]
  return Object.fromEntries(
    Object.entries(responses as Record<string, Documented & { $ref?: string }>).map(
      ([status, one]) => [
        status,
        one.$ref ? components.responses[one.$ref.split('/').at(-1) ?? ''] : one,
      ],
    ),
  )
}

/** OP-6: where an answer is another than the document says. */
function departsFrom(answers: Record<string, Documented>, { status, headers, body, text }: Answer) {
  const answer = answers[status]
  if (!answer) return [`${status} is not documented.`]
  if (text === '') return answer.content ? ['It is documented to have a body.'] : []
  const type = String(headers['content-type']).split(';')[0] ?? ''
  const schema = answer.content?.[type]?.schema
  if (!schema) return [`${type} is not documented.`]
  const read = z.fromJSONSchema(schema).safeParse(type.includes('json') ? body : text)
  return read.error?.issues ?? []
}

test('the table names every route of the OpenAPI document', async () => {
  const { app } = await startUsher()
  const document = (await app.inject({ url: '/api/v1/openapi.json' })).json()

  const documented = Object.entries(document.paths as Record<string, object>)
    .filter(([path]) => path.startsWith('/api/v1/orgs/'))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replace('/api/v1/orgs/{organisationId}', '')}`,
      ),
    )

  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(routes).sort()).toEqual(documented.sort())
})

describe('AU-1: what a manager changes is recorded in the same act, and nothing else is', () => {
  test.each(rows)('$name', async ({ method, template, prepare, status, events }) => {
    const { acme, path, body } = await prepare()
    const happened = (await acme.events()).length

    const done = await acme.api(method, path, body)

    const recorded = (await acme.events()).slice(happened)
    expect(done.status).toBe(status)
    expect(departsFrom(await documented(method, template), done)).toEqual([])
    expect(recorded.map((one) => one.type)).toEqual(events)
    for (const event of recorded) {
      expect(event).toMatchObject({
        actor_kind: 'user',
        actor_id: acme.manager.id,
        actor: 'Ana Ruiz',
        result: 'success',
        ip: '127.0.0.1',
        request_id: expect.any(String),
      })
      expect(event.subject_id).not.toBeNull()
    }
  })
})

describe('GE-3, PV-2, SE-10, SE-5, AK-5: nobody else may, and a refusal changes and records nothing', () => {
  test.each(rows)('$name', async ({ method, template, prepare, status, needs, viewer, key }) => {
    const { acme, path, body } = await prepare()
    const user = await acme.join(bob)
    const reader = await acme.join(eve, ['ROLE_VIEWER'])
    const other = await plain()
    const theirs = await other.apiKey(scopes)
    const without = await acme.apiKey(
      needs ? scopes.filter((scope) => !covers(scope, needs)) : ['keys:read'],
    )
    const url = `/api/v1/orgs/${acme.id}${path}`
    const writes = method !== 'GET'
    const answers = await documented(method, template)
    const before = await acme.rows()
    const happened = await acme.eventNames()

    const refused: [string, number, string][] = []
    const ask = async (who: string, asked: Promise<Answer>) => {
      const answer = await asked
      refused.push([who, answer.status, answer.body?.code ?? ''])
      expect(departsFrom(answers, answer), who).toEqual([])
    }
    await ask('nobody', acme.send(method, url, body))
    await ask('a stranger’s cookie', acme.api(method, path, body, { session: `${acme.id}.stolen` }))
    await ask('another organisation', other.api(method, path, body, { of: acme.id }))
    await ask('its key', acme.byKey(theirs, method, url, body))
    if (writes)
      await ask('a forged page', acme.api(method, path, body, { headers: { 'x-csrf-token': 'x' } }))
    if (needs) await ask('a key without scope', acme.byKey(without, method, url, body))
    if (needs) await ask('ROLE_USER', acme.api(method, path, body, { session: user.session }))
    if (needs?.endsWith('write')) {
      await ask('ROLE_VIEWER', acme.api(method, path, body, { session: reader.session }))
    }

    const unknown = [404, 'resource.not_found']
    expect(refused).toEqual(
      [
        ['nobody', 401, 'auth.required'],
        ['a stranger’s cookie', 401, 'auth.required'],
        ['another organisation', ...unknown],
        ['its key', 401, 'auth.required'],
        writes && ['a forged page', 403, 'auth.csrf'],
        needs && ['a key without scope', 403, 'api_key.scope_missing'],
        needs && ['ROLE_USER', 403, 'auth.forbidden'],
        needs?.endsWith('write') && ['ROLE_VIEWER', 403, 'auth.forbidden'],
      ].filter(Boolean),
    )
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual(happened)

    if (needs?.endsWith('read')) {
      const seen = await acme.api(method, path, body, { session: reader.session })
      expect(seen.status, 'ROLE_VIEWER').toBe(viewer ?? status)
    }
    if (needs) {
      const scoped = await acme.byKey(await acme.apiKey([needs]), method, url, body)
      expect(scoped.status, 'a key with the scope').toBe(key ?? status)
    }
  })
})

describe('PV-2, AK-5: whoever may not is told so, whatever is wrong with what they send', () => {
  test.each(rows)('$name', async ({ method, prepare, needs }) => {
    const { acme, path, body } = await prepare()
    const user = await acme.join(bob)
    const reader = await acme.join(eve, ['ROLE_VIEWER'])
    const without = await acme.apiKey(
      needs ? scopes.filter((scope) => !covers(scope, needs)) : ['keys:read'],
    )
    const isQuestion = method === 'GET'
    const target = isQuestion ? `${path}?size=many&page=-1&state=odd` : path
    const url = `/api/v1/orgs/${acme.id}${target}`
    const nonsense = isQuestion ? undefined : { ...body, nonsense: true, email: 7, name: {} }

    const nobody = await acme.send(method, url, nonsense)
    expect(nobody).toMatchObject({ status: 401, body: { code: 'auth.required' } })
    if (!needs) return
    const forbidden = { status: 403, body: { code: 'auth.forbidden' } }
    const ask = ({ session }: { session: string }) =>
      acme.api(method, target, nonsense, { session })
    expect(await acme.byKey(without, method, url, nonsense)).toMatchObject({
      status: 403,
      body: { code: 'api_key.scope_missing' },
    })
    expect(await ask(user)).toMatchObject(forbidden)
    if (needs.endsWith('write')) expect(await ask(reader)).toMatchObject(forbidden)
  })
})

test.each([
  ['POST', '/me/keys'],
  ['PUT', '/me/password'],
  ['POST', '/me/sessions/end'],
  ['POST', '/me/second-factor/totp'],
  ['POST', '/platform/orgs'],
  ['POST', '/platform/orgs/none/assist'],
  ['GET', '/platform/orgs?size=many'],
])('whoever is nobody is told so first by %s %s, too', async (method, path) => {
  const acme = await plain()

  const refused = await acme.send(method, `/api/v1${path}`, method === 'GET' ? undefined : {})

  expect(refused).toMatchObject({ status: 401, body: { code: 'auth.required' } })
})

/** Who may write may read. */
function covers(scope: string, needed: string): boolean {
  return scope === needed || scope === needed.replace(':read', ':write')
}

describe('SE-10: what belongs to another organisation is not there', () => {
  // Preferences and built-in roles are the same names everywhere.
  const named = rows.filter(({ template }) => /\{(?!key|role)/.test(template))

  test.each(named)('$name with ids of another organisation', async ({ method, prepare }) => {
    const { acme, path, body } = await prepare()
    const other = await plain()
    const before = await acme.rows()
    const happened = await acme.eventNames()

    const refused = await other.api(method, path, body)
    const byKey = await other.byKey(await other.apiKey(scopes), method, path, body)

    for (const answer of [refused, byKey]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'resource.not_found' } })
    }
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual(happened)
    expect((await other.eventNames()).filter((one) => one !== 'api_key.created')).toEqual([])
  })

  test.each([
    [
      'a pool',
      async (other: TestOrganisation) => ({ pools: [await other.makePool('Production')] }),
    ],
    ['a group', async (other: TestOrganisation) => ({ groups: [await other.makeGroup('Staff')] })],
  ])('a person cannot be created in %s of another organisation', async (_, wish) => {
    const [acme, other] = [await plain(), await plain()]
    const before = await acme.rows()

    const refused = await acme.api('POST', '/users', { ...ada, ...(await wish(other)) })

    expect(refused.status).toBe(404)
    expect(await acme.rows()).toEqual(before)
  })

  test('neither a person nor a pool of another organisation can be put together with one’s own', async () => {
    const [acme, other] = [await plain(), await plain()]
    const own = (await acme.api('POST', '/users', ada)).body.id
    const foreign = (await other.api('POST', '/users', ada)).body.id
    const groupId = await acme.makeGroup('Engineers')
    const poolId = await other.makePool('Production')

    const answers = [
      await acme.api('POST', `/groups/${groupId}/members`, { userId: foreign }),
      await acme.api('DELETE', `/groups/${groupId}/members/${foreign}`),
      await acme.api('POST', `/users/${own}/pool-grants`, { poolId }),
      await acme.api('GET', `/users/${foreign}/access`),
    ]

    expect(answers.map((one) => one.status)).toEqual([404, 404, 404, 404])
  })

  test('filters and cursors of another organisation find and count nothing', async () => {
    const [acme, other] = [await plain(), await plain()]
    await other.api('POST', '/users', { ...ada, groups: [await other.makeGroup('Staff')] })
    const group = (await other.api('GET', '/groups')).body.items[0].id
    const event = (await other.events())[0]?.id
    const userId = other.manager.id

    const lists = [
      await acme.api('GET', `/users?group=${group}`),
      await acme.api('GET', '/users?search=Lovelace'),
      await acme.api('GET', `/audit-events?userId=${userId}`),
      await acme.api('GET', `/sign-in-log?search=${other.manager.email}`),
    ]
    const page = await acme.api('GET', `/audit-events?before=${event}&size=200`)

    expect(lists.map((one) => [one.status, one.body.items])).toEqual(Array(4).fill([200, []]))
    expect(page.text).not.toContain(other.id)
    expect(page.text).not.toContain(ada.email)
  })
})

test('SE-5: no browser call changes anything without its CSRF token', async () => {
  const acme = await plain()
  const cookie = `usher_session=${acme.session}`

  const without = await acme.send('POST', '/api/v1/sign-out', undefined, { cookie })
  const foreign = await acme.send('POST', '/api/v1/sign-out', undefined, {
    cookie,
    'x-csrf-token': await acme.csrfOf((await plain()).session),
  })

  expect([without, foreign].map((one) => [one.status, one.body.code])).toEqual([
    [403, 'auth.csrf'],
    [403, 'auth.csrf'],
  ])
  expect(await acme.eventNames()).toEqual([])
})
