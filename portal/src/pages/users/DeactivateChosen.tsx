import { useMutation } from '@tanstack/react-query'
import { Ban, X } from 'lucide-react'
import { useState } from 'react'
import type { DisabledUsers } from '../../../../contract/src/index.ts'
import { asProblem, type Seen, useOrganisation } from '../../client/index.ts'
import { Banner, Button, CheckList, Dialog, ProblemBanner, Scroller } from '../../parts/index.ts'
import { chosenAtMost } from './selection.ts'

type Done = Seen<typeof DisabledUsers>['items']

/** What is done with everybody who is chosen, and what came of it for each (SC-20, US-16). */
export function DeactivateChosen({
  ids,
  nameOf,
  onClear,
  onDone,
}: {
  ids: ReadonlySet<string>
  nameOf: (id: string) => string
  onClear: () => void
  onDone: () => Promise<void>
}) {
  const { api } = useOrganisation()
  const [asking, setAsking] = useState(false)
  const count = ids.size === 1 ? '1 person' : `${ids.size} people`
  const deactivate = useMutation({
    mutationFn: () => api.disableUsers([...ids]),
    onSuccess: onDone,
  })
  const done = deactivate.data?.items
  const close = () => {
    setAsking(false)
    if (done) onClear()
    deactivate.reset()
  }
  if (ids.size === 0) return null
  return (
    <div className="sticky top-17 z-20 flex flex-wrap items-center justify-between gap-3 rounded-xl bg-raised px-4 py-2.5 shadow-float">
      <p role="status" className="font-medium">
        {count} chosen
      </p>
      <div className="flex flex-wrap gap-2">
        <Button look="ghost" size="small" onClick={onClear}>
          <X aria-hidden="true" />
          Choose nobody
        </Button>
        <Button
          look="danger"
          size="small"
          blockedBecause={
            ids.size > chosenAtMost ? `At most ${chosenAtMost} people at a time.` : null
          }
          onClick={() => setAsking(true)}
        >
          <Ban aria-hidden="true" />
          Deactivate
        </Button>
      </div>
      {asking ? (
        <Dialog
          open
          onClose={close}
          title={done ? 'What came of it' : `Deactivate ${count}?`}
          about={
            done
              ? undefined
              : 'Their sessions, keys and temporary access end at once. Roles, groups, pools and history stay, and you can enable each of them again.'
          }
          footer={
            done ? (
              <Button look="primary" onClick={close}>
                Done
              </Button>
            ) : (
              <>
                <Button look="ghost" onClick={close}>
                  Cancel
                </Button>
                <Button
                  look="danger"
                  busy={deactivate.isPending}
                  onClick={() => deactivate.mutate()}
                >
                  Deactivate
                </Button>
              </>
            )
          }
        >
          {done ? (
            <Outcome items={done} nameOf={nameOf} />
          ) : deactivate.error ? (
            <ProblemBanner problem={asProblem(deactivate.error)} />
          ) : null}
        </Dialog>
      ) : null}
    </div>
  )
}

function Outcome({ items, nameOf }: { items: Done; nameOf: (id: string) => string }) {
  const refused = items.filter(({ status }) => status >= 300)
  const good = items.length - refused.length
  return (
    <div className="flex flex-col gap-4">
      <Banner tone={refused.length > 0 ? 'warn' : 'good'} live>
        {refused.length === 0
          ? `All ${good === 1 ? 'is' : `${good} are`} deactivated.`
          : `${good} deactivated, ${refused.length} not. The reason stands beside each.`}
      </Banner>
      <Scroller label="Result per person" className="max-h-80 overflow-y-auto">
        <CheckList
          label="Result per person"
          checks={items
            .toSorted((a, b) => b.status - a.status)
            .map(({ id, status, detail }) => ({
              id,
              state: status < 300 ? ('done' as const) : ('failed' as const),
              title: nameOf(id),
              about: status < 300 ? 'Deactivated' : detail,
            }))}
        />
      </Scroller>
    </div>
  )
}
