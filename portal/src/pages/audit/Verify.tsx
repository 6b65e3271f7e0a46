import { useMutation } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import type { TrailVerified } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Banner, Button, CopyField, Dialog, ProblemBanner } from '../../parts/index.ts'

const number = new Intl.NumberFormat('en')
const eventsOf = (count: number) => (count === 1 ? '1 event' : `${number.format(count)} events`)

type Fault = NonNullable<TrailVerified['fault']>

/** "Verify": compares the trail with its seals, a stretch at a time, and says how far it is (AU-5). */
export function Verify() {
  const { api } = useOrganisation()
  const [compared, setCompared] = useState<number>()
  const verify = useMutation({
    mutationFn: async (): Promise<TrailVerified> => {
      let [seals, events, purged, after] = [0, 0, 0, 0]
      for (;;) {
        const next = await api.verifyTrail(after)
        seals += next.seals
        events += next.events
        purged += next.purged
        setCompared(events)
        if (next.next === null) return { ...next, seals, events, purged }
        after = next.next
      }
    },
  })
  const begin = () => {
    setCompared(0)
    verify.mutate()
  }
  const close = () => {
    setCompared(undefined)
    verify.reset()
  }
  const { data, error } = verify
  return (
    <>
      <Button onClick={begin}>
        <ShieldCheck aria-hidden="true" />
        Verify
      </Button>
      {compared === undefined ? null : (
        <Dialog
          open
          onClose={close}
          title="Is the trail as it was written?"
          about="Events are sealed a few minutes after they happen: each seal is signed, and tied to the one before."
          footer={
            <>
              {error ? <Button onClick={begin}>Try again</Button> : null}
              <Button look="primary" onClick={close}>
                Close
              </Button>
            </>
          }
        >
          <div className="flex flex-col gap-4">
            {error ? (
              <ProblemBanner problem={asProblem(error)} />
            ) : data?.fault ? (
              <Broken fault={data.fault} events={data.events} />
            ) : data ? (
              <Sound result={data} />
            ) : (
              <p role="status" className="text-ink-2 tabular-nums">
                {eventsOf(compared)} compared so far …
              </p>
            )}
          </div>
        </Dialog>
      )}
    </>
  )
}

function Sound({ result: { seals, events, purged, unsealed, head } }: { result: TrailVerified }) {
  const waiting = unsealed
    ? ` ${eventsOf(unsealed)} ${unsealed === 1 ? 'is' : 'are'} too new to be sealed.`
    : ''
  if (!head) {
    return (
      <Banner live title="Nothing is sealed yet">
        {waiting.trim()} Come back in a few minutes.
      </Banner>
    )
  }
  return (
    <>
      <Banner tone="good" live title="Nothing was altered, removed or added">
        {eventsOf(events)} in {seals === 1 ? '1 seal' : `${number.format(seals)} seals`} are as they
        were written.{waiting}
        {purged > 0 ? ` ${eventsOf(purged)} went when their time was over.` : ''}
      </Banner>
      <CopyField
        label="Newest seal"
        value={`${head.number} ${head.chain}`}
        help="Noted elsewhere, it shows later that nothing was cut off at the end."
      />
    </>
  )
}

const words: Record<Fault['kind'], string> = {
  altered: 'An event was altered',
  missing: 'An event is missing',
  added: 'An event was added later',
  seal_altered: 'A seal was altered, or signed by another key',
  seal_missing: 'A seal is missing',
}

function Broken({ fault: { kind, eventId, seal }, events }: { fault: Fault; events: number }) {
  return (
    <>
      <Banner tone="bad" live title={words[kind]}>
        {events === 0
          ? 'It is at the very beginning.'
          : `${eventsOf(events)} before it are as they were written.`}{' '}
        Somebody changed the database past Usher. Ask the operator for a backup to compare with.
      </Banner>
      {eventId ? <CopyField label="First event that is not as it was" value={eventId} /> : null}
      <CopyField label="In seal" value={String(seal)} />
    </>
  )
}
