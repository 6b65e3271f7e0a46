import { useQuery } from '@tanstack/react-query'
import { Link2 } from 'lucide-react'
import { useState } from 'react'
import type { Registration } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Badge,
  Card,
  type Column,
  EmptyState,
  Loaded,
  Moment,
  Pager,
  Section,
  Segmented,
  SkeletonRows,
  Table,
  TextLink,
} from '../../parts/index.ts'

const size = 10
type Shown = 'joined' | 'unproved'

/** Who came through which link, and when (SS-19). */
export function Came({ linkId }: { linkId: string }) {
  const { api, key } = useOrganisation()
  const [state, setState] = useState<Shown>('joined')
  const [page, setPage] = useState(0)
  const came = useQuery({
    queryKey: key('registrations', state, page),
    queryFn: () => api.registrations({ state, page, size }),
  })
  return (
    <Section
      id="came"
      title="Who came by the link"
      action={
        <Segmented
          label="Who to show"
          value={state}
          onChange={(next) => {
            setState(next)
            setPage(0)
          }}
          choices={[
            { value: 'joined', label: 'Joined' },
            { value: 'unproved', label: 'Not proved yet' },
          ]}
        />
      }
    >
      <Card>
        <Loaded from={came} problemOf={asProblem} skeleton={<SkeletonRows rows={3} />}>
          {({ items, total, totalExact }) =>
            items.length === 0 ? (
              <EmptyState
                icon={<Link2 aria-hidden="true" />}
                title={state === 'joined' ? 'Nobody has come yet' : 'Nobody is on the way'}
                about={
                  state === 'joined'
                    ? 'Share the link with your people. Whoever registers and proves the address is listed here.'
                    : 'People who registered and have not opened the link in their mailbox yet; after 7 days they vanish.'
                }
              />
            ) : (
              <Table
                label="People who came by the link"
                columns={columnsFor(linkId)}
                rows={items}
                rowKey={({ id }) => id}
                footer={
                  <Pager
                    page={page}
                    size={size}
                    total={total}
                    totalExact={totalExact}
                    noun="people"
                    onPage={setPage}
                  />
                }
              />
            )
          }
        </Loaded>
      </Card>
    </Section>
  )
}

function columnsFor(linkId: string): Column<Registration>[] {
  return [
    { id: 'person', label: 'Person', cell: (one) => <Person registration={one} /> },
    { id: 'link', label: 'Link', cell: (one) => <Through current={one.linkId === linkId} /> },
    { id: 'registered', label: 'Registered', cell: (one) => <Moment at={one.createdAt} /> },
    {
      id: 'joined',
      label: 'Address proved',
      cell: (one) => (one.joinedAt === null ? '–' : <Moment at={one.joinedAt} />),
    },
  ]
}

function Person({ registration: one }: { registration: Registration }) {
  const { slug } = useOrganisation()
  const name = `${one.firstName} ${one.lastName}`
  return (
    <div className="min-w-40">
      {one.userId ? (
        <TextLink to="/o/$slug/settings/users/$id" params={{ slug, id: one.userId }}>
          {name}
        </TextLink>
      ) : (
        name
      )}
      <div className="text-sm text-ink-3 wrap-anywhere">{one.email}</div>
    </div>
  )
}

function Through({ current }: { current: boolean }) {
  return (
    <Badge tone={current ? 'good' : 'neutral'}>{current ? 'This one' : 'An earlier one'}</Badge>
  )
}
