import { useQuery } from '@tanstack/react-query'
import { Layers, UsersRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Card,
  EmptyState,
  Loaded,
  Page,
  roleWords,
  Section,
  SkeletonRows,
  TextLink,
} from '../../parts/index.ts'

export function AccessPage() {
  const { api, key, slug } = useOrganisation()
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups })
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools })
  return (
    <Page
      title="Groups and pools"
      about="Groups gather people; pools are what they reach. Everyone is in the Default group, which opens the Default pool."
    >
      <Section id="groups" title="Groups">
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
                    <Line key={group.id} name={group.name} isDefault={group.isDefault}>
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

function Line({
  name,
  isDefault,
  about,
  children,
}: {
  name: string
  isDefault: boolean
  about?: ReactNode
  children: ReactNode
}) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-5 py-3.5">
      <div className="min-w-0">
        <span className="mr-2 font-medium wrap-anywhere">{name}</span>
        {isDefault ? <Badge tone="accent">Default</Badge> : null}
        {about ? <div className="text-sm text-ink-3">{about}</div> : null}
      </div>
      {children}
    </li>
  )
}
