import type { Mail, SecurityNotice } from '../model/mail.ts'
import type { LoginMethod } from '../model/organisation.ts'
import type { Letter } from './layout.ts'

export type LetterFacts = {
  organisation: { name: string; slug: string; loginMethod: LoginMethod | null }
  /** The identity provider's name; null while people do not sign in by SSO. */
  connectionName: string | null
  baseUrl: string
  firstName: string
  /** Made for this letter, where the template carries one. */
  link: string | undefined
}

/** What each mail says (EM-3). None holds a password or a key. */
export function compose(mail: Mail, facts: LetterFacts): Letter {
  const { organisation, baseUrl } = facts
  const { name, slug } = organisation
  const signIn = `${baseUrl}/login/${slug}`
  const settings = (page: string) => `${baseUrl}/o/${slug}/settings/${page}`
  const hello = facts.firstName ? `Hello ${facts.firstName},` : 'Hello,'
  const link = facts.link ?? signIn
  const toManagers = `You get this because you manage ${name} in Usher.`
  const unexpected = `If you did not expect this, ignore it: without the link nothing happens.`

  switch (mail.template) {
    case 'activation':
      return {
        subject: `Activate your account at ${name}`,
        heading: `Welcome to ${name}`,
        paragraphs: [hello, `You have an account at ${name}. ${howToSignIn(facts)}`],
        action: { label: 'Activate your account', url: link },
        closing: `The link works once and for 7 days. ${unexpected}`,
      }
    case 'invitation':
      return {
        subject: `${mail.inviter} invites you to ${name}`,
        heading: `Join ${name}`,
        paragraphs: [hello, `${mail.inviter} invites you to join ${name}. ${howToSignIn(facts)}`],
        action: { label: 'Accept the invitation', url: link },
        closing: `The link works once and until ${onDate(mail.expiresAt)}. ${unexpected}`,
      }
    case 'verification':
      return {
        subject: `Confirm your e-mail address for ${name}`,
        heading: 'Confirm your e-mail address',
        paragraphs: [hello, `Somebody registered at ${name} with this address. Was it you?`],
        action: { label: 'Confirm the address', url: link },
        closing: `The link works once and for 7 days. ${unexpected}`,
      }
    case 'reset':
      return {
        subject: `Choose a new password for ${name}`,
        heading: 'Choose a new password',
        paragraphs: [
          hello,
          `Somebody asked for a new password for your account at ${name}. When you choose one, all your other sessions end.`,
        ],
        action: { label: 'Choose a new password', url: link },
        closing:
          'The link works once and for 60 minutes. If you did not ask for it, ignore it: your password stays as it is.',
      }
    case 'method_changed':
      return {
        subject: `Signing in to ${name} has changed`,
        heading: 'Signing in has changed',
        paragraphs: [
          hello,
          `${name} has changed how people sign in. ${howToSignIn(facts)} Everything that you have there stays.`,
        ],
        action: { label: 'Continue', url: link },
        closing: `The link works once and for 7 days. After that, sign in at ${signIn}.`,
      }
    case 'link_exists':
      return {
        subject: `You already have an account at ${name}`,
        heading: 'You already have an account',
        paragraphs: [
          hello,
          `Somebody tried to register at ${name} with this address, which has an account already. Nothing was changed. If it was you, simply sign in.`,
        ],
        action: { label: 'Sign in', url: signIn },
        closing: 'If it was not you, there is nothing to do.',
      }
    case 'certificate_expires':
      return {
        subject: `A certificate of ${mail.connection} expires in ${daysIn(mail.days)}`,
        heading: `A certificate expires in ${daysIn(mail.days)}`,
        paragraphs: [
          `Nobody of ${name} can sign in by ${mail.connection} with it after that. Add the new certificate of the identity provider beside it; both are accepted meanwhile.`,
        ],
        facts: [
          { label: 'Connection', value: mail.connection },
          { label: 'Fingerprint (SHA-256)', value: mail.fingerprint },
          { label: 'Expires', value: onDate(mail.notAfter) },
        ],
        action: { label: 'Open Identity Configuration', url: settings('identity') },
        closing: toManagers,
      }
    case 'scim_credential_expires':
      return {
        ...expiring('The SCIM credential', 'A SCIM credential', mail),
        paragraphs: [
          `After that the identity provider can no longer add, change or remove people of ${name}. Make a second credential, give it to the identity provider, and revoke this one.`,
        ],
        action: { label: 'Open the SCIM settings', url: settings('identity/scim') },
        closing: toManagers,
      }
    case 'api_key_expires':
      return {
        ...expiring('The API key', 'An API key', mail),
        paragraphs: [
          `Programs that use it can no longer reach ${name} after that. Make a second key, put it in place, and revoke this one.`,
        ],
        action: { label: 'Open the settings', url: settings('identity') },
        closing: toManagers,
      }
    case 'personal_key_expires':
      return {
        ...expiring('Your API key', 'Your API key', mail),
        paragraphs: [
          hello,
          `Your programs that use it can no longer reach ${name} after that. Make a second key, put it in place, and revoke this one.`,
        ],
        action: { label: 'Open My account', url: `${baseUrl}/o/${slug}/account` },
        closing: `You get this because you made the key at ${name}.`,
      }
    case 'domain_lapsed': {
      const { domain, record, lapsesAt } = mail
      const until = lapsesAt === null ? 'It counts no longer:' : `After ${onDate(lapsesAt)}`
      return {
        subject: `${domain} is no longer proved to be yours`,
        heading: lapsesAt === null ? `${domain} has lapsed` : `The proof of ${domain} is missing`,
        paragraphs: [
          `The TXT record that proved ${domain} for ${name} is not in its DNS any more. ${until} people of ${domain} who are here already are not linked by themselves at their first single sign-on; a manager has to approve each. Who is linked stays linked.`,
          'If the domain is still yours, put the record back.',
        ],
        facts: [
          { label: 'Record', value: `${record.name} TXT` },
          { label: 'Value', value: record.value },
        ],
        action: { label: 'Open Domains', url: settings('domains') },
        closing: toManagers,
      }
    }
    case 'scim_credential_refused':
      return {
        subject: `An expired SCIM credential is refused at ${name}`,
        heading: 'An expired SCIM credential is in use',
        paragraphs: [
          `The identity provider still calls with “${mail.label}”, which has expired. People who join or leave are not passed on until it has a new one.`,
        ],
        action: { label: 'Open the SCIM settings', url: settings('identity/scim') },
        closing: `${toManagers} You hear of this once a day while it lasts.`,
      }
    case 'last_manager_kept':
      return {
        subject: `The last manager of ${name} was kept`,
        heading: 'The last working manager was kept',
        paragraphs: [
          `The identity provider tried to take ${mail.label} away as a manager. Nobody else could have managed ${name} then, so Usher refused. Make somebody else a manager first.`,
        ],
        action: { label: 'Open User Management', url: settings('users') },
        closing: `${toManagers} You hear of this once a day while it lasts.`,
      }
    case 'security_notice': {
      const { happened, about } = securityNotices[mail.what]
      return {
        subject: `${happened} at ${name}`,
        heading: happened,
        paragraphs: [
          hello,
          `${about} This was about your account at ${name}.`,
          'If it was you, there is nothing to do. If not, choose a new password now, and tell a manager of your organisation.',
        ],
        ...(mail.label && { facts: [{ label: 'Name', value: mail.label }] }),
        action: { label: 'Sign in', url: signIn },
        closing: `You get this because it concerns how you sign in to ${name}.`,
      }
    }
    case 'break_glass_used':
      return {
        subject: `Emergency access to ${name} was used`,
        heading: 'Emergency access was used',
        paragraphs: [
          `Somebody signed in to ${name} with an emergency account. It opens for at most 60 minutes. If nobody of you did this, change its credentials now.`,
        ],
        action: { label: 'See what was done', url: settings('audit') },
        closing: toManagers,
      }
    case 'assist_begun':
      return {
        subject: `The operator of Usher assists at ${name}`,
        heading: 'The operator of Usher assists you',
        paragraphs: [
          `${mail.root}, who runs this installation of Usher, has opened ${name} as a manager. What is done there is recorded under that name. If nobody of you asked for it, ask them.`,
        ],
        facts: [
          { label: 'Who', value: mail.root },
          { label: 'Why', value: mail.reason },
          { label: 'Until', value: `${moment.format(mail.until)} UTC` },
        ],
        action: { label: 'See what was done', url: settings('audit') },
        closing: toManagers,
      }
    case 'test':
      return {
        subject: `Test mail from ${name}`,
        heading: 'Mail works',
        paragraphs: [hello, `This is the test mail that you asked for in the settings of ${name}.`],
        action: { label: 'Back to the settings', url: settings('mail') },
        closing: 'Nothing else happens.',
      }
  }
}

const securityNotices: Record<SecurityNotice, { happened: string; about: string }> = {
  totp_added: {
    happened: 'An authenticator app was added',
    about: 'Signing in asks for its codes from now on.',
  },
  totp_removed: {
    happened: 'An authenticator app was removed',
    about: 'Its codes open nothing any more.',
  },
  passkey_added: {
    happened: 'A passkey was added',
    about: 'It can be used to sign in, together with the password, from now on.',
  },
  passkey_removed: { happened: 'A passkey was removed', about: 'It opens nothing any more.' },
  recovery_codes_made: {
    happened: 'New recovery codes were made',
    about: 'The codes from before open nothing any more.',
  },
  recovery_code_used: {
    happened: 'A recovery code was used',
    about: 'Somebody signed in with the password and a recovery code, which is used up now.',
  },
  personal_key_made: {
    happened: 'A personal API key was made',
    about: 'Programs that have it can do what you may, as far as its scopes go.',
  },
  second_factor_reset: {
    happened: 'Your second factor was reset',
    about:
      'A manager removed it. Until you set one up again, the password alone may open the account.',
  },
  second_factor_guessed: {
    happened: 'Somebody has your password',
    about: 'Your password was entered rightly, and then too many wrong codes.',
  },
}

function expiring(
  named: string,
  some: string,
  { label, expiresAt, days }: { label: string; expiresAt: number; days: number },
): Pick<Letter, 'subject' | 'heading' | 'facts'> {
  return {
    subject: `${named} ${label} expires in ${daysIn(days)}`,
    heading: `${some} expires in ${daysIn(days)}`,
    facts: [
      { label: 'Label', value: label },
      { label: 'Expires', value: onDate(expiresAt) },
    ],
  }
}

/** EM-2: the login method in the words of whoever has never seen it. */
function howToSignIn({ organisation, connectionName }: LetterFacts): string {
  switch (organisation.loginMethod) {
    case 'sso':
      return `You sign in with ${connectionName ?? 'single sign-on'}, the account that you have at your organisation. There is no password to choose.`
    case 'google':
      return 'You sign in with Google, with the account of this address. There is no password to choose.'
    case 'password':
    case null:
      return 'You sign in with this address and a password, which you choose by the link below.'
  }
}

function daysIn(days: number): string {
  return days === 1 ? '1 day' : `${days} days`
}

const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const moment = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
})

function onDate(at: number): string {
  return date.format(at)
}
