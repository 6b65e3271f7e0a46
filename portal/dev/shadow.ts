import type { ShadowDifferences, ShadowEnd, ShadowView } from '../../contract/src/index.ts'

/** Shadow SCIM of the invented company, in all its states. */
export type ShadowFace =
  | 'shadow'
  | 'shadow-empty'
  | 'shadow-copying'
  | 'shadow-applying'
  | 'shadow-discarded'
  /** It went live, and the source was rolled back since. */
  | 'shadow-rolled-back'
  | 'shadow-live'
  | 'shadow-error'
  /** Open, and its differences are on their way, or cannot be read. */
  | 'shadow-reading'
  | 'shadow-unread'

const now = Date.now()
const minute = 60_000
const hour = 60 * minute
const id = (n: number) => `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}`
const begun = { startedBy: 'Ana Ruiz', startedAt: now - 26 * hour }

const refused: ShadowEnd['refused'] = [
  [
    'user',
    'ana.ruiz@acme.example',
    'manager.last_working',
    'Ana Ruiz is the last manager who can sign in, and was not deactivated.',
  ],
  [
    'user',
    'maximiliane.von-und-zu-hohenstaufen-wittelsbach@robotics.research.acme.example',
    'user.email_exists',
    'maximiliane.von-und-zu-hohenstaufen-wittelsbach@robotics.research.acme.example is already here.',
  ],
  ['group', 'Engineering', 'group.name_exists', 'There is a group “Engineering” already.'],
  [
    'user',
    'grace.kim@acme.example',
    'user.restorable',
    'Grace Kim was here and was deleted. Restore them in User Management.',
  ],
  ['user', 'bob.hall@acme.example', 'user.held', 'A manager holds Bob Hall: lift the hold first.'],
].map(([kind, label = '', code = '', detail = '']) => ({
  kind: kind === 'group' ? 'group' : 'user',
  label,
  code,
  detail,
}))

const discarded: ShadowEnd = {
  ...begun,
  endedAt: now - 3 * hour,
  wentLiveBy: null,
  applied: 0,
  refusedTotal: 0,
  refused: [],
}
const wentLive: ShadowEnd = {
  ...discarded,
  wentLiveBy: 'Ana Ruiz',
  applied: 1_204,
  refusedTotal: 317,
  refused,
}
const nothing = { created: 0, adopted: 0, matched: 0, changed: 0, enabled: 0 }
const open: ShadowView = {
  state: 'open',
  ...begun,
  summary: {
    people: {
      created: 214,
      adopted: 1_041,
      matched: 1,
      changed: 38,
      enabled: 3,
      deactivated: 12,
      deleted: 2,
    },
    groups: { created: 14, adopted: 3, changed: 2, deleted: 0 },
    memberships: { added: 2_140, removed: 31 },
    notSent: 80,
  },
}

const shadows: Record<ShadowFace, ShadowView> = {
  shadow: open,
  'shadow-reading': open,
  'shadow-unread': open,
  'shadow-error': open,
  'shadow-empty': {
    ...open,
    summary: {
      people: { ...nothing, deactivated: 0, deleted: 0 },
      groups: { created: 0, adopted: 0, changed: 0, deleted: 0 },
      memberships: { added: 0, removed: 0 },
      notSent: 1_284,
    },
  },
  'shadow-copying': { state: 'copying', ...begun, done: 31_200, total: 50_000 },
  'shadow-applying': {
    state: 'applying',
    ...begun,
    wentLiveBy: 'Chidinma Okonkwo-Featherstonehaugh',
    wentLiveAt: now - 2 * minute,
    done: 700,
    total: 1_311,
    refused: 2,
  },
  'shadow-discarded': { state: 'none', unavailableBecause: null, last: discarded },
  'shadow-rolled-back': { state: 'none', unavailableBecause: null, last: wentLive },
  'shadow-live': {
    state: 'none',
    unavailableBecause: 'SCIM is the source already',
    last: { ...wentLive, refusedTotal: 2, refused: refused.slice(0, 2) },
  },
}

export function isShadowFace(face: string): face is ShadowFace {
  return Object.hasOwn(shadows, face)
}

/** What an act answers, or looking. */
export function shadowAfter(method: string, face: ShadowFace): ShadowView {
  if (method === 'DELETE') return shadows['shadow-discarded']
  return shadows[method === 'POST' ? 'shadow-copying' : face]
}

type Entry = ShadowDifferences['items'][number]
const plain: Entry = {
  id: id(900),
  kind: 'user',
  difference: 'changed',
  label: '',
  name: '',
  isManager: false,
  fields: [],
  roles: { gained: [], lost: [] },
  members: { added: [], removed: [], addedTotal: 0, removedTotal: 0 },
}
const names = ['Ana Ruiz', 'Björn Lindqvist', 'Chidinma Okonkwo-Featherstonehaugh', 'Dmitri Volkov']

const people: Entry[] = (
  [
    {
      difference: 'deleted',
      name: 'Dmitri Volkov',
      label: 'dmitri.volkov@acme.example',
      members: { ...plain.members, removed: ['Engineering', 'Night shift'], removedTotal: 2 },
    },
    {
      difference: 'deactivated',
      name: 'Ana Ruiz',
      label: 'ana.ruiz@acme.example',
      isManager: true,
      roles: { gained: [], lost: ['ROLE_MANAGER'] },
    },
    {
      difference: 'created',
      name: 'Grace Kim',
      label: 'grace.kim@acme.example',
      fields: [
        { field: 'email', here: null, shadow: 'grace.kim@acme.example' },
        { field: 'firstName', here: null, shadow: 'Grace' },
        { field: 'lastName', here: null, shadow: 'Kim' },
      ],
      roles: { gained: ['ROLE_USER', 'ROLE_VIEWER'], lost: [] },
      members: { ...plain.members, added: ['Engineering'], addedTotal: 1 },
    },
    {
      difference: 'matched',
      name: 'Maximiliane Theodora von und zu Hohenstaufen-Wittelsbach-Sigmaringen',
      label: 'maximiliane.von-und-zu-hohenstaufen-wittelsbach@robotics.research.acme.example',
      fields: [
        {
          field: 'externalId',
          here: null,
          shadow: '8f14e45f-ceea-467f-a3c1-0c5d2e7b91a0-5f0c1d2e7a4b4c3d9e8f0a1b2c3d4e5f',
        },
        {
          field: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department',
          here: 'Research and Development',
          shadow: null,
        },
      ],
      members: {
        added: ['Engineering', 'Research and Development (Munich, Friedrichshafen and Zürich)'],
        addedTotal: 9,
        removed: [],
        removedTotal: 0,
      },
    },
    {
      difference: 'enabled',
      name: 'Farid Haddad',
      label: 'farid.haddad@acme.example',
      fields: [{ field: 'status', here: 'deactivated', shadow: 'active' }],
    },
    { difference: 'adopted', name: 'Hannah Weiß', label: 'hannah.weiss@acme.example' },
    {
      difference: 'changed',
      name: 'Mia Weber',
      label: 'mia.weber@acme.example',
      fields: [
        { field: 'lastName', here: 'Schmidt', shadow: 'Weber' },
        { field: 'email', here: 'mia.schmidt@acme.example', shadow: 'mia.weber@acme.example' },
      ],
    },
  ] satisfies Partial<Entry>[]
).map((entry, n) => ({ ...plain, id: id(900 + n), ...entry }))

const further: Entry[] = [
  {
    ...plain,
    id: id(930),
    difference: 'adopted',
    name: 'Zoë Nakamura',
    label: 'zoe.nakamura@acme.example',
  },
]

const groups: Entry[] = (
  [
    {
      difference: 'created',
      label: 'Everyone at Acme Robotics in Munich, Friedrichshafen and Zürich',
      members: { ...plain.members, added: names, addedTotal: 1_207 },
    },
    {
      difference: 'changed',
      label: 'Engineering',
      fields: [{ field: 'displayName', here: 'Engineers', shadow: 'Engineering' }],
      members: { added: ['Grace Kim'], addedTotal: 1, removed: names.slice(2), removedTotal: 2 },
    },
    { difference: 'adopted', label: 'Night shift' },
  ] satisfies Partial<Entry>[]
).map((entry, n) => ({ ...plain, kind: 'group' as const, id: id(950 + n), ...entry }))

/** A page of them; nobody is left after the second. */
export function differencesOf(face: string, query: string): ShadowDifferences {
  const search = new URLSearchParams(query)
  const difference = search.get('difference')
  if (face === 'shadow-empty') return { items: [], next: null }
  const isLast = search.has('after') || difference !== null || search.get('kind') === 'group'
  const all = search.get('kind') === 'group' ? groups : search.has('after') ? further : people
  return {
    items: all.filter((entry) => difference === null || entry.difference === difference),
    next: isLast ? null : id(906),
  }
}
