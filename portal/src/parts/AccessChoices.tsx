import type { Role } from '../../../contract/src/index.ts'
import { Checkbox } from './Switch.tsx'
import { roleWords } from './words.ts'

/** What somebody is given when they come: roles, and groups and pools besides the Default ones. */
export type GivenAccess = { roles: Role[]; groups: string[]; pools: string[] }
type Choice = { id: string; name: string; isDefault: boolean }

export const usualAccess: GivenAccess = { roles: ['ROLE_USER'], groups: [], pools: [] }
const roles: Role[] = ['ROLE_USER', 'ROLE_VIEWER', 'ROLE_GROUP_ADMIN', 'ROLE_MANAGER']

export function AccessChoices({
  value,
  groups,
  pools,
  onChange,
}: {
  value: GivenAccess
  /** undefined while they load. */
  groups: Choice[] | undefined
  pools: Choice[] | undefined
  onChange: (value: GivenAccess) => void
}) {
  return (
    <>
      <fieldset>
        <legend className="mb-2 font-medium">Roles</legend>
        <div className="grid gap-2 sm:grid-cols-2">
          {roles.map((role) => (
            <Checkbox
              key={role}
              label={roleWords(role)}
              checked={value.roles.includes(role)}
              onChange={(on) => onChange({ ...value, roles: toggled(value.roles, role, on) })}
            />
          ))}
        </div>
      </fieldset>
      <details className="rounded-lg border border-line">
        <summary className="rounded-lg px-3.5 py-2.5 font-medium">
          Groups and pools <span className="font-normal text-ink-3">optional</span>
        </summary>
        <div className="grid gap-5 border-t border-line p-3.5 sm:grid-cols-2">
          <Choices
            title="Groups"
            rows={groups}
            ids={value.groups}
            onChange={(ids) => onChange({ ...value, groups: ids })}
          />
          <Choices
            title="Pools"
            rows={pools}
            ids={value.pools}
            onChange={(ids) => onChange({ ...value, pools: ids })}
          />
        </div>
      </details>
    </>
  )
}

function Choices({
  title,
  rows = [],
  ids,
  onChange,
}: {
  title: string
  rows: Choice[] | undefined
  ids: string[]
  onChange: (ids: string[]) => void
}) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-2 text-sm font-medium text-ink-2">{title}</legend>
      <div className="flex max-h-44 flex-col gap-2 overflow-y-auto">
        {rows.map(({ id, name, isDefault }) => (
          <Checkbox
            key={id}
            label={isDefault ? `${name} (always)` : name}
            checked={isDefault || ids.includes(id)}
            disabled={isDefault}
            onChange={(on) => onChange(toggled(ids, id, on))}
          />
        ))}
      </div>
    </fieldset>
  )
}

function toggled<One>(list: One[], one: One, on: boolean): One[] {
  return on ? [...list, one] : list.filter((other) => other !== one)
}
