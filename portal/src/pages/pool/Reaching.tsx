import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UsersRound, X } from 'lucide-react'
import { useState } from 'react'
import type { PoolDetails, PoolPeople } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Button,
  Card,
  EmptyState,
  FilterBar,
  IconButton,
  Loaded,
  Pager,
  PickPeople,
  Section,
  StatusBadge,
  TextLink,
  toast,
  toastProblem,
} from '../../parts/index.ts'

const size = 10
type Reached = PoolPeople['items'][number]

/** Who reaches the pool now, each with every path. */
export function Reaching({ pool }: { pool: PoolDetails }) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const [search, setSearch] = useState<string>()
  const [page, setPage] = useState(0)
  const [adding, setAdding] = useState(false)
  const query = { search, page, size }
  const people = useQuery({
    queryKey: key('pools', pool.id, 'people', query),
    queryFn: () => api.poolPeople(pool.id, query),
    placeholderData: keepPreviousData,
  })
  const changed = () => client.invalidateQueries({ queryKey: key('pools') })
  const problem = (error: unknown) => toastProblem('Nothing has changed', asProblem(error).detail)
  const assign = useMutation({
    mutationFn: (id: string) => api.grantPool(id, pool.id),
    onSuccess: changed,
  })
  const revoke = useMutation({
    mutationFn: ({ id, directGrantId }: Reached) => api.removePoolGrant(id, directGrantId ?? ''),
    onSuccess: async (_, person) => {
      await changed()
      toast(`${nameOf(person)} is no longer assigned directly`, {
        undo: { label: 'Undo', act: () => assign.mutate(person.id, { onError: problem }) },
      })
    },
    onError: problem,
  })
  const assignButton = manages ? (
    <Button size="small" onClick={() => setAdding(true)}>
      Assign a person
    </Button>
  ) : null
  return (
    <Section
      id="reaching"
      title="Who reaches this pool"
      about="Everybody with a way to it, and which. Who is deactivated or held keeps the way and gets no access."
      action={assignButton}
    >
      <FilterBar
        search={{
          label: 'Search people of this pool',
          value: search,
          onSearch: (text) => {
            setPage(0)
            setSearch(text)
          },
        }}
      />
      <Card>
        <Loaded from={people} problemOf={asProblem}>
          {({ items, total, totalExact }) =>
            items.length === 0 ? (
              <EmptyState
                icon={<UsersRound aria-hidden="true" />}
                title={search ? 'No one matches' : 'Nobody reaches this pool yet'}
                about={
                  search
                    ? 'Check the spelling, or search for a part of the name.'
                    : 'Add a group, or assign a person directly.'
                }
                action={search ? null : assignButton}
              />
            ) : (
              <>
                <ul aria-label="Who reaches this pool" className="divide-y divide-line">
                  {items.map((person) => (
                    <Row
                      key={person.id}
                      person={person}
                      poolName={pool.name}
                      onRevoke={
                        manages && person.directGrantId ? () => revoke.mutate(person) : null
                      }
                    />
                  ))}
                </ul>
                <Pager
                  page={page}
                  size={size}
                  total={total}
                  totalExact={totalExact}
                  noun={total === 1 ? 'person' : 'people'}
                  onPage={setPage}
                />
              </>
            )
          }
        </Loaded>
      </Card>
      {adding ? (
        <Picker
          title={`Assign a person to ${pool.name}`}
          busy={assign.isPending}
          problem={assign.error ? asProblem(assign.error) : null}
          onPick={([person]) => {
            if (!person) return
            assign.mutate(person.id, {
              onSuccess: () => {
                setAdding(false)
                toast(`${nameOf(person)} reaches ${pool.name}`)
              },
            })
          }}
          onClose={() => {
            assign.reset()
            setAdding(false)
          }}
        />
      ) : null}
    </Section>
  )
}

function Row({
  person,
  poolName,
  onRevoke,
}: {
  person: Reached
  poolName: string
  onRevoke: (() => void) | null
}) {
  const { slug } = useOrganisation()
  return (
    <li className="flex min-h-13 items-start justify-between gap-4 px-5 py-3">
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <TextLink
            to="/o/$slug/settings/users/$id"
            params={{ slug, id: person.id }}
            className="wrap-anywhere"
          >
            {nameOf(person)}
          </TextLink>
          {person.status === 'active' && !person.held ? null : <StatusBadge person={person} />}
        </div>
        <ul className="mt-0.5 text-sm text-ink-2">
          {person.paths.map(({ sentence }) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </div>
      {onRevoke ? (
        <IconButton
          label={`Remove direct assignment of ${nameOf(person)} to ${poolName}`}
          onClick={onRevoke}
        >
          <X aria-hidden="true" />
        </IconButton>
      ) : null}
    </li>
  )
}

function nameOf({ firstName, lastName, email }: Pick<Reached, 'firstName' | 'lastName' | 'email'>) {
  return `${firstName} ${lastName}`.trim() || email
}

function Picker(
  props: Pick<
    Parameters<typeof PickPeople>[0],
    'title' | 'busy' | 'problem' | 'onPick' | 'onClose'
  >,
) {
  const { api, key } = useOrganisation()
  const [search, setSearch] = useState<string>()
  const query = { search, size: 8 }
  const people = useQuery({
    queryKey: key('users', 'pick', query),
    queryFn: ({ signal }) => api.users(query, signal),
    placeholderData: keepPreviousData,
  })
  return (
    <PickPeople
      {...props}
      many={false}
      verb="Assign"
      found={people.data?.items}
      failed={people.error ? asProblem(people.error) : null}
      search={search}
      onSearch={setSearch}
    />
  )
}
