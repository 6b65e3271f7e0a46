import { useQuery } from '@tanstack/react-query'
import { Rocket } from 'lucide-react'
import { useState } from 'react'
import type { ShadowSummary } from '../../../../../contract/src/index.ts'
import { asProblem, useHandOverPreview, useOrganisation } from '../../../client/index.ts'
import {
  Banner,
  Button,
  type ConfirmedHandOver,
  ConfirmHandOver,
  toast,
} from '../../../parts/index.ts'
import { countLosingAccess, groupsSentence, peopleSentence } from './summary.ts'
import { useShadowAct } from './useShadow.ts'

const number = new Intl.NumberFormat('en')

export function GoLive({
  summary,
  look = 'primary',
  blockedBecause,
  onDone,
}: {
  summary: ShadowSummary
  look?: 'primary' | 'secondary'
  blockedBecause: string | null
  onDone?: () => void
}) {
  const { api } = useOrganisation()
  const [asking, setAsking] = useState(false)
  const goLive = useShadowAct(api.goLive, () => {
    setAsking(false)
    toast('SCIM is live', { about: 'The differences are being brought to everybody.' })
    onDone?.()
  })
  return (
    <>
      <Button look={look} blockedBecause={blockedBecause} onClick={() => setAsking(true)}>
        <Rocket aria-hidden="true" />
        Go live
      </Button>
      {asking ? (
        <ConfirmGoLive
          summary={summary}
          busy={goLive.isPending}
          error={goLive.error}
          onConfirm={goLive.mutate}
          onClose={() => {
            goLive.reset()
            setAsking(false)
          }}
        />
      ) : null}
    </>
  )
}

/** Both halves of it: the change of the source, and what was rehearsed. */
function ConfirmGoLive({
  summary,
  ...dialog
}: {
  summary: ShadowSummary
  busy: boolean
  error: unknown
  onConfirm: (handOver: ConfirmedHandOver) => void
  onClose: () => void
}) {
  const { api, key } = useOrganisation()
  const login = useQuery({ queryKey: key('login-method'), queryFn: api.loginMethod })
  const losing = countLosingAccess(summary)
  return (
    <ConfirmHandOver
      {...dialog}
      from={useHandOverPreview({ source: 'scim' })}
      problemOf={asProblem}
      protocol={login.data?.value.oidc ? 'oidc' : 'saml'}
      title="Go live with SCIM?"
      about="SCIM becomes the source for the whole organisation, and the difference is brought to everybody at once."
      verb="Go live"
      follows="These figures are of the change of the source alone. Creating and inviting close, and profiles become read-only here."
      kept="Whom the shadow holds is taken over; everyone else is kept, managed in the portal."
    >
      <section aria-labelledby="go-live-difference" className="flex flex-col gap-1">
        <h3 id="go-live-difference" className="font-medium">
          The difference
        </h3>
        <ul className="text-ink-2">
          <li>{peopleSentence(summary)}</li>
          <li>{groupsSentence(summary)}</li>
        </ul>
      </section>
      {losing > 0 ? (
        <Banner
          tone="warn"
          title={
            losing === 1
              ? '1 person is deactivated or deleted'
              : `${number.format(losing)} people are deactivated or deleted`
          }
        >
          Whoever of them has access loses it at once. See who they are before you go on.
        </Banner>
      ) : null}
    </ConfirmHandOver>
  )
}
