import { stableGuid } from './tenant.ts'

/** Why Entra ID itself turns someone away, before Usher hears of it. */
export type EntraRefusal = 'AADSTS50057' | 'AADSTS50105'

export type Person = {
  id: string
  objectId: string
  /** Empty on the directory user: the claim is then left out altogether. */
  firstName: string
  lastName: string
  displayName: string
  email: string
  userPrincipalName: string
  /** What is special about signing in as this person. */
  note: string
  refusal?: EntraRefusal
}

/** Someone who exists in Usher already, such as the manager who tries things out. */
export type ExtraPerson = { email: string; firstName: string; lastName: string; note?: string }

type Cast = Pick<Person, 'firstName' | 'lastName' | 'note'> &
  Partial<Pick<Person, 'email' | 'userPrincipalName' | 'refusal'>>

/** Everyone in the simulated directory: the usual, and each case that surprises administrators. */
export function peopleOf(organisationId: string, domain: string, extra: ExtraPerson[]): Person[] {
  const cast: Cast[] = [
    { firstName: 'Ada', lastName: 'Lovelace', note: 'An ordinary employee' },
    { firstName: 'Zoë', lastName: "O'Brien-Müller", note: 'An employee whose name needs care' },
    { firstName: '', lastName: 'Sukarno', note: 'No first name in the directory: no such claim' },
    {
      firstName: 'Lena',
      lastName: 'Novak',
      note: 'Disabled in Entra ID',
      refusal: 'AADSTS50057',
    },
    {
      firstName: 'Omar',
      lastName: 'Haddad',
      note: 'Not assigned to the application',
      refusal: 'AADSTS50105',
    },
    {
      firstName: 'Priya',
      lastName: 'Raman',
      note: 'Employee with an address in another domain',
      email: 'priya.raman@subsidiary.example',
    },
    {
      firstName: 'Kim',
      lastName: 'Partner',
      note: 'Guest from another company, with a guest’s user principal name',
      email: 'kim@partner.example',
      userPrincipalName: `kim_partner.example#EXT#@${domain}`,
    },
  ]

  const employees = cast.map((one) => asPerson(organisationId, domain, one))
  const others = extra.map((one) =>
    asPerson(organisationId, domain, { ...one, note: one.note ?? 'Already in Usher' }),
  )
  const taken = new Set(others.map((person) => person.id))
  return [...others, ...employees.filter((person) => !taken.has(person.id))]
}

function asPerson(organisationId: string, domain: string, cast: Cast): Person {
  const email = cast.email ?? `${localPart(cast)}@${domain}`
  const objectId = stableGuid('person', organisationId, email.toLowerCase())
  return {
    ...cast,
    id: objectId,
    objectId,
    displayName: `${cast.firstName} ${cast.lastName}`.trim(),
    email,
    userPrincipalName: cast.userPrincipalName ?? email,
  }
}

function localPart({ firstName, lastName }: Cast): string {
  const plain = `${firstName} ${lastName}`.normalize('NFD').toLowerCase()
  return plain
    .replace(/[^a-z ]/g, '')
    .trim()
    .replace(/ +/g, '.')
}
