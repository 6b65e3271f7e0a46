import { useMutation } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useState } from 'react'
import type { Adoption, UserResults } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Banner, Button, Dialog, ProblemBanner, Risk, toast } from '../../parts/index.ts'

type Act = 'approve' | 'decline'
const words = {
  approve: {
    verb: 'Approve',
    past: 'approved',
    title: 'Is each of them the same person?',
    about: 'From then on these sign-ins open the accounts, with everything that they reach.',
  },
  decline: {
    verb: 'Decline',
    past: 'declined',
    title: 'Decline these?',
    about: 'The accounts stay as they were, and these sign-ins do not open them.',
  },
}

/** What is decided about everything that is chosen, with what came of each (JI-20). */
export function Together({
  chosen,
  onClear,
  onDone,
}: {
  chosen: Adoption[]
  onClear: () => void
  onDone: () => Promise<unknown>
}) {
  const { api } = useOrganisation()
  const [asked, setAsked] = useState<{ act: Act; entries: Adoption[] } | null>(null)
  const [left, setLeft] = useState<UserResults['items']>([])
  const decide = useMutation({
    mutationFn: ({ act, entries }: { act: Act; entries: Adoption[] }) =>
      api.decideAdoptions(
        act,
        entries.map(({ id }) => id),
      ),
    onSuccess: async ({ items }, { act }) => {
      const refused = items.filter(({ status }) => status !== 204)
      setLeft(refused)
      setAsked(null)
      toast(`${items.length - refused.length} ${words[act].past}`)
      onClear()
      await onDone()
    },
  })
  return (
    <>
      {left.length > 0 ? (
        <Banner
          tone="warn"
          live
          title={`${left.length} could not be decided`}
          action={
            <Button size="small" look="ghost" onClick={() => setLeft([])}>
              Dismiss
            </Button>
          }
        >
          {left[0]?.detail} Somebody else may have decided meanwhile.
        </Banner>
      ) : null}
      {chosen.length > 0 ? (
        <div className="sticky top-17 z-20 flex flex-wrap items-center justify-between gap-3 rounded-xl bg-raised px-4 py-2.5 shadow-float">
          <p role="status" className="font-medium">
            {chosen.length} chosen
          </p>
          <div className="flex flex-wrap gap-2">
            <Button look="ghost" size="small" onClick={onClear}>
              <X aria-hidden="true" />
              Choose nobody
            </Button>
            <Button size="small" onClick={() => setAsked({ act: 'decline', entries: chosen })}>
              Decline
            </Button>
            <Button
              size="small"
              look="primary"
              onClick={() => setAsked({ act: 'approve', entries: chosen })}
            >
              Approve
            </Button>
          </div>
        </div>
      ) : null}
      {asked ? (
        <Dialog
          open
          onClose={() => setAsked(null)}
          title={words[asked.act].title}
          about={words[asked.act].about}
          footer={
            <>
              <Button look="ghost" onClick={() => setAsked(null)}>
                Cancel
              </Button>
              <Button look="primary" busy={decide.isPending} onClick={() => decide.mutate(asked)}>
                {words[asked.act].verb} {asked.entries.length}
              </Button>
            </>
          }
        >
          <div className="flex flex-col gap-4">
            {decide.error ? <ProblemBanner problem={asProblem(decide.error)} /> : null}
            <ul className="max-h-72 divide-y divide-line overflow-y-auto">
              {asked.entries.map((entry) => (
                <li key={entry.id} className="flex items-center justify-between gap-3 py-2">
                  <span className="min-w-0">
                    <span className="block font-medium text-ink">{entry.name}</span>
                    <span className="block text-sm text-ink-3 wrap-anywhere">{entry.email}</span>
                  </span>
                  <Risk risk={entry.risk} />
                </li>
              ))}
            </ul>
          </div>
        </Dialog>
      ) : null}
    </>
  )
}
