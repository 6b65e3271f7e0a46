import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import type { UserList } from '../../../../contract/src/index.ts'
import { useOrganisation } from '../../client/index.ts'
import {
  Button,
  buttonClasses,
  Dialog,
  KeyValue,
  roleWords,
  sourceWords,
  statusWords,
} from '../../parts/index.ts'
import type { ListState } from './keptFilters.ts'

const number = new Intl.NumberFormat('en')
const signInWords: Record<string, string> = {
  never: 'Never',
  '7d': 'Over 7 days ago',
  '30d': 'Over 30 days ago',
  '90d': 'Over 90 days ago',
}

/** The list as a file, by the filter in force; says before whom it holds (US-16). */
export function ExportDialog({
  state,
  found,
  onClose,
}: {
  state: ListState
  found: Pick<UserList, 'total' | 'totalExact'>
  onClose: () => void
}) {
  const { api, key } = useOrganisation()
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups })
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools })
  const named = (rows: { id: string; name: string }[] | undefined, id: string | undefined) =>
    id && (rows?.find((row) => row.id === id)?.name ?? id)
  const filters: [string, string | undefined][] = [
    ['Search', state.search && `“${state.search}”`],
    ['Status', state.status && (statusWords as Record<string, string>)[state.status]],
    ['Managed by', state.managedBy && (sourceWords as Record<string, string>)[state.managedBy]],
    ['Not managed by', state.notManagedBy && 'SCIM'],
    ['Role', state.role && roleWords(state.role)],
    ['Group', named(groups.data?.items, state.group)],
    ['Pool', named(pools.data?.items, state.pool)],
    ['Last sign-in', state.lastSignIn && signInWords[state.lastSignIn]],
  ]
  const inForce = filters.filter(([, value]) => value)
  const { total, totalExact } = found
  const people = `${totalExact ? '' : 'more than '}${number.format(total)} ${total === 1 ? 'person' : 'people'}`
  return (
    <Dialog
      open
      onClose={onClose}
      title="Export CSV"
      about={
        inForce.length > 0
          ? `Only those who match: ${people}, in the order of the list. It is recorded in the audit.`
          : `Everybody: ${people}, in the order of the list. It is recorded in the audit.`
      }
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <a
            href={api.usersExport(state)}
            download
            onClick={onClose}
            className={buttonClasses({ look: 'primary' })}
          >
            <Download aria-hidden="true" />
            Download
          </a>
        </>
      }
    >
      {inForce.length > 0 ? (
        <KeyValue rows={inForce.map(([label, value]) => ({ label, value }))} />
      ) : null}
      <p className="mt-3 text-sm text-ink-3">
        UTF-8 with commas, as Excel opens it. A cell that a spreadsheet would run as a formula
        begins with an apostrophe.
      </p>
    </Dialog>
  )
}
