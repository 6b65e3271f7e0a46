/** Every rule an OpenID Connect sign-in is held against: its code, what to do, and where in Entra ID. */
import {
  type Check,
  checkOf,
  type Rule,
  RuleFault,
  type RuleRefusal,
  refusalBy,
  type Values,
} from '../model/rules.ts'

const app = 'Microsoft Entra ID → App registrations → your app'
const logs = 'Microsoft Entra ID → Sign-in logs'
const secrets = `${app} → Certificates & secrets`
const endpoints = `${app} → Overview → Endpoints → OpenID Connect metadata document`
const claims = `${app} → Token configuration → Add optional claim`

/** The order is the order in which the rules are checked. */
const rules = {
  state: {
    code: 'oidc.state_mismatch',
    rule: 'The answer belongs to an open sign-in of this browser',
    remedy:
      'Start again from the sign-in page. The sign-in took longer than ten minutes, was used already, was started in another browser, or the settings were changed meanwhile.',
    idpScreen: logs,
  },
  discovery: {
    code: 'oidc.provider_refused',
    rule: 'The identity provider can be reached',
    remedy:
      'Open the discovery URL in a browser. If it answers there, let this server reach it: check firewall, proxy and certificate.',
    idpScreen: endpoints,
  },
  provider: {
    code: 'oidc.issuer_mismatch',
    rule: 'The provider is still the one that was saved',
    remedy:
      'The discovery document names another issuer than when the connection was saved. If that is right, test and save the connection again.',
    idpScreen: endpoints,
  },
  answerIssuer: {
    code: 'oidc.issuer_mismatch',
    rule: 'The answer comes from the configured identity provider (RFC 9207)',
    remedy:
      'The answer names another identity provider. Start again from the sign-in page; if it happens again, tell your security team: somebody may be mixing up two providers.',
    idpScreen: logs,
  },
  consent: {
    code: 'oidc.provider_refused',
    rule: 'The identity provider let the person sign in',
    remedy:
      'The identity provider refused: the person cancelled, is not assigned to the application, or consent is missing. Its own sign-in log says which.',
    idpScreen: logs,
  },
  exchange: {
    code: 'oidc.provider_refused',
    rule: 'The identity provider exchanged the code for an ID token',
    remedy:
      'Compare client ID, client secret, client authentication and redirect URI with the application at the identity provider. A secret may have expired.',
    idpScreen: secrets,
  },
  algorithm: {
    code: 'oidc.signature_invalid',
    rule: 'The ID token is signed with a public-key algorithm',
    remedy:
      'Let the identity provider sign ID tokens with RS256 or another public-key algorithm, unencrypted. A shared secret or no signature proves nothing about who signed.',
    idpScreen: `${app} → Manifest`,
  },
  time: {
    code: 'oidc.token_expired',
    rule: 'The ID token is valid now (60 seconds of clock difference are allowed)',
    remedy:
      'Start the sign-in again. If it happens again, correct the clock of this server or of the identity provider.',
    idpScreen: logs,
  },
  issuer: {
    code: 'oidc.issuer_mismatch',
    rule: 'The ID token is issued by the configured identity provider',
    remedy:
      'Use the discovery URL of your own tenant. Another issuer means another tenant or another identity provider.',
    idpScreen: endpoints,
  },
  audience: {
    code: 'oidc.audience_mismatch',
    rule: 'The ID token is meant for this client',
    remedy:
      'Copy the client ID of this application to the connection, letter by letter. A token for another application opens nothing here.',
    idpScreen: `${app} → Overview → Application (client) ID`,
  },
  nonce: {
    code: 'oidc.nonce_mismatch',
    rule: 'The ID token answers this sign-in',
    remedy:
      'Start again from the sign-in page. If it happens again, the identity provider does not return the nonce, or a token of another sign-in was slipped in.',
    idpScreen: logs,
  },
  signature: {
    code: 'oidc.signature_invalid',
    rule: 'The ID token is signed by a key that the identity provider publishes',
    remedy:
      'Start the sign-in again. If it happens again, the provider signs with a key that its discovery document does not lead to, or the token is forged.',
    idpScreen: endpoints,
  },
  accessToken: {
    code: 'oidc.signature_invalid',
    rule: 'The access token came with the ID token (at_hash)',
    remedy:
      'Access token and ID token do not belong together. Start again; if it happens again, tell the vendor of the identity provider or your security team.',
    idpScreen: logs,
  },
  userinfo: {
    code: 'oidc.provider_refused',
    rule: 'The identity provider says more about the same person (UserInfo)',
    remedy:
      'Name or e-mail are not in the ID token and the UserInfo endpoint did not give them. Add the claims to the ID token.',
    idpScreen: claims,
  },
  subject: {
    code: 'oidc.provider_refused',
    rule: 'The ID token names the person by the stable subject claim',
    remedy:
      'The claim that is set as stable subject is missing or is no text. Send it, or use “sub”.',
    idpScreen: claims,
  },
  workspace: {
    code: 'google.user_unknown',
    rule: 'The account belongs to the required Google Workspace',
    remedy: 'Choose the account of your organisation at Google, or change the required domain.',
    idpScreen: 'Google Admin console → Account → Domains',
  },
  emailVerified: {
    code: 'oidc.email_unverified',
    rule: 'The identity provider verified the e-mail address',
    remedy:
      'The identity provider says that the person has not proved this address (email_verified). Let them verify it there, then sign in again.',
    idpScreen: logs,
  },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof rules

export class Fault extends RuleFault<RuleName> {}

/** Keeps what was found so far, so that a manager sees how far a sign-in came. */
export function createCheckList() {
  const checks: Check[] = []
  return {
    checks,
    passed(rule: RuleName, values: Values = {}) {
      checks.push(checkOf(rules[rule], true, values))
    },
    failed({ rule, values }: Fault): RuleRefusal {
      checks.push(checkOf(rules[rule], false, values))
      return refusalBy(rules[rule], values)
    },
  }
}
export type CheckList = ReturnType<typeof createCheckList>
