import {
  createOrganisation,
  managerPassword,
  oneTimeCode,
  type TestOrganisation,
} from './organisation.ts'

export const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
export const byPassword = () => createOrganisation({ method: 'password' })
/** What a wrong code or passkey is answered. */
export const wrong = { status: 401, body: { code: 'auth.invalid_credentials' } }
/** What a sign-in is answered that has ended or never begun. */
export const over = { status: 401, body: { code: 'auth.required' } }

/** One's own account, as the portal asks about it. */
export async function me(
  acme: TestOrganisation,
  method: string,
  path: string,
  body?: object,
  session = acme.session,
) {
  const cookie = `usher_session=${session}`
  const token = method === 'GET' ? '' : await acme.csrfOf(session)
  return acme.send(method, `/api/v1/me${path}`, body, { cookie, 'x-csrf-token': token })
}

/** Sets up an authenticator app. @returns what it holds, and the recovery codes of a first factor. */
export async function enrolTotp(acme: TestOrganisation, session = acme.session) {
  const started = await me(acme, 'POST', '/second-factor/totp', undefined, session)
  if (started.status !== 200) throw new Error(`Not started: ${started.text}`)
  const { enrolment, secret } = started.body as { enrolment: string; secret: string }
  const code = oneTimeCode(secret, acme.usher.clock.now())
  const confirmed = await me(acme, 'PUT', '/second-factor/totp', { enrolment, code }, session)
  if (confirmed.status !== 200) throw new Error(`Not confirmed: ${confirmed.text}`)
  return { secret, recoveryCodes: confirmed.body.recoveryCodes as string[] }
}

/** The next code that works: each step of time works once. */
export function nextCode(acme: TestOrganisation, secret: string): string {
  acme.usher.clock.advance(30_000)
  return oneTimeCode(secret, acme.usher.clock.now())
}

/** A right password. @returns the ticket that the browser holds. */
export async function withPassword(
  acme: TestOrganisation,
  email = acme.manager.email,
  password = managerPassword,
) {
  const answer = await acme.signInByPassword(email, password)
  return { ...answer, ticket: answer.ticket ?? '' }
}

/** What the sign-in page does with the ticket. */
export async function withTicket(
  acme: TestOrganisation,
  ticket: string,
  method: string,
  path: string,
  body?: object,
) {
  const answer = await acme.send(method, `/api/v1/sign-in/${acme.slug}/${path}`, body, {
    cookie: `usher_sign_in=${ticket}`,
  })
  const cookies = [answer.headers['set-cookie'] ?? []].flat()
  const session = cookies.map((one) => /^usher_session=([^;]+)/.exec(one)?.[1]).find(Boolean)
  return { ...answer, session }
}

export function prove(acme: TestOrganisation, ticket: string, proof: object) {
  return withTicket(acme, ticket, 'POST', 'second-factor', proof)
}
