import type {
  GroupDifference,
  PersonDifference,
  ShadowEnd,
  ShadowSummary,
} from '../../../../../contract/src/index.ts'
import type { Tone } from '../../../parts/index.ts'

const number = new Intl.NumberFormat('en')

type Word = {
  label: string
  tone: Tone
  /** Of people; what going live does to them. */
  does: string
  /** Of groups, which know four of them. */
  doesToGroups?: string
}

/** In the order in which they are told: who comes, who stays, who goes. */
export const differences: Record<PersonDifference, Word> = {
  created: {
    label: 'New',
    tone: 'good',
    does: 'They are not here yet, and are created.',
    doesToGroups: 'They are not here yet, and are created.',
  },
  adopted: {
    label: 'Taken over',
    tone: 'accent',
    does: 'They are here already and keep what they have; the identity provider manages them from then on.',
    doesToGroups: 'They are here already; the identity provider manages them from then on.',
  },
  matched: {
    label: 'Arrived meanwhile',
    tone: 'accent',
    does: 'Somebody of the same address came in here meanwhile. They are taken over and keep their account.',
  },
  changed: {
    label: 'Changed',
    tone: 'neutral',
    does: 'Something about them changes.',
    doesToGroups: 'Their name or their members change.',
  },
  enabled: {
    label: 'Re-enabled',
    tone: 'good',
    does: 'They are deactivated here, and can sign in again.',
  },
  deactivated: {
    label: 'Deactivated',
    tone: 'warn',
    does: 'They lose their access at once.',
  },
  deleted: {
    label: 'Deleted',
    tone: 'bad',
    does: 'They lose their access at once. During the grace days they can come back with all they had.',
    doesToGroups: 'They are deleted, and with them what their members reach through them.',
  },
}

const everyDifference = Object.keys(differences) as PersonDifference[]

export function isOfGroups(difference: PersonDifference): difference is GroupDifference {
  return differences[difference].doesToGroups !== undefined
}
const ofGroups = everyDifference.filter(isOfGroups)

export function tintOf(difference: PersonDifference): 'bad' | 'warn' | undefined {
  const { tone } = differences[difference]
  return tone === 'bad' || tone === 'warn' ? tone : undefined
}

type Count = { difference: PersonDifference; count: number }

export function countsOfPeople({ people }: ShadowSummary): Count[] {
  return everyDifference.map((difference) => ({ difference, count: people[difference] }))
}

export function countsOfGroups({ groups }: ShadowSummary): Count[] {
  return ofGroups.map((difference) => ({ difference, count: groups[difference] }))
}

const sum = (counts: Count[]) => counts.reduce((total, { count }) => total + count, 0)

export function isWithoutDifference(summary: ShadowSummary): boolean {
  const { added, removed } = summary.memberships
  return sum(countsOfPeople(summary)) + sum(countsOfGroups(summary)) + added + removed === 0
}

/** Who can get in now and no longer afterwards. */
export function countLosingAccess({ people }: ShadowSummary): number {
  return people.deactivated + people.deleted
}

/** "People: 214 new, 12 deactivated." */
export function peopleSentence(summary: ShadowSummary): string {
  return `People: ${counted(countsOfPeople(summary))}.`
}

/** "Groups: 3 new, 1 deleted. Memberships: 214 added, 12 removed." */
export function groupsSentence(summary: ShadowSummary): string {
  const { added, removed } = summary.memberships
  const moves =
    added + removed === 0
      ? 'none changes'
      : `${number.format(added)} added, ${number.format(removed)} removed`
  return `Groups: ${counted(countsOfGroups(summary))}. Memberships: ${moves}.`
}

function counted(counts: Count[]): string {
  const said = counts
    .filter(({ count }) => count > 0)
    .map(
      ({ difference, count }) =>
        `${number.format(count)} ${differences[difference].label.toLowerCase()}`,
    )
  return said.join(', ') || 'no difference'
}

/** "1,204 differences applied, 2 refused" */
export function outcome({ applied, refusedTotal }: ShadowEnd): string {
  const done =
    applied === 1 ? '1 difference applied' : `${number.format(applied)} differences applied`
  return refusedTotal === 0 ? done : `${done}, ${number.format(refusedTotal)} refused`
}

/** "Ada, Grace and 1,203 more" */
export function listed(names: string[], total: number): string {
  const unseen = total - names.length
  const all = unseen > 0 ? [...names, `${number.format(unseen)} more`] : names
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}

const fieldLabels: Record<string, string> = {
  email: 'E-mail',
  firstName: 'First name',
  lastName: 'Last name',
  name: 'Name',
  displayName: 'Display name',
  userName: 'User name',
  externalId: 'External ID',
  status: 'Status',
  active: 'Active',
}
/** A field in words; one that is new here is shown as it is. */
export function fieldWords(field: string): string {
  return fieldLabels[field] ?? field
}
