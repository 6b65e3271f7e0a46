import { useInfiniteQuery } from '@tanstack/react-query'
import { ArrowRight, Equal } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ShadowDifferences } from '../../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../../client/index.ts'
import { Badge, Card, Feed, roleWords, TextLink } from '../../../parts/index.ts'
import type { Chosen } from './chosen.ts'
import { differences, fieldWords, listed } from './summary.ts'

type Entry = ShadowDifferences['items'][number]

/** While the first page alone is shown; what was read further down stays in its place. */
const refreshMs = 10_000

export function DifferenceList({ chosen, onClear }: { chosen: Chosen; onClear: () => void }) {
  const { api, key } = useOrganisation()
  const found = useInfiniteQuery({
    queryKey: key('shadow-differences', chosen),
    queryFn: ({ pageParam }) =>
      api.shadowDifferences({ ...chosen, ...(pageParam ? { after: pageParam } : {}) }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : refreshMs),
  })
  const nouns = chosen.kind === 'user' ? 'people' : 'groups'
  return (
    <Card>
      <Feed
        from={found}
        problemOf={asProblem}
        more="Load more"
        empty={{
          icon: <Equal aria-hidden="true" />,
          title: `No difference of ${nouns}`,
          about:
            'Going live would change nothing about them. Let your identity provider run its next cycle: what it does appears here.',
        }}
        noMatch={
          chosen.difference
            ? {
                title: `No ${nouns} of this kind`,
                about: 'The identity provider may have changed its mind meanwhile.',
                onClear,
              }
            : undefined
        }
      >
        {(entries) => (
          <ul aria-label={`Differences of ${nouns}`} className="divide-y divide-line">
            {entries.map((entry) => (
              <Row key={entry.id} entry={entry} />
            ))}
          </ul>
        )}
      </Feed>
    </Card>
  )
}

function Row({ entry }: { entry: Entry }) {
  const { difference, kind, label, name, isManager, fields, roles, members } = entry
  const { label: word, tone } = differences[difference]
  return (
    <li className="flex flex-col gap-2.5 px-4 py-4 sm:px-5">
      <div className="flex flex-col items-start gap-x-4 gap-y-1.5 sm:flex-row sm:justify-between">
        <div className="min-w-0">
          <h3 className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium wrap-anywhere">
            <Name entry={entry} />
            {isManager ? <Badge tone="accent">Manager</Badge> : null}
          </h3>
          {kind === 'user' && name ? <p className="text-ink-2 wrap-anywhere">{label}</p> : null}
        </div>
        <Badge tone={tone} dot>
          {word}
        </Badge>
      </div>
      <dl className="flex flex-col gap-1 text-sm empty:hidden">
        {fields.map(({ field, here, shadow }) => (
          <Line key={field} term={fieldWords(field)}>
            <Value text={here} says="here" />
            <ArrowRight className="size-3.5 shrink-0 text-ink-3" aria-hidden="true" />
            <span className="sr-only"> becomes </span>
            <Value text={shadow} says="in the shadow" />
          </Line>
        ))}
        <Names term="Gains" names={roles.gained.map(roleWords)} />
        <Names term="Loses" names={roles.lost.map(roleWords)} />
        <Names
          term={kind === 'user' ? 'Joins' : 'Members added'}
          names={members.added}
          total={members.addedTotal}
        />
        <Names
          term={kind === 'user' ? 'Leaves' : 'Members removed'}
          names={members.removed}
          total={members.removedTotal}
        />
      </dl>
    </li>
  )
}

/** Leads to whoever is here under this id. */
function Name({ entry: { id, kind, difference, name, label } }: { entry: Entry }) {
  const { slug } = useOrganisation()
  const shown = name || label
  if (difference === 'created' || difference === 'matched') return shown
  return kind === 'user' ? (
    <TextLink to="/o/$slug/settings/users/$id" params={{ slug, id }}>
      {shown}
    </TextLink>
  ) : (
    <TextLink to="/o/$slug/settings/groups/$id" params={{ slug, id }}>
      {shown}
    </TextLink>
  )
}

function Line({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap gap-x-3 sm:flex-nowrap">
      <dt className="w-full shrink-0 text-ink-3 wrap-anywhere sm:w-36">{term}</dt>
      <dd className="flex min-w-0 flex-wrap content-start items-center gap-x-2 text-ink wrap-anywhere">
        {children}
      </dd>
    </div>
  )
}

function Value({ text, says }: { text: string | null; says: string }) {
  if (text !== null) return <span className="min-w-0">{text}</span>
  return (
    <span className="text-ink-3">
      <span aria-hidden="true">—</span>
      <span className="sr-only">nothing {says}</span>
    </span>
  )
}

function Names({
  term,
  names,
  total = names.length,
}: {
  term: string
  names: string[]
  total?: number
}) {
  if (total === 0) return null
  return <Line term={term}>{listed(names, total)}</Line>
}
