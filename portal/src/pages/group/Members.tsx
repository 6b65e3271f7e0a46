import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UsersRound, X } from 'lucide-react'
import { useState } from 'react'
import type { GroupDetails, GroupMembers } from '../../../../contract/src/index.ts'
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
type Member = GroupMembers['items'][number]

/** Who is in the group, of their own or through a group in it. */
export function Members({ group }: { group: GroupDetails }) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const [search, setSearch] = useState<string>()
  const [page, setPage] = useState(0)
  const [adding, setAdding] = useState(false)
  const query = { search, page, size }
  const members = useQuery({
    queryKey: key('groups', group.id, 'members', query),
    queryFn: () => api.members(group.id, query),
    placeholderData: keepPreviousData,
  })
  const changed = () => client.invalidateQueries({ queryKey: key('groups') })
  const problem = (error: unknown) => toastProblem('Nothing has changed', asProblem(error).detail)
  const add = useMutation({
    mutationFn: (ids: string[]) => api.addMembers(group.id, ids),
    onSuccess: async ({ items }) => {
      await changed()
      setAdding(false)
      const there = items.filter(({ status }) => status === 204).length
      toast(there === 1 ? '1 person is in the group' : `${there} people are in the group`)
    },
  })
  const restore = useMutation({
    mutationFn: (id: string) => api.addMember(group.id, id),
    onSuccess: changed,
    onError: problem,
  })
  const remove = useMutation({
    mutationFn: ({ id }: Member) => api.removeMember(group.id, id),
    onSuccess: async (_, member) => {
      await changed()
      toast(`${nameOf(member)} removed from ${group.name}`, {
        undo: { label: 'Undo', act: () => restore.mutate(member.id) },
      })
    },
    onError: problem,
  })
  const canChange = manages && !group.locked.members
  const addButton = canChange ? (
    <Button size="small" onClick={() => setAdding(true)}>
      Add people
    </Button>
  ) : null
  return (
    <Section id="members" title="People" action={addButton}>
      <FilterBar
        search={{
          label: 'Search members',
          value: search,
          onSearch: (text) => {
            setPage(0)
            setSearch(text)
          },
        }}
      />
      <Card>
        <Loaded from={members} problemOf={asProblem}>
          {({ items, total, totalExact }) =>
            items.length === 0 ? (
              <EmptyState
                icon={<UsersRound aria-hidden="true" />}
                title={search ? 'No one matches' : 'Nobody is in this group yet'}
                about={
                  search
                    ? 'Check the spelling, or search for a part of the name.'
                    : (group.locked.members ?? 'Add people, and they reach the pools of the group.')
                }
                action={search ? null : addButton}
              />
            ) : (
              <>
                <ul aria-label="Members" className="divide-y divide-line">
                  {items.map((member) => (
                    <Row
                      key={member.id}
                      member={member}
                      onRemove={canChange ? () => remove.mutate(member) : null}
                      groupName={group.name}
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
          title={`Add people to ${group.name}`}
          busy={add.isPending}
          problem={add.error ? asProblem(add.error) : null}
          onPick={(people) => add.mutate(people.map(({ id }) => id))}
          onClose={() => {
            add.reset()
            setAdding(false)
          }}
        />
      ) : null}
    </Section>
  )
}

function Row({
  member,
  groupName,
  onRemove,
}: {
  member: Member
  groupName: string
  onRemove: (() => void) | null
}) {
  const { slug } = useOrganisation()
  return (
    <li className="flex min-h-13 items-center justify-between gap-4 px-5 py-2.5">
      <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
        <TextLink
          to="/o/$slug/settings/users/$id"
          params={{ slug, id: member.id }}
          className="wrap-anywhere"
        >
          {nameOf(member)}
        </TextLink>
        <span className="min-w-0 truncate text-ink-2">{member.email}</span>
        {member.status === 'active' && !member.held ? null : <StatusBadge person={member} />}
        {member.inherited ? (
          <span className="text-sm text-ink-3">through {member.via.join(' and ')}</span>
        ) : null}
      </div>
      {onRemove && !member.inherited ? (
        <IconButton label={`Remove ${nameOf(member)} from ${groupName}`} onClick={onRemove}>
          <X aria-hidden="true" />
        </IconButton>
      ) : null}
    </li>
  )
}

function nameOf({ firstName, lastName, email }: Pick<Member, 'firstName' | 'lastName' | 'email'>) {
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
      many
      verb="Add"
      found={people.data?.items}
      failed={people.error ? asProblem(people.error) : null}
      search={search}
      onSearch={setSearch}
    />
  )
}
