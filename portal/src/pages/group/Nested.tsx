import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { X } from 'lucide-react'
import type { GroupDetails } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  AddMenu,
  Card,
  IconButton,
  Origin,
  Section,
  TextLink,
  toast,
  toastProblem,
} from '../../parts/index.ts'

/** Groups in this group: their people are in it too (SC-39). */
export function Nested({ group }: { group: GroupDetails }) {
  const { api, key, slug, manages } = useOrganisation()
  const client = useQueryClient()
  const canChange = manages && !group.locked.members
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups, enabled: canChange })
  const changed = () => client.invalidateQueries({ queryKey: key('groups') })
  const problem = (error: unknown) => toastProblem('Nothing has changed', asProblem(error).detail)
  const add = useMutation({
    mutationFn: (id: string) => api.nestGroup(group.id, id),
    onSuccess: changed,
    onError: problem,
  })
  const remove = useMutation({
    mutationFn: ({ id }: { id: string; name: string }) => api.unnestGroup(group.id, id),
    onSuccess: async (_, { id, name }) => {
      await changed()
      toast(`${name} is no longer in ${group.name}`, {
        undo: { label: 'Undo', act: () => add.mutate(id) },
      })
    },
    onError: problem,
  })
  if (group.isDefault) return null
  const others = (groups.data?.items ?? []).filter(
    ({ id, isDefault }) =>
      id !== group.id && !isDefault && !group.inside.some((child) => child.id === id),
  )
  return (
    <Section
      id="nested"
      title="Groups in this group"
      about="Their people are in this group too, and reach its pools."
      action={
        canChange ? <AddMenu label="Add a group" choices={others} onAdd={add.mutate} /> : null
      }
    >
      <Card>
        {group.inside.length === 0 ? (
          <p className="px-5 py-4 text-ink-2">No group is in this one.</p>
        ) : (
          <ul aria-label="Groups in this group" className="divide-y divide-line">
            {group.inside.map((child) => (
              <li
                key={child.id}
                className="flex min-h-13 items-center justify-between gap-4 px-5 py-2.5"
              >
                <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
                  <TextLink
                    to="/o/$slug/settings/groups/$id"
                    params={{ slug, id: child.id }}
                    className="wrap-anywhere"
                  >
                    {child.name}
                  </TextLink>
                  <Origin provenance={child.provenance} />
                </div>
                {canChange ? (
                  <IconButton
                    label={`Take ${child.name} out of ${group.name}`}
                    onClick={() => remove.mutate(child)}
                  >
                    <X aria-hidden="true" />
                  </IconButton>
                ) : null}
              </li>
            ))}
          </ul>
        )}
        {group.around.length > 0 ? (
          <p className="border-t border-line px-5 py-3 text-sm text-ink-2">
            This group is itself in{' '}
            {group.around.map(({ id, name }, index) => (
              <span key={id}>
                {index > 0 ? ', ' : ''}
                <TextLink to="/o/$slug/settings/groups/$id" params={{ slug, id }}>
                  {name}
                </TextLink>
              </span>
            ))}
            .
          </p>
        ) : null}
      </Card>
    </Section>
  )
}
