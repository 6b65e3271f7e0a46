import { useQuery } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import { useId, useState } from 'react'
import type { SimulatedCall, SimulationView } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  AnswerBadge,
  addressOf,
  Badge,
  Card,
  Code,
  classes,
  Loaded,
  MethodBadge,
  SkeletonRows,
} from '../../parts/index.ts'

type Run = NonNullable<SimulationView['run']>

/** The latest phase on top and open, and its calls in the order in which they were sent. */
export function Transcript({ run }: { run: Run }) {
  const phases = run.phases.map((says, phase) => ({
    says,
    phase,
    calls: run.calls.filter((call) => call.phase === phase),
  }))
  return (
    <div className="flex flex-col gap-3">
      {phases.toReversed().map(({ says, phase, calls }) => (
        <Card key={`${run.provider} ${phase}`}>
          <details open={phase === run.phases.length - 1} className="group">
            <summary className="flex list-none items-center gap-3 rounded-xl px-4 py-3.5 hover:bg-hover/60 sm:px-5 [&::-webkit-details-marker]:hidden">
              <ChevronRight
                className="size-4 shrink-0 text-ink-3 transition-transform group-open:rotate-90"
                aria-hidden="true"
              />
              <span className="min-w-0 flex-1 font-medium">{says}</span>
              <Badge>{calls.length === 1 ? '1 call' : `${calls.length} calls`}</Badge>
            </summary>
            {calls.length === 0 ? (
              <p className="border-t border-line px-5 py-3 text-ink-2">
                {run.label} sends nothing about this.
              </p>
            ) : (
              <ol aria-label={says} className="divide-y divide-line border-t border-line">
                {calls.map((call) => (
                  <Call key={call.number} call={call} />
                ))}
              </ol>
            )}
          </details>
        </Card>
      ))}
    </div>
  )
}

function Call({ call }: { call: SimulatedCall }) {
  const [open, setOpen] = useState(false)
  const id = useId()
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="flex w-full items-start gap-3 px-4 py-2.5 text-left transition-colors hover:bg-hover/60 sm:px-5"
      >
        <ChevronRight
          className={classes(
            'mt-0.5 size-4 shrink-0 text-ink-3 transition-transform',
            open && 'rotate-90',
          )}
          aria-hidden="true"
        />
        <span className="grid min-w-0 flex-1 gap-x-4 gap-y-1 md:grid-cols-[minmax(0,1fr)_auto]">
          <span className="min-w-0">
            <span className="block font-medium wrap-anywhere">{call.title}</span>
            <span className="mt-1 flex min-w-0 items-center gap-2">
              <MethodBadge method={call.method} />
              <span className="sr-only">{call.method}</span>
              <span className="min-w-0 truncate font-mono text-xs/5 text-ink-2">
                {addressOf(call.path)}
              </span>
            </span>
          </span>
          <span className="flex min-w-0 flex-col items-start gap-1 md:max-w-80 md:items-end md:text-right">
            <AnswerBadge status={call.status} />
            <span className="text-sm text-ink-2 wrap-anywhere">{call.meaning}</span>
          </span>
        </span>
      </button>
      {open ? (
        <div id={id} className="bg-sunken/60 px-4 pt-2 pb-4 sm:px-5 sm:pl-12">
          <Bodies call={call} />
        </div>
      ) : null}
    </li>
  )
}

function Bodies({ call }: { call: SimulatedCall }) {
  const { api, key } = useOrganisation()
  const details = useQuery({
    queryKey: key('simulation', 'call', call.number, call.title),
    queryFn: () => api.simulatedCall(call.number),
  })
  return (
    <Loaded from={details} problemOf={asProblem} skeleton={<SkeletonRows rows={1} />}>
      {({ request, response }) => (
        <div className="flex flex-col gap-2.5">
          {call.asExpected ? null : (
            <p className="text-sm font-medium text-warn">
              The identity provider did not count on this answer; a real one would show an error.
            </p>
          )}
          {request ? (
            <Code title="What was asked" text={request} of="request body" open />
          ) : (
            <p className="text-sm text-ink-3">Nothing in the body of the request.</p>
          )}
          {response ? (
            <Code title="What was answered" text={response} of="response body" open />
          ) : (
            <p className="text-sm text-ink-3">Nothing in the body of the answer.</p>
          )}
        </div>
      )}
    </Loaded>
  )
}
