import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Pencil, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import type { PoolDetails } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation, type Versioned } from '../../client/index.ts'
import {
  AddMenu,
  Badge,
  Button,
  Card,
  Confirm,
  countWords,
  IconButton,
  Loaded,
  Menu,
  MenuItem,
  MenuSeparator,
  NameDialog,
  Origin,
  Page,
  roleWords,
  Section,
  SkeletonRows,
  TextLink,
  toast,
  toastProblem,
} from '../../parts/index.ts'
import { Reaching } from './Reaching.tsx'

const route = getRouteApi('/o/$slug/settings/pools/$id')

export function PoolPage() {
  const { id } = route.useParams()
  const { api, key } = useOrganisation()
  const pool = useQuery({ queryKey: key('pools', id), queryFn: () => api.pool(id) })
  return (
    <Loaded from={pool} problemOf={asProblem} skeleton={<Loading />}>
      {(seen) => <Details key={id} seen={seen} />}
    </Loaded>
  )
}

function Loading() {
  return (
    <Page title="Pool">
      <Card>
        <SkeletonRows />
      </Card>
    </Page>
  )
}

function Details({ seen }: { seen: Versioned<PoolDetails> }) {
  const pool = seen.value
  const { slug, manages } = useOrganisation()
  const [asked, setAsked] = useState<'rename' | 'delete' | null>(null)
  const close = () => setAsked(null)
  return (
    <Page
      title={pool.name}
      about={
        <span className="flex flex-wrap items-center gap-2">
          <TextLink to="/o/$slug/settings/pools" params={{ slug }}>
            Pools
          </TextLink>
          {pool.isDefault ? <Badge tone="accent">Default</Badge> : null}
          {pool.roles.length > 0 ? <span>Whoever reaches it is</span> : null}
          {pool.roles.map((role) => (
            <Badge key={role}>{roleWords(role)}</Badge>
          ))}
        </span>
      }
      action={
        manages ? (
          <Menu trigger={<Button>Actions</Button>}>
            <MenuItem icon={<Pencil aria-hidden="true" />} onSelect={() => setAsked('rename')}>
              Rename
            </MenuItem>
            <MenuSeparator />
            <MenuItem
              icon={<Trash2 aria-hidden="true" />}
              danger
              because={pool.isDefault ? 'The Default pool cannot be deleted.' : null}
              onSelect={() => setAsked('delete')}
            >
              Delete pool
            </MenuItem>
          </Menu>
        ) : null
      }
    >
      <Groups pool={pool} />
      <Reaching pool={pool} />
      {asked === 'rename' ? <Rename seen={seen} onClose={close} /> : null}
      {asked === 'delete' ? <Delete pool={pool} onClose={close} /> : null}
    </Page>
  )
}

/** The groups whose people all reach it. */
function Groups({ pool }: { pool: PoolDetails }) {
  const { api, key, slug, manages } = useOrganisation()
  const client = useQueryClient()
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups, enabled: manages })
  const changed = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: key('groups') }),
      client.invalidateQueries({ queryKey: key('pools') }),
    ])
  const problem = (error: unknown) => toastProblem('Nothing has changed', asProblem(error).detail)
  const grant = useMutation({
    mutationFn: (groupId: string) => api.grantToGroup(groupId, pool.id),
    onSuccess: changed,
    onError: problem,
  })
  const revoke = useMutation({
    mutationFn: ({ groupId, id }: PoolDetails['groupGrants'][number]) =>
      api.revokeFromGroup(groupId, id),
    onSuccess: async (_, { groupId, groupName }) => {
      await changed()
      toast(`${groupName} no longer reaches ${pool.name}`, {
        undo: { label: 'Undo', act: () => grant.mutate(groupId) },
      })
    },
    onError: problem,
  })
  const others = (groups.data?.items ?? []).filter(
    ({ id }) => !pool.groupGrants.some(({ groupId }) => groupId === id),
  )
  return (
    <Section
      id="groups"
      title="Groups"
      about="Everybody in these groups reaches the pool."
      action={
        manages ? (
          <AddMenu
            label="Add a group"
            choices={others}
            onAdd={(id) =>
              grant.mutate(id, { onSuccess: () => toast('The group reaches the pool') })
            }
          />
        ) : null
      }
    >
      <Card>
        {pool.groupGrants.length === 0 ? (
          <p className="px-5 py-4 text-ink-2">
            No group reaches this pool yet{manages ? '. Add one.' : '.'}
          </p>
        ) : (
          <ul aria-label="Groups that reach it" className="divide-y divide-line">
            {pool.groupGrants.map((one) => (
              <li
                key={one.id}
                className="flex min-h-13 items-center justify-between gap-4 px-5 py-2.5"
              >
                <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
                  <TextLink
                    to="/o/$slug/settings/groups/$id"
                    params={{ slug, id: one.groupId }}
                    className="wrap-anywhere"
                  >
                    {one.groupName}
                  </TextLink>
                  <Badge>{roleWords(one.role)}</Badge>
                  <Origin provenance={one.provenance} />
                </div>
                {one.locked ? (
                  <span className="text-right text-sm text-ink-3">Always</span>
                ) : manages ? (
                  <IconButton
                    label={`Take ${pool.name} from ${one.groupName}`}
                    onClick={() => revoke.mutate(one)}
                  >
                    <X aria-hidden="true" />
                  </IconButton>
                ) : null}
              </li>
            ))}
          </ul>
        )}
      </Card>
    </Section>
  )
}

function Rename({ seen, onClose }: { seen: Versioned<PoolDetails>; onClose: () => void }) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const { id, name } = seen.value
  const rename = useMutation({
    mutationFn: (wanted: string) => api.changePool(id, { name: wanted }, seen.etag),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: key('pools') })
      toast('Pool renamed')
      onClose()
    },
  })
  return (
    <NameDialog
      title={`Rename ${name}`}
      verb="Rename"
      value={name}
      busy={rename.isPending}
      problem={rename.error ? asProblem(rename.error) : null}
      onName={(wanted) => rename.mutate(wanted)}
      onClose={onClose}
    />
  )
}

function Delete({ pool, onClose }: { pool: PoolDetails; onClose: () => void }) {
  const { api, key, slug } = useOrganisation()
  const client = useQueryClient()
  const navigate = useNavigate()
  const people = useQuery({
    queryKey: key('pools', pool.id, 'people', 'count'),
    queryFn: () => api.poolPeople(pool.id, { size: 1 }),
  })
  const remove = useMutation({
    mutationFn: () => api.removePool(pool.id),
    onSuccess: async () => {
      await navigate({ to: '/o/$slug/settings/pools', params: { slug } })
      client.removeQueries({ queryKey: key('pools', pool.id) })
      await client.invalidateQueries({ queryKey: key('pools') })
      toast(`${pool.name} deleted`)
    },
  })
  const count = people.data
    ? { count: people.data.total, exact: people.data.totalExact }
    : undefined
  const who = count ? (count.count === 1 ? '1 person' : `${countWords(count)} people`) : 'People'
  return (
    <Confirm
      title={`Delete ${pool.name}?`}
      about={`${who} who can reach it lose that at once, with the roles they have on it. This cannot be undone.`}
      verb="Delete pool"
      busy={remove.isPending}
      problem={remove.error ? asProblem(remove.error) : null}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  )
}
