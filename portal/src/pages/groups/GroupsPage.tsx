import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Search, UsersRound } from 'lucide-react'
import { useState } from 'react'
import type { GroupRow } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
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
  Table,
  TextLink,
  toast,
} from '../../parts/index.ts'

const route = getRouteApi('/o/$slug/settings/groups')
const size = 20

/** Groups gather people; what a group reaches, all of them reach (RB-14). */
export function GroupsPage() {
  const { api, key, slug, manages } = useOrganisation()
  const { search, page = 0 } = route.useSearch()
  const navigate = route.useNavigate()
  const [creating, setCreating] = useState(false)
  const query = { search, page, size }
  const groups = useQuery({
    queryKey: key('groups', 'list', query),
    queryFn: () => api.groupPage(query),
    placeholderData: keepPreviousData,
  })
  const create = manages ? (
    <Button look="primary" onClick={() => setCreating(true)}>
      + Create a group
    </Button>
  ) : null
  const columns: Column<GroupRow>[] = [
    {
      id: 'name',
      label: 'Name',
      cell: (group) => (
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <TextLink
            to="/o/$slug/settings/groups/$id"
            params={{ slug, id: group.id }}
            className="wrap-anywhere"
          >
            {group.name}
          </TextLink>
          {group.isDefault ? <Badge tone="accent">Default</Badge> : null}
          {group.managedBy === 'scim' ? <Badge tone="accent">SCIM</Badge> : null}
        </span>
      ),
    },
    { id: 'people', label: 'People', cell: ({ members }) => countWords(members) },
    { id: 'pools', label: 'Pools', cell: ({ pools }) => pools },
    {
      id: 'nested',
      label: 'Groups in it',
      className: 'hidden md:table-cell',
      cell: ({ nested }) => nested,
    },
    {
      id: 'updated',
      label: 'Last modified',
      className: 'hidden md:table-cell whitespace-nowrap',
      cell: ({ updatedAt }) => <Ago at={updatedAt} />,
    },
  ]
  return (
    <Page
      title="Groups"
      about="Groups gather people. Whoever is in a group reaches its pools; everyone is in the Default group."
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
        <Loaded from={groups} problemOf={asProblem}>
          {({ items, total }) =>
            items.length === 0 ? (
              <EmptyState
                icon={search ? <Search aria-hidden="true" /> : <UsersRound aria-hidden="true" />}
                title={search ? 'No group matches' : 'No groups yet'}
                about={
                  search
                    ? 'Check the spelling, or search for a part of the name.'
                    : 'Create a group for people who should reach the same pools.'
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
                label="Groups"
                columns={columns}
                rows={items}
                rowKey={({ id }) => id}
                busy={groups.isPlaceholderData}
                footer={
                  <Pager
                    page={page}
                    size={size}
                    total={total}
                    noun={total === 1 ? 'group' : 'groups'}
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
      {creating ? <CreateGroup onClose={() => setCreating(false)} /> : null}
    </Page>
  )
}

function CreateGroup({ onClose }: { onClose: () => void }) {
  const { api, key, slug } = useOrganisation()
  const client = useQueryClient()
  const navigate = route.useNavigate()
  const create = useMutation({
    mutationFn: api.createGroup,
    onSuccess: async ({ id, name }) => {
      await client.invalidateQueries({ queryKey: key('groups') })
      toast(`${name} created`)
      await navigate({ to: '/o/$slug/settings/groups/$id', params: { slug, id } })
    },
  })
  return (
    <NameDialog
      title="Create a group"
      about="Next you add people and choose the pools that they reach."
      verb="Create"
      busy={create.isPending}
      problem={create.error ? asProblem(create.error) : null}
      onName={(name) => create.mutate(name)}
      onClose={onClose}
    />
  )
}
