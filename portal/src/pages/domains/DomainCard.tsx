import { useMutation, useQueryClient } from '@tanstack/react-query'
import { RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Domain, DomainState } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Banner,
  Button,
  Card,
  IconButton,
  onDate,
  type Tone,
  toastProblem,
} from '../../parts/index.ts'
import { Found } from './Found.tsx'
import { RecordToSet } from './RecordToSet.tsx'
import { RemoveDomain } from './RemoveDomain.tsx'

const looks: Record<DomainState, { label: string; tone: Tone }> = {
  waiting: { label: 'Waiting for proof', tone: 'neutral' },
  verified: { label: 'Verified', tone: 'good' },
  lapsing: { label: 'Proof missing', tone: 'warn' },
  lapsed: { label: 'Lapsed', tone: 'bad' },
}

/** One domain: where it stands, what to do about it, and what the last look found. */
export function DomainCard({ domain, open }: { domain: Domain; open: boolean }) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const [removing, setRemoving] = useState(false)
  const [shown, setShown] = useState(open || domain.state !== 'verified')
  const check = useMutation({
    mutationFn: () => api.verifyDomain(domain.name),
    onSuccess: (looked) => {
      if (looked.state === 'verified') setShown(false)
      return client.invalidateQueries({ queryKey: key('domains') })
    },
    onError: (error) => toastProblem('Not looked up', asProblem(error).detail),
  })
  const { label, tone } = looks[domain.state]
  const looked = domain.proof === 'dns'
  const only = manages ? null : 'Only a manager can do this.'
  return (
    <Card className="flex flex-col gap-4 p-5 sm:p-6">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <h2 className="text-base font-semibold wrap-anywhere">{domain.shown}</h2>
            <Badge tone={tone} dot>
              {label}
            </Badge>
          </div>
          <p className="text-sm text-ink-3 wrap-anywhere">
            {domain.shown === domain.name ? null : `${domain.name} · `}
            <Standing domain={domain} />
          </p>
        </div>
        <div className="flex items-center gap-2">
          {looked && domain.state === 'verified' ? (
            <Button
              size="small"
              look="ghost"
              aria-expanded={shown}
              onClick={() => setShown(!shown)}
            >
              {shown ? 'Hide the record' : 'Show the record'}
            </Button>
          ) : null}
          {looked ? (
            <Button
              size="small"
              blockedBecause={only}
              busy={check.isPending}
              aria-label={`Check now: ${domain.shown}`}
              onClick={() => check.mutate()}
            >
              {check.isPending ? null : <RefreshCw aria-hidden="true" />}
              Check now
            </Button>
          ) : null}
          {manages ? (
            <IconButton label={`Remove ${domain.shown}`} onClick={() => setRemoving(true)}>
              <Trash2 aria-hidden="true" />
            </IconButton>
          ) : null}
        </div>
      </div>
      <Warning domain={domain} />
      {looked && shown ? <RecordToSet domain={domain} /> : null}
      <div role="status" className="empty:hidden">
        {looked && domain.check && (domain.state !== 'verified' || check.isSuccess) ? (
          <Found check={domain.check} />
        ) : null}
      </div>
      <RemoveDomain domain={domain} open={removing} onClose={() => setRemoving(false)} />
    </Card>
  )
}

function Standing({ domain }: { domain: Domain }) {
  if (domain.proof === 'operator') {
    return 'The operator of this installation vouches for it; it is not looked up.'
  }
  if (domain.verifiedAt === null) {
    return (
      <>
        Added <Ago at={domain.createdAt} />
      </>
    )
  }
  return (
    <>
      Proved on {onDate(domain.verifiedAt)}
      {domain.check ? (
        <>
          , looked up <Ago at={domain.check.at} />
        </>
      ) : null}
    </>
  )
}

function Warning({ domain: { state, lapsesAt } }: { domain: Domain }) {
  if (state === 'lapsing' && lapsesAt !== null) {
    return (
      <Banner tone="warn" title={`Put the record back before ${onDate(lapsesAt)}`}>
        Until then everything goes on as before. After that, people who are here already wait in the
        adoption queue at their first single sign-on. Whoever is linked stays linked.
      </Banner>
    )
  }
  if (state === 'lapsed') {
    return (
      <Banner tone="bad" title="This domain links nobody any more">
        Whoever is linked stays linked; new matches wait in the adoption queue. Put the record back
        to have it count again.
      </Banner>
    )
  }
  return null
}
