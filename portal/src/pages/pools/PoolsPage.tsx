import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Layers, Search } from 'lucide-react'
import { useState } from 'react'
import type { PoolRow } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Badge,
  Button,
  Card,
  type Column,
  countWords,
  EmptyState,
  FilterBar,
  Loaded,
  NameDialog,
  Page,
  Pager,
  roleWords,
  Table,
  TextLink,
  toast,
} from '../../parts/index.ts'

const route = getRouteApi('/o/$slug/settings/pools')
const size = 20

/** Pools are what people reach, through groups or directly (RB-9, RB-10). */
export function PoolsPage() {
  const { api, key, slug, manages } = useOrganisation()
  const { search, page = 0 } = route.useSearch()
  const navigate = route.useNavigate()
  const [creating, setCreating] = useState(false)
  const query = { search, page, size }
  const pools = useQuery({
    queryKey: key('pools', 'list', query),
    queryFn: () => api.poolPage(query),
    placeholderData: keepPreviousData,
  })
  const create = manages ? (
    <Button look="primary" onClick={() => setCreating(true)}>
      + Create a pool
    </Button>
  ) : null
  const columns: Column<PoolRow>[] = [
    {
      id: 'name',
      label: 'Name',
      cell: (pool) => (
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <TextLink
            to="/o/$slug/settings/pools/$id"
            params={{ slug, id: pool.id }}
            className="wrap-anywhere"
          >
            {pool.name}
          </TextLink>
          {pool.isDefault ? <Badge tone="accent">Default</Badge> : null}
        </span>
      ),
    },
    { id: 'groups', label: 'Groups', cell: ({ groups }) => groups },
    {
      id: 'assigned',
      label: 'Assigned directly',
      cell: ({ assigned }) => countWords(assigned),
    },
    {
      id: 'roles',
      label: 'Roles',
      className: 'hidden md:table-cell',
      cell: ({ roles }) => (
        <span className="flex flex-wrap gap-1">
          {roles.map((role) => (
            <Badge key={role}>{roleWords(role)}</Badge>
          ))}
        </span>
      ),
    },
  ]
  return (
    <Page
      title="Pools"
      about={
        <>
          Pools are what people reach in your product. Whoever reaches a pool, by whatever path, has
          the roles associated with it.{' '}
          <TextLink to="/o/$slug/settings/access-check" params={{ slug }}>
            Try an access check
          </TextLink>
        </>
      }
      action={create}
    >
      <FilterBar
        search={{
          label: 'Search by name',
          value: search,
          onSearch: (text) =>
            void navigate({ search: text ? { search: text } : {}, replace: true }),
        }}
      />
      <Card>
        <Loaded from={pools} problemOf={asProblem}>
          {({ items, total }) =>
            items.length === 0 ? (
              <EmptyState
                icon={search ? <Search aria-hidden="true" /> : <Layers aria-hidden="true" />}
                title={search ? 'No pool matches' : 'No pools yet'}
                about={
                  search
                    ? 'Check the spelling, or search for a part of the name.'
                    : 'Create a pool for each part of your product that only some people may use.'
                }
                action={
                  search ? (
                    <Button onClick={() => void navigate({ search: {} })}>Clear search</Button>
                  ) : (
                    create
                  )
                }
              />
            ) : (
              <Table
                label="Pools"
                columns={columns}
                rows={items}
                rowKey={({ id }) => id}
                busy={pools.isPlaceholderData}
                footer={
                  <Pager
                    page={page}
                    size={size}
                    total={total}
                    noun={total === 1 ? 'pool' : 'pools'}
                    onPage={(next) =>
                      void navigate({ search: (before) => ({ ...before, page: next }) })
                    }
                  />
                }
              />
            )
          }
        </Loaded>
      </Card>
      {creating ? <CreatePool onClose={() => setCreating(false)} /> : null}
    </Page>
  )
}

function CreatePool({ onClose }: { onClose: () => void }) {
  const { api, key, slug } = useOrganisation()
  const client = useQueryClient()
  const navigate = route.useNavigate()
  const create = useMutation({
    mutationFn: api.createPool,
    onSuccess: async ({ id, name }) => {
      await client.invalidateQueries({ queryKey: key('pools') })
      toast(`${name} created`)
      await navigate({ to: '/o/$slug/settings/pools/$id', params: { slug, id } })
    },
  })
  return (
    <NameDialog
      title="Create a pool"
      about="Whoever reaches it has the role User on it. Next you choose the groups that reach it."
      verb="Create"
      busy={create.isPending}
      problem={create.error ? asProblem(create.error) : null}
      onName={(name) => create.mutate(name)}
      onClose={onClose}
    />
  )
}
