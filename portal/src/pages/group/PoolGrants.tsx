import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { X } from 'lucide-react'
import type { GroupDetails, GroupPoolGrants } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  AddMenu,
  Badge,
  Card,
  IconButton,
  Loaded,
  Origin,
  roleWords,
  Section,
  SkeletonRows,
  TextLink,
  toast,
  toastProblem,
} from '../../parts/index.ts'

type Grant = GroupPoolGrants['items'][number]

/** What everybody in the group reaches (RB-10). */
export function PoolGrants({ group }: { group: GroupDetails }) {
  const { api, key, slug, manages } = useOrganisation()
  const client = useQueryClient()
  const grants = useQuery({
    queryKey: key('groups', group.id, 'pools'),
    queryFn: () => api.groupGrants(group.id),
  })
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools })
  const changed = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: key('groups') }),
      client.invalidateQueries({ queryKey: key('pools') }),
    ])
  const problem = (error: unknown) => toastProblem('Nothing has changed', asProblem(error).detail)
  const grant = useMutation({
    mutationFn: (poolId: string) => api.grantToGroup(group.id, poolId),
    onSuccess: changed,
    onError: problem,
  })
  const revoke = useMutation({
    mutationFn: ({ id }: Grant) => api.revokeFromGroup(group.id, id),
    onSuccess: async (_, { poolId, poolName }) => {
      await changed()
      toast(`${group.name} no longer reaches ${poolName}`, {
        undo: { label: 'Undo', act: () => grant.mutate(poolId) },
      })
    },
    onError: problem,
  })
  const granted = grants.data?.items ?? []
  const others = (pools.data?.items ?? []).filter(
    (pool) => !granted.some(({ poolId }) => poolId === pool.id),
  )
  return (
    <Section
      id="pools"
      title="Pools"
      about="Everybody in this group reaches these."
      action={
        manages ? (
          <AddMenu
            label="Add a pool"
            choices={others}
            onAdd={(id) =>
              grant.mutate(id, { onSuccess: () => toast('The group reaches the pool') })
            }
          />
        ) : null
      }
    >
      <Card>
        <Loaded from={grants} problemOf={asProblem} skeleton={<SkeletonRows rows={2} />}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="px-5 py-4 text-ink-2">
                This group reaches no pool yet{manages ? '. Add one.' : '.'}
              </p>
            ) : (
              <ul aria-label="Pools of the group" className="divide-y divide-line">
                {items.map((one) => (
                  <li
                    key={one.id}
                    className="flex min-h-13 items-center justify-between gap-4 px-5 py-2.5"
                  >
                    <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
                      <TextLink
                        to="/o/$slug/settings/pools/$id"
                        params={{ slug, id: one.poolId }}
                        className="wrap-anywhere"
                      >
                        {one.poolName}
                      </TextLink>
                      <Badge>{roleWords(one.role)}</Badge>
                      <Origin provenance={one.provenance} />
                    </div>
                    {manages && !one.locked ? (
                      <IconButton
                        label={`Take ${one.poolName} from ${group.name}`}
                        onClick={() => revoke.mutate(one)}
                      >
                        <X aria-hidden="true" />
                      </IconButton>
                    ) : one.locked ? (
                      <span className="text-right text-sm text-ink-3">Always</span>
                    ) : null}
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
    </Section>
  )
}
