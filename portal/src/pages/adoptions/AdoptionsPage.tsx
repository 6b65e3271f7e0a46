import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserRoundCheck } from 'lucide-react'
import { useState } from 'react'
import type { Adoption } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  BareCheckbox,
  Button,
  Card,
  Checkbox,
  Dialog,
  EmptyState,
  KeyValue,
  Loaded,
  Page,
  ProblemBanner,
  Risk,
  SkeletonRows,
  TextLink,
  toast,
  toastProblem,
} from '../../parts/index.ts'
import { Together } from './Together.tsx'

/** As many as the server takes at a time (JI-20). */
const chosenAtMost = 200

export function AdoptionsPage() {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const adoptions = useQuery({ queryKey: key('adoptions'), queryFn: api.adoptions })
  // What somebody else decided meanwhile is chosen no longer.
  const items = adoptions.data?.items ?? []
  const chosen = items.filter(({ id }) => ids.has(id)).slice(0, chosenAtMost)
  const choose = (entries: Adoption[], on: boolean) =>
    setIds(
      new Set(
        items.filter((one) => (entries.includes(one) ? on : ids.has(one.id))).map(({ id }) => id),
      ),
    )
  const all = chosen.length > 0 && chosen.length === Math.min(items.length, chosenAtMost)
  return (
    <Page
      title="Adoption queue"
      about="Someone signed in through SSO with the e-mail of a person who is already here. Nothing is linked until a manager says that they are the same."
    >
      <Together
        chosen={chosen}
        onClear={() => setIds(new Set())}
        onDone={() =>
          Promise.all([
            client.invalidateQueries({ queryKey: key('adoptions') }),
            client.invalidateQueries({ queryKey: key('users') }),
          ])
        }
      />
      <Card>
        {manages && items.length > 1 ? (
          <div className="border-b border-line px-5 py-3">
            <Checkbox label="Choose all" checked={all} onChange={(on) => choose(items, on)} />
          </div>
        ) : null}
        <Loaded from={adoptions} problemOf={asProblem} skeleton={<SkeletonRows rows={3} />}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState
                icon={<UserRoundCheck aria-hidden="true" />}
                title="Nobody is waiting"
                about="When an SSO sign-in matches an existing person whose domain is not verified, the match waits here for you."
              />
            ) : (
              <ul className="divide-y divide-line">
                {items.map((adoption) => (
                  <Entry
                    key={adoption.id}
                    adoption={adoption}
                    chosen={ids.has(adoption.id)}
                    onChoose={(on) => choose([adoption], on)}
                  />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

function Entry({
  adoption,
  chosen,
  onChoose,
}: {
  adoption: Adoption
  chosen: boolean
  onChoose: (on: boolean) => void
}) {
  const { api, key, slug, manages } = useOrganisation()
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: key('adoptions') }),
      client.invalidateQueries({ queryKey: key('users') }),
    ])
  const approve = useMutation({
    mutationFn: () => api.approveAdoption(adoption.id),
    onSuccess: async () => {
      setAsked(false)
      toast('Approved', { about: `${adoption.email} can sign in through SSO now.` })
      await refresh()
    },
  })
  const decline = useMutation({
    mutationFn: () => api.declineAdoption(adoption.id),
    onSuccess: async () => {
      toast('Declined', { about: `${adoption.email} stays as it was.` })
      await refresh()
    },
    onError: (error) => toastProblem('Still in the queue', asProblem(error).detail),
  })
  const only = manages ? null : 'Only a manager can decide this.'
  return (
    <li className="flex flex-col gap-3 px-5 py-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-2">
            {manages ? (
              <BareCheckbox
                label={`Choose ${adoption.name}`}
                checked={chosen}
                onChange={onChoose}
              />
            ) : null}
            <TextLink to="/o/$slug/settings/users/$id" params={{ slug, id: adoption.userId }}>
              {adoption.name}
            </TextLink>
            <Risk risk={adoption.risk} />
          </div>
          <div className="text-ink-2 wrap-anywhere">{adoption.email}</div>
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
          <Button size="small" look="primary" blockedBecause={only} onClick={() => setAsked(true)}>
            Approve
          </Button>
        </div>
      </div>
      <p className="text-ink-2">{adoption.reason}</p>
      <p className="text-sm text-ink-3">
        {adoption.attempts === 1 ? '1 attempt' : `${adoption.attempts} attempts`}, last{' '}
        <Ago at={adoption.lastAttemptAt} />
      </p>
      <Dialog
        open={asked}
        onClose={() => setAsked(false)}
        title="Are they the same person?"
        about={`From then on this sign-in opens the account of ${adoption.name}, with everything it reaches.`}
        footer={
          <>
            <Button look="ghost" onClick={() => setAsked(false)}>
              Cancel
            </Button>
            <Button look="primary" busy={approve.isPending} onClick={() => approve.mutate()}>
              Approve
            </Button>
          </>
        }
      >
        <div className="flex flex-col gap-4">
          {approve.error ? <ProblemBanner problem={asProblem(approve.error)} /> : null}
          <KeyValue
            rows={[
              { label: 'E-mail', value: adoption.email },
              {
                label: 'Identity provider',
                value: <span className="font-mono text-sm">{adoption.issuer}</span>,
              },
              {
                label: 'Subject',
                value: <span className="font-mono text-sm">{adoption.subject}</span>,
              },
              { label: 'First attempt', value: <Ago at={adoption.createdAt} /> },
            ]}
          />
        </div>
      </Dialog>
    </li>
  )
}
