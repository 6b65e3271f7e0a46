/** A guide as data. In sentences, **words** are as they stand on the screens of the identity provider. */
export type Guide = {
  /** Of the address, and of the dialect. */
  id: string
  label: string
  /** What comes through, in a few words. */
  sends: string
  about: string
  steps: Step[]
  /** The attribute mapping, and what Usher does with each. */
  mapping: { there: string; here: string; effect: string }[]
  mistakes: { seen: string; cause: string }[]
  source: string
}

type Step = { title: string; parts: Part[] }

export type Part =
  | { say: string }
  /** Screens and buttons, one after the other. */
  | { go: string[] }
  | { list: string[] }
  | { enter: Entry[] }
  | { paste: { title: string; text: string } }

export type Entry = {
  /** As the field is called there. */
  field: string
  value: Value
  help?: string
}

/** A value of this connection, or the same for everyone. */
export type Value = 'baseUrl' | 'tokenUrl' | 'token' | 'clientId' | 'clientSecret' | { is: string }

/** What happens to the attributes that everyone sends alike. */
export const effects = {
  userName: 'The key people are found by, in any case. It is unique, and shown on the user page.',
  externalId: 'The key at the identity provider. Who comes back with it is the same person.',
  email: 'The address to sign in and write to. First the primary, then the work address.',
  emailless: 'The address to sign in and write to; without it, a user name that is an address.',
  givenName: 'First name. It is read-only in the portal.',
  familyName: 'Last name. It is read-only in the portal.',
  displayName: 'Kept and given back as it came. First and last name are what is shown.',
  active: 'False ends all sessions at once and deactivates; true lets the person in again.',
  enterprise: 'Kept and given back as it came. It grants nothing.',
  groups: 'A group of the same name here, when “Sync groups” is on.',
  roles: 'ROLE_USER, ROLE_VIEWER or ROLE_MANAGER, when “Sync roles” is on.',
}
