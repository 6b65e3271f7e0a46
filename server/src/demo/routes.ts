import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { isId } from '../lib/ids.ts'
import { postScript, styleSheet } from './assets.ts'
import { type AuthnRequest, readAuthnRequest } from './authn-request.ts'
import { federationMetadata } from './metadata.ts'
import { chooseAccount, postResponse, refusalOf, trouble } from './pages.ts'
import { type ExtraPerson, peopleOf } from './people.ts'
import { type SigningKey, type SigningOption, signedResponse } from './response.ts'

export type DemoOptions = {
  /** Off in production unless the operator asked for it: then nothing here is served. */
  enabled: boolean
  /** Usher's own, without a slash at the end. */
  baseUrl: string
  now(): number
  /** The simulator's own key for this organisation, never one of a real connection. */
  keys(organisationId: string): Promise<SigningKey | undefined>
  /** Where its employees have their addresses. */
  domain?(organisationId: string): Promise<string>
  /** People who are in Usher already and want to try signing in, such as its managers. */
  people?(organisationId: string): Promise<ExtraPerson[]>
}

type Path = { Params: { organisationId: string } }
type Fields = Record<string, unknown>

const form = 'application/x-www-form-urlencoded'
const maximumFormBytes = 128 * 1024

/** The simulated Entra ID: signs in invented people with real signatures. */
export async function demoRoutes(app: FastifyInstance, options: DemoOptions): Promise<void> {
  if (!options.enabled) return
  if (!app.hasContentTypeParser(form)) {
    const limits = { parseAs: 'string', bodyLimit: maximumFormBytes } as const
    app.addContentTypeParser(form, limits, async (_request: unknown, body: string | Buffer) =>
      Object.fromEntries(new URLSearchParams(String(body))),
    )
  }

  app.get('/demo/entra/style.css', (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(styleSheet),
  )
  app.get('/demo/entra/post.js', (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(postScript),
  )

  app.get<Path>('/demo/entra/:organisationId/metadata', async (request, reply) => {
    const { organisationId } = request.params
    const key = await keyOf(options, organisationId)
    if (!key) return reply.callNotFound()
    const signInUrl = `${options.baseUrl}/demo/entra/${organisationId}/saml2`
    return reply
      .type('application/samlmetadata+xml; charset=utf-8')
      .send(federationMetadata(organisationId, signInUrl, key.certificatePem))
  })

  app.get<Path>('/demo/entra/:organisationId/saml2', async (request, reply) => {
    const { organisationId } = request.params
    if (!(await keyOf(options, organisationId))) return reply.callNotFound()
    const fields = request.query as Fields
    const read = readAuthnRequest(field(fields, 'SAMLRequest'), options.baseUrl)
    if ('refusal' in read) return sendTrouble(reply, options, 400, read.refusal, notSent)

    const page = chooseAccount({
      action: `/demo/entra/${organisationId}/saml2/sign-in`,
      samlRequest: field(fields, 'SAMLRequest'),
      relayState: field(fields, 'RelayState'),
      people: await everyone(options, organisationId),
    })
    return sendPage(reply, options, page)
  })

  app.post<Path>('/demo/entra/:organisationId/saml2/sign-in', async (request, reply) => {
    const { organisationId } = request.params
    const key = await keyOf(options, organisationId)
    if (!key) return reply.callNotFound()
    const fields = (request.body ?? {}) as Fields
    const read = readAuthnRequest(field(fields, 'SAMLRequest'), options.baseUrl)
    if ('refusal' in read) return sendTrouble(reply, options, 400, read.refusal, notSent)
    const people = await everyone(options, organisationId)
    const person = people.find(({ id }) => id === field(fields, 'person'))
    if (!person) return sendTrouble(reply, options, 400, unknownPerson, notSent)
    if (person.refusal) {
      return sendTrouble(reply, options, 403, refusalOf(person, person.refusal), turnedAway)
    }

    const answer = {
      organisationId,
      person,
      ...addressedTo(read.request),
      plainClaims: field(fields, 'plainClaims') === 'on',
      signing: signingOption(field(fields, 'signing')),
    }
    const page = postResponse({
      action: read.request.acsUrl,
      samlResponse: Buffer.from(signedResponse(answer, key, options.now())).toString('base64'),
      relayState: field(fields, 'RelayState'),
    })
    return sendPage(reply, options, page)
  })
}

const unknownPerson = { code: 'AADSTS50034', detail: 'The user account does not exist.' }
const notSent = 'Nothing was sent to Usher.'
const turnedAway =
  'Entra ID turns this person away by itself: nothing was sent to Usher, and its sign-in log stays empty.'

function addressedTo({ id, issuer, acsUrl }: AuthnRequest) {
  return { requestId: id, audience: issuer, acsUrl }
}

async function keyOf(options: DemoOptions, organisationId: string) {
  return isId(organisationId) ? options.keys(organisationId) : undefined
}

async function everyone(options: DemoOptions, organisationId: string) {
  const domain = (await options.domain?.(organisationId)) ?? 'contoso.example'
  return peopleOf(organisationId, domain, (await options.people?.(organisationId)) ?? [])
}

/** Repeated and nested parameters are nobody's: they count as absent. */
function field(fields: Fields, name: string): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  return typeof value === 'string' ? value : ''
}

function signingOption(value: string): SigningOption {
  return value === 'response' || value === 'both' ? value : 'assertion'
}

function sendTrouble(
  reply: FastifyReply,
  options: DemoOptions,
  status: 400 | 403,
  refusal: { code: string; detail: string },
  meaning: string,
): FastifyReply {
  const at = new Date(options.now()).toISOString()
  const page = trouble({ ...refusal, meaning, at, requestId: randomUUID() })
  return sendPage(reply.code(status), options, page)
}

function sendPage(reply: FastifyReply, { baseUrl }: DemoOptions, page: string): FastifyReply {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    `form-action 'self' ${new URL(baseUrl).origin}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  return reply
    .header('content-security-policy', policy.join('; '))
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(page)
}
