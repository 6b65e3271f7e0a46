import {
  EndedSessions,
  EndSessions,
  Me,
  OwnPassword,
  SignedOut,
} from '../../../contract/src/index.ts'
import { cookieOptions, sessionCookie } from '../auth/index.ts'
import {
  endOwnSessions,
  findOrganisation,
  setOwnPassword,
  signOut,
  whoIs,
} from '../directory/index.ts'
import { refuse } from '../model/refusals.ts'
import type { Api, ApiDoor } from './door.ts'

type SessionMethod = Me['session']['method']

/** What sessions are called that belong to no person. */
const emergency = { firstName: 'Emergency', lastName: 'access' }
const namesOf: Record<string, typeof emergency | undefined> = {
  assist: { firstName: 'ROLE_ROOT', lastName: 'assists' },
  recovery: { firstName: 'Operator', lastName: 'recovers' },
}

/** Who is signed in, and signing out. */
export function sessionRoutes(app: Api, door: ApiDoor): void {
  app.get('/me', { schema: { response: { 200: Me } } }, async (request, reply) => {
    const caller = await door.callers.browser(request)
    if (!caller) return refuse('auth.required', 'Sign in first.')
    const { actor, session } = caller
    const [who, organisation] = await Promise.all([
      actor.kind === 'user' && actor.id
        ? door.directory.view(actor, (read) => whoIs(read, actor.id ?? ''))
        : undefined,
      door.directory.view(actor, (read) => findOrganisation(read, actor.organisationId)),
    ])
    if (!organisation || !actor.id) return refuse('auth.required', 'Sign in first.')
    reply.header('cache-control', 'no-store')
    const nobody = namesOf[session.method] ?? emergency
    return {
      user: {
        id: actor.id,
        email: who?.user.email ?? actor.label,
        firstName: who?.user.firstName ?? nobody.firstName,
        lastName: who?.user.lastName ?? nobody.lastName,
        managedBy: who?.user.managedBy ?? null,
        status: who?.user.status ?? ('active' as const),
        roles: actor.roles,
        breakGlass: actor.kind === 'break_glass',
      },
      organisation: { id: organisation.id, slug: organisation.slug, name: organisation.name },
      session: {
        method: session.method as SessionMethod,
        signedInAt: session.signed_in_at,
        expiresAt: session.expires_at,
      },
      csrfToken: session.csrf,
    }
  })

  app.put('/me/password', { schema: { body: OwnPassword } }, async (request, reply) => {
    const caller = await door.callers.browser(request)
    if (caller?.actor.kind !== 'user') return refuse('auth.required', 'Sign in first.')
    door.requireFresh(caller.actor)
    await door.secrets.judgePassword(request.body.password)
    const hash = await door.secrets.hashPassword(request.body.password)
    await door.directory.change(caller.actor, (write) => setOwnPassword(write, hash))
    return reply.code(204).send()
  })

  app.post(
    '/me/sessions/end',
    { schema: { body: EndSessions, response: { 200: EndedSessions } } },
    async (request, reply) => {
      const caller = await door.callers.browser(request)
      if (caller?.actor.kind !== 'user') return refuse('auth.required', 'Sign in first.')
      const { keepThis } = request.body
      const ended = await door.directory.change(caller.actor, (write) =>
        endOwnSessions(write, keepThis),
      )
      if (!keepThis) reply.clearCookie(sessionCookie, cookieOptions(door.baseUrl, 'session'))
      return { ended }
    },
  )

  app.post('/sign-out', { schema: { response: { 200: SignedOut } } }, async (request, reply) => {
    const caller = await door.callers.browser(request)
    if (!caller) return refuse('auth.required', 'Sign in first.')
    const { actor, session } = caller
    await door.directory.change(actor, (write) => signOut(write, session.secret_hash))
    reply.clearCookie(sessionCookie, cookieOptions(door.baseUrl, 'session'))
    const redirect = await door.saml.logoutUrl(request, reply, actor, session)
    return { redirect: redirect ?? null }
  })
}
