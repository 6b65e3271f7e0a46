import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Layers, UsersRound } from 'lucide-react'
import type { ReactNode } from 'react'
import type { GroupRow } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Card,
  Checkbox,
  EmptyState,
  Loaded,
  Page,
  roleWords,
  Section,
  SkeletonRows,
  TextLink,
  toast,
  toastProblem,
} from '../../parts/index.ts'

export function AccessPage() {
  const { api, key, slug } = useOrganisation()
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups })
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools })
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const byScim = provisioning.data?.value.source === 'scim'
  return (
    <Page
      title="Groups and pools"
      about="Groups gather people; pools are what they reach. Everyone is in the Default group, which opens the Default pool."
    >
      <Section
        id="groups"
        title="Groups"
        about={
          byScim
            ? 'Groups that the identity provider sends belong to it: who is in them is changed there. Which pools they reach stays with you.'
            : undefined
        }
      >
        <Card>
          <Loaded from={groups} problemOf={asProblem} skeleton={<SkeletonRows rows={3} />}>
            {({ items }) =>
              items.length === 0 ? (
                <EmptyState
                  icon={<UsersRound aria-hidden="true" />}
                  title="No groups"
                  about="Groups of this organisation will be listed here."
                />
              ) : (
                <ul className="divide-y divide-line">
                  {items.map((group) => (
                    <Line
                      key={group.id}
                      name={group.name}
                      isDefault={group.isDefault}
                      badge={
                        group.managedBy === 'scim' ? (
                          <Badge tone="accent">Managed by SCIM</Badge>
                        ) : null
                      }
                      about={<Owner group={group} byScim={byScim} />}
                    >
                      <TextLink
                        to="/o/$slug/settings/users"
                        params={{ slug }}
                        search={{ group: group.id }}
                        aria-label={`See people in ${group.name}`}
                      >
                        See people
                      </TextLink>
                    </Line>
                  ))}
                </ul>
              )
            }
          </Loaded>
        </Card>
      </Section>
      <Section
        id="pools"
        title="Pools"
        about="Whoever is assigned to a pool, by whatever path, has the roles associated with it."
      >
        <Card>
          <Loaded from={pools} problemOf={asProblem} skeleton={<SkeletonRows rows={3} />}>
            {({ items }) =>
              items.length === 0 ? (
                <EmptyState
                  icon={<Layers aria-hidden="true" />}
                  title="No pools"
                  about="Pools of this organisation will be listed here."
                />
              ) : (
                <ul className="divide-y divide-line">
                  {items.map((pool) => (
                    <Line
                      key={pool.id}
                      name={pool.name}
                      isDefault={pool.isDefault}
                      about={
                        <>
                          Created <Ago at={pool.createdAt} />
                        </>
                      }
                    >
                      <span className="flex flex-wrap items-center gap-1.5">
                        {pool.roles.map((role) => (
                          <Badge key={role}>{roleWords(role)}</Badge>
                        ))}
                        <TextLink
                          className="ml-2"
                          to="/o/$slug/settings/users"
                          params={{ slug }}
                          search={{ pool: pool.id }}
                          aria-label={`See people who reach ${pool.name}`}
                        >
                          See people
                        </TextLink>
                      </span>
                    </Line>
                  ))}
                </ul>
              )
            }
          </Loaded>
        </Card>
      </Section>
    </Page>
  )
}

/** Who decides who is in the group, and whether the identity provider may take it over (SC-35, SC-36). */
function Owner({ group, byScim }: { group: GroupRow; byScim: boolean }) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const tick = useMutation({
    mutationFn: (adoptable: boolean) => api.letAdopt(group.id, adoptable),
    onSuccess: async (_, adoptable) => {
      await client.invalidateQueries({ queryKey: key('groups') })
      toast(
        adoptable
          ? `The identity provider may take ${group.name} over`
          : `${group.name} stays with you`,
      )
    },
    onError: (error) => toastProblem('Nothing has changed', asProblem(error).detail),
  })
  if (group.isDefault) return 'Everyone is in it; it is no part of SCIM.'
  if (group.managedBy === 'scim') return 'Its members are changed in the identity provider.'
  if (!byScim) return null
  return (
    <div className="mt-2">
      <Checkbox
        label="Let the identity provider take it over"
        help={
          group.adoptable
            ? 'When it sends a group of this name, it takes this one over and decides who is in it.'
            : 'A group of this name is refused until you tick this.'
        }
        checked={tick.isPending ? tick.variables : group.adoptable}
        disabled={!manages || tick.isPending}
        onChange={(adoptable) => tick.mutate(adoptable)}
      />
    </div>
  )
}

function Line({
  name,
  isDefault,
  badge,
  about,
  children,
}: {
  name: string
  isDefault: boolean
  badge?: ReactNode
  about?: ReactNode
  children: ReactNode
}) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-5 py-3.5">
      <div className="min-w-0">
        <span className="mr-2 font-medium wrap-anywhere">{name}</span>
        {isDefault ? <Badge tone="accent">Default</Badge> : null}
        {badge}
        {about ? <div className="text-sm text-ink-3">{about}</div> : null}
      </div>
      {children}
    </li>
  )
}
