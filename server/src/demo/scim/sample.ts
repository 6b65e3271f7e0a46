/** A company to watch arriving: the usual people, and each case that surprises administrators. */
import { stableGuid } from '../tenant.ts'
import type { Change, Person, SimulatedDirectory } from './directory.ts'

/** The same ids at every start, so that a second run finds what the first one made. */
function idOf(domain: string, name: string): string {
  return stableGuid('scim', domain, name)
}

type Cast = Pick<Person, 'lastName'> & Partial<Omit<Person, 'id' | 'active' | 'manager'>>

const cast: Record<string, Cast & { reportsTo?: string }> = {
  ada: {
    firstName: 'Ada',
    lastName: 'Lovelace',
    title: 'Head of Engineering',
    department: 'Engineering',
    employeeNumber: '1001',
    phone: '+44 20 7946 0001',
    office: '12 St James’s Square, London',
    language: 'en-GB',
  },
  // Typed by hand with capitals: a user name is found in any case.
  grace: {
    firstName: 'Grace',
    lastName: 'Hopper',
    userName: 'Grace.Hopper',
    title: 'Engineer',
    department: 'Engineering',
    employeeNumber: '1002',
    phone: '555-1234;ext=203',
  },
  zoe: {
    firstName: 'Zoë',
    lastName: "O'Brien-Müller",
    title: 'Engineer',
    department: 'Engineering',
    reportsTo: 'ada',
  },
  // One name alone: there is no first name to send.
  sukarno: { lastName: 'Sukarno', department: 'Facilities' },
  lin: { firstName: '薇', lastName: '林', displayName: '林薇', department: 'Engineering' },
  // Disabled before provisioning began: most identity providers leave such people out.
  lena: { firstName: 'Lena', lastName: 'Novak' },
  omar: { firstName: 'Omar', lastName: 'Haddad', department: 'Sales', employeeNumber: '1007' },
  // The address is in another domain than the user name.
  priya: { firstName: 'Priya', lastName: 'Raman', email: 'priya.raman@subsidiary.example' },
  kim: {
    firstName: 'Kim',
    lastName: 'Partner',
    userName: 'kim_partner.example#EXT#',
    email: 'kim@partner.example',
  },
  // No mailbox yet: the user name is the only address.
  tomas: { firstName: 'Tomás', lastName: 'Ibáñez', userName: 'tomas.ibanez', email: '' },
  noor: { firstName: 'Noor', lastName: 'Rahimi', department: 'Sales', title: 'Account manager' },
  mia: { firstName: 'Mia', lastName: 'Schmidt', department: 'Sales', mobile: '+49 151 2345678' },
}

export function sampleDirectory(domain = 'contoso.example'): SimulatedDirectory {
  const id = (name: string) => idOf(domain, name)
  const ids = (...names: string[]) => names.map(id)
  const people = Object.entries(cast).map(([name, { reportsTo, ...one }]) => ({
    ...asPerson(domain, name, one),
    ...(reportsTo ? { manager: id(reportsTo) } : {}),
    active: name !== 'lena',
  }))
  const engineering = { id: id('engineering'), name: 'Engineering' }
  const sales = { id: id('sales'), name: 'Sales' }
  return {
    people,
    groups: [
      { ...engineering, people: ids('ada', 'grace', 'zoe', 'lin') },
      { ...sales, people: ids('mia', 'priya', 'noor', 'omar') },
      { id: id('contractors'), name: 'Contractors', people: ids('kim') },
      {
        id: id('everyone'),
        name: 'All of Contoso',
        people: ids('sukarno'),
        groups: [engineering.id, sales.id],
      },
    ],
  }
}

function asPerson(domain: string, name: string, { userName, email, ...one }: Cast): Person {
  const local = userName ?? plain(`${one.firstName ?? ''} ${one.lastName}`, name)
  const address = email === '' ? undefined : (email ?? `${local}@${domain}`)
  return {
    displayName: `${one.firstName ?? ''} ${one.lastName}`.trim(),
    ...one,
    id: idOf(domain, name),
    userName: `${local}@${domain}`,
    ...(address ? { email: address } : {}),
    active: true,
  }
}

/** The name in letters that an address takes, or what the person goes by. */
function plain(name: string, otherwise: string): string {
  const letters = name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z ]/g, '')
    .trim()
  return letters.replace(/ +/g, '.') || otherwise
}

/** A year at Contoso: a name for each event, and what an administrator does about it. */
export function sampleYear(domain = 'contoso.example'): { says: string; changes: Change[] }[] {
  const id = (name: string) => idOf(domain, name)
  const ivo = asPerson(domain, 'ivo', { firstName: 'Ivo', lastName: 'Petrov', title: 'Trainee' })
  const change = (name: string, set: (Change & { kind: 'person.changed' })['set']): Change => ({
    kind: 'person.changed',
    id: id(name),
    set,
  })
  return [
    {
      says: 'Mia Schmidt marries and changes her name',
      changes: [
        change('mia', {
          lastName: 'Weber',
          displayName: 'Mia Weber',
          userName: `mia.weber@${domain}`,
          email: `mia.weber@${domain}`,
        }),
      ],
    },
    { says: 'Ada Lovelace is promoted', changes: [change('ada', { title: 'CTO' })] },
    {
      says: 'Tomás Ibáñez gets a mailbox and a telephone',
      changes: [change('tomas', { email: `tomas@${domain}`, mobile: '+34 600 000 000' })],
    },
    {
      says: 'Grace Hopper gets a manager',
      changes: [change('grace', { manager: id('ada') })],
    },
    { says: 'Zoë has nobody to report to', changes: [change('zoe', { manager: undefined })] },
    { says: 'Noor Rahimi loses her job title', changes: [change('noor', { title: undefined })] },
    {
      says: 'Priya Raman may look at everything',
      changes: [change('priya', { role: 'ROLE_VIEWER' })],
    },
    { says: 'Noor Rahimi is suspended', changes: [change('noor', { active: false })] },
    { says: 'Noor Rahimi is back', changes: [change('noor', { active: true })] },
    { says: 'Omar Haddad leaves', changes: [{ kind: 'person.binned', id: id('omar') }] },
    { says: 'Lin Wei is deleted by mistake', changes: [{ kind: 'person.binned', id: id('lin') }] },
    { says: 'Lin Wei is restored', changes: [{ kind: 'person.restored', id: id('lin') }] },
    {
      says: 'Thirty days later Omar Haddad is deleted for good',
      changes: [{ kind: 'person.deleted', id: id('omar') }],
    },
    { says: 'Ivo Petrov is hired', changes: [{ kind: 'person.hired', person: ivo }] },
    {
      says: 'People change teams',
      changes: [
        { kind: 'group.members', id: id('engineering'), add: [id('ivo')], remove: [id('zoe')] },
        { kind: 'group.members', id: id('sales'), add: [id('ivo'), id('zoe')] },
      ],
    },
    {
      says: 'Sales gets another name',
      changes: [{ kind: 'group.renamed', id: id('sales'), name: 'Sales EMEA' }],
    },
    {
      says: 'A night shift is formed, with nobody in it yet',
      changes: [
        { kind: 'group.made', group: { id: id('night'), name: 'Night shift', people: [] } },
      ],
    },
    {
      says: 'The contractor leaves the group, and the group is deleted',
      changes: [
        { kind: 'group.members', id: id('contractors'), remove: [id('kim')] },
        { kind: 'group.deleted', id: id('contractors') },
      ],
    },
  ]
}
