import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useOrganisation } from '../../client/index.ts'
import { Button, FilterMenu, roleWords, sourceWords, statusWords } from '../../parts/index.ts'
import { kept, type ListState } from './keptFilters.ts'

const roles = ['ROLE_MANAGER', 'ROLE_GROUP_ADMIN', 'ROLE_VIEWER', 'ROLE_USER']

export function Filters({
  state,
  onChange,
}: {
  state: ListState
  onChange: (change: Partial<ListState>) => void
}) {
  const { api, key } = useOrganisation()
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups })
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools })
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const byScim = provisioning.data?.value.source === 'scim'
  const named = (rows: { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name }) => ({ value: id, label: name }))
  const { sort: _, ...filters } = kept(state)
  return (
    <>
      <FilterMenu
        label="Status"
        value={state.status}
        choices={words(statusWords)}
        onChange={(status) => onChange({ status })}
      />
      <FilterMenu
        label="Managed by"
        value={state.notManagedBy === 'scim' ? notInIdp.value : state.managedBy}
        choices={[
          ...words(sourceWords),
          ...(byScim || state.notManagedBy === 'scim' ? [notInIdp] : []),
        ]}
        onChange={(chosen) =>
          onChange(
            chosen === notInIdp.value
              ? { managedBy: undefined, notManagedBy: 'scim' }
              : { managedBy: chosen, notManagedBy: undefined },
          )
        }
      />
      <FilterMenu
        label="Role"
        value={state.role}
        choices={roles.map((role) => ({ value: role, label: roleWords(role) }))}
        onChange={(role) => onChange({ role })}
      />
      <FilterMenu
        label="Group"
        value={state.group}
        choices={named(groups.data?.items)}
        onChange={(group) => onChange({ group })}
      />
      <FilterMenu
        label="Pool"
        value={state.pool}
        choices={named(pools.data?.items)}
        onChange={(pool) => onChange({ pool })}
      />
      <FilterMenu
        label="Last sign-in"
        value={state.lastSignIn}
        choices={[
          { value: 'never', label: 'Never' },
          { value: '7d', label: 'Over 7 days ago' },
          { value: '30d', label: 'Over 30 days ago' },
          { value: '90d', label: 'Over 90 days ago' },
        ]}
        onChange={(lastSignIn) => onChange({ lastSignIn })}
      />
      {Object.keys(filters).length > 0 ? (
        <Button
          look="ghost"
          size="small"
          onClick={() =>
            onChange(Object.fromEntries(Object.keys(filters).map((name) => [name, undefined])))
          }
        >
          <X aria-hidden="true" />
          Clear
        </Button>
      ) : null}
    </>
  )
}

/** Everybody whom the identity provider does not manage (SC-20). */
const notInIdp = { value: 'not_in_idp', label: 'Not in the IdP' }

function words(of: Record<string, string>) {
  return Object.entries(of).map(([value, label]) => ({ value, label }))
}
