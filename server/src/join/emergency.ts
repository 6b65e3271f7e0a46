import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  AskEmergencyPasskey,
  EmergencySignIn,
  PasskeyOptions,
  SignedIn,
} from '../../../contract/src/index.ts'
import { checkPassword, giveSession, totpPurpose, totpStep } from '../auth/index.ts'
import {
  type EmergencyProof,
  findBreakGlass,
  openChallenge,
  recordAttempt,
  signInEmergency,
  startReport,
  wrongEmergency,
} from '../directory/index.ts'
import { Refused } from '../model/refusals.ts'
import {
  browserOf,
  type JoinDoor,
  noStore,
  organisationAt,
  requireSameOrigin,
  visitor,
} from './door.ts'

const params = z.object({ slug: z.string().max(60) })
type Attempt = FastifyRequest<{
  Params: { slug: string }
  Body: { email: string; password: string }
}>
type Account = NonNullable<Awaited<ReturnType<typeof findBreakGlass>>>

/** Emergency access: password and either a code or a passkey, whatever the login method is (SE-12). */
export function emergencyRoutes(instance: FastifyInstance, door: JoinDoor): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()
  const { rateLimits, directory, clock } = door

  /** The account whose password this is; whatever else is wrong later is refused in the same words. */
  async function open(request: Attempt) {
    requireSameOrigin(door, request)
    const { email, password } = request.body
    const organisation = await organisationAt(door, request, request.params.slug)
    const limited = { organisationId: organisation.id, kind: 'emergency', name: email }
    await rateLimits.attempt(request.ip, limited)
    const actor = visitor(request, organisation.id)
    const report = { ...startReport(request, 'emergency'), email }
    const refuseAttempt = async (): Promise<never> => {
      const { code, detail } = wrongEmergency
      await directory.change(actor, (write) =>
        recordAttempt(write, { ...report, code, rule: 'credentials', remedy: detail }),
      )
      throw new Refused(wrongEmergency)
    }
    const account = await directory.view(actor, (read) => findBreakGlass(read, email))
    const right = await checkPassword(password, account?.password_hash)
    if (!right || !account) return refuseAttempt()
    return { organisation, actor, report, account, limited, refuseAttempt }
  }

  async function readProof(
    body: EmergencySignIn,
    { totp_secret, passkeys }: Account,
  ): Promise<EmergencyProof | undefined> {
    if ('passkey' in body) {
      const known = passkeys.find(({ id }) => id === body.passkey.id)
      const proof = known && (await door.passkeys.readProof(body.passkey, known))
      return proof && { passkey: { id: known.id, ...proof } }
    }
    const secret = totp_secret ? door.vault.open(totp_secret, totpPurpose) : undefined
    const step = secret ? totpStep(secret, body.code, clock.now()) : undefined
    return step === undefined ? undefined : { totpStep: step }
  }

  app.post(
    '/sign-in/:slug/emergency',
    { schema: { params, body: EmergencySignIn, response: { 200: SignedIn } } },
    async (request, reply) => {
      const { organisation, actor, report, account, limited, refuseAttempt } = await open(request)
      const proof = await readProof(request.body, account)
      if (!proof) return refuseAttempt()
      const result = await directory.change(actor, (write) =>
        signInEmergency(write, account.id, proof, browserOf(request), report),
      )
      if ('refusal' in result) throw new Refused(result.refusal)
      await rateLimits.succeeded(request.ip, limited)
      return giveSession(reply, door.baseUrl, result.session).send({
        returnTo: `/o/${organisation.slug}`,
      })
    },
  )

  app.post(
    '/sign-in/:slug/emergency/passkey',
    { schema: { params, body: AskEmergencyPasskey, response: { 200: PasskeyOptions } } },
    async (request, reply) => {
      const { actor, account, limited, refuseAttempt } = await open(request)
      if (account.passkeys.length === 0) return refuseAttempt()
      await rateLimits.takeBack(request.ip, limited)
      const { options, challengeHash } = await door.passkeys.askToProve(account.passkeys)
      await directory.change(actor, (write) => openChallenge(write, account.id, challengeHash))
      noStore(reply)
      return { options }
    },
  )
}
