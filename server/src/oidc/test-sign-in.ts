import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendPage, sendRefusal, testedPage } from '../auth/index.ts'
import { type AttemptReport, finishTest, type TestResult } from '../directory/index.ts'
import type { Check, RuleRefusal } from '../model/rules.ts'
import { type Person, shownClaims, type TokenClaims } from './claims.ts'
import type { OidcDoor, Who } from './door.ts'

/** What a sign-in came to: a person, or the rule that it broke. */
export type Outcome = {
  checks: Check[]
  claims?: TokenClaims | undefined
  issuer?: string
  person?: Person
  refusal?: RuleRefusal
}

/** Every check and claim is kept for the manager who tests; nobody is signed in (LM-15). */
export async function endTest(
  door: OidcDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  who: Who,
  testId: string,
  { checks, claims = {}, issuer, person, refusal }: Outcome,
  started: AttemptReport,
): Promise<FastifyReply> {
  const shown = shownClaims(claims)
  const result: TestResult = {
    checks,
    claims: shown,
    ...(person &&
      !refusal && {
        issuer: issuer ?? '',
        subject: person.subject,
        ...(person.email && { email: person.email }),
        ...(person.firstName && { firstName: person.firstName }),
        ...(person.lastName && { lastName: person.lastName }),
      }),
    ...(refusal && {
      code: refusal.code,
      remedy: refusal.remedy,
      idpScreen: refusal.idpScreen,
    }),
  }
  const report: AttemptReport = {
    ...started,
    checks,
    claims: shown,
    email: person?.email ?? null,
    ...refusal,
    code: refusal?.code ?? null,
  }
  const refused = await door.directory.change(who.actor, (write) =>
    finishTest(write, testId, 'used up', result, report),
  )
  if (refused) return sendRefusal(request, reply, refused, report.reference)
  return sendPage(reply, testedPage(!refusal))
}
