import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserRoundCheck } from 'lucide-react'
import { useState } from 'react'
import type { Registration } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Button,
  Card,
  CopyField,
  EmptyState,
  Loaded,
  Pager,
  Section,
  ShownOnce,
  SkeletonRows,
  toast,
  toastProblem,
} from '../../parts/index.ts'

const size = 20

/** Registrants who are nobody here until a manager says so (SS-21). */
export function Waiting() {
  const { api, key } = useOrganisation()
  const [page, setPage] = useState(0)
  const [handOver, setHandOver] = useState<{ email: string; link: string }>()
  const waiting = useQuery({
    queryKey: key('registrations', 'waiting', page),
    queryFn: () => api.registrations({ state: 'waiting', page, size }),
    refetchInterval: 15_000,
  })
  return (
    <Section
      id="waiting"
      title="Waiting for approval"
      about="They have filled the form in and are nobody here yet. After 30 days they are forgotten."
    >
      <Card>
        <Loaded from={waiting} problemOf={asProblem} skeleton={<SkeletonRows rows={2} />}>
          {({ items, total, totalExact }) =>
            items.length === 0 ? (
              <EmptyState
                icon={<UserRoundCheck aria-hidden="true" />}
                title="Nobody is waiting"
                about="Share the link; whoever registers shows up here."
              />
            ) : (
              <>
                <ul className="divide-y divide-line">
                  {items.map((one) => (
                    <Entry
                      key={one.id}
                      registration={one}
                      onLink={(link) => setHandOver({ email: one.email, link })}
                    />
                  ))}
                </ul>
                {total > size ? (
                  <Pager
                    page={page}
                    size={size}
                    total={total}
                    totalExact={totalExact}
                    noun="registrations"
                    onPage={setPage}
                  />
                ) : null}
              </>
            )
          }
        </Loaded>
      </Card>
      {handOver ? (
        <ShownOnce
          title="Hand this link over"
          about={`No mail is sent here. Give the link to ${handOver.email} yourself: it works once and for 7 days, and is not shown again.`}
          keptWords="I have given it to the person"
          blockedBecause="Copy the link first, and tick the box."
          onClose={() => setHandOver(undefined)}
        >
          <CopyField label="Activation link" value={handOver.link} />
        </ShownOnce>
      ) : null}
    </Section>
  )
}

function Entry({
  registration,
  onLink,
}: {
  registration: Registration
  onLink: (link: string) => void
}) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: key('registrations') }),
      client.invalidateQueries({ queryKey: key('users') }),
    ])
  const approve = useMutation({
    mutationFn: () => api.approveRegistration(registration.id),
    onSuccess: async ({ activationLink }) => {
      if (activationLink) onLink(activationLink)
      else toast('Approved', { about: `${registration.email} gets a mail with the next step.` })
      await refresh()
    },
    onError: (error) => toastProblem('Still waiting', asProblem(error).detail),
  })
  const decline = useMutation({
    mutationFn: () => api.declineRegistration(registration.id),
    onSuccess: async () => {
      toast('Declined', { about: `${registration.email} is forgotten.` })
      await refresh()
    },
    onError: (error) => toastProblem('Still waiting', asProblem(error).detail),
  })
  const only = manages ? null : 'Only a manager can decide this.'
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 px-5 py-4 sm:px-6">
      <div className="min-w-0">
        <div className="font-medium">
          {registration.firstName} {registration.lastName}
        </div>
        <div className="text-ink-2 wrap-anywhere">{registration.email}</div>
        <div className="text-sm text-ink-3">
          Registered <Ago at={registration.createdAt} />; the address is not proved yet
        </div>
      </div>
      <div className="flex gap-2">
        <Button
          size="small"
          blockedBecause={only}
          busy={decline.isPending}
          onClick={() => decline.mutate()}
        >
          Decline
        </Button>
        <Button
          size="small"
          look="primary"
          blockedBecause={only}
          busy={approve.isPending}
          onClick={() => approve.mutate()}
        >
          Approve
        </Button>
      </div>
    </li>
  )
}
