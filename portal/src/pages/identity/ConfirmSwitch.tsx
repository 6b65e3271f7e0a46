import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { LoginMethodPreview } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Banner,
  Button,
  Dialog,
  ErrorState,
  Figures,
  FiguresWaiting,
  methodWords,
  ProblemBanner,
} from '../../parts/index.ts'
import { type Draft, settingsOf } from './draft.ts'
import { nobody, type Ticks } from './ticks.ts'
import { WaitingPeople } from './WaitingPeople.tsx'

const number = new Intl.NumberFormat('en')

/** Who is affected by a switch of the login method, before it happens (LM-10). */
export function ConfirmSwitch({
  draft,
  first,
  busy,
  error,
  onConfirm,
  onClose,
}: {
  draft: Draft
  /** No method has been chosen before. */
  first: boolean
  busy: boolean
  error: unknown
  onConfirm: (ticks: Ticks, links: number) => void
  onClose: () => void
}) {
  const { api, key } = useOrganisation()
  const [ticks, setTicks] = useState(nobody)
  const { method } = draft
  const settings = settingsOf(draft)
  const preview = useQuery({
    queryKey: key('login-method', 'preview', method, settings),
    queryFn: () => api.previewLoginMethod({ method: method ?? '', ...settings }),
    gcTime: 0,
    staleTime: 0,
  })
  const takesNothing = first && method === 'password'
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`${first ? 'Sign in by' : 'Switch to'} ${method ? methodWords[method] : ''}?`}
      about={
        takesNothing
          ? 'From now on this is the one way to sign in.'
          : 'It takes effect for everyone at once. This is who is affected.'
      }
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="primary"
            busy={busy}
            disabled={!preview.data}
            onClick={() => onConfirm(ticks, preview.data?.linksToHandOver ?? 0)}
          >
            Save
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {error && !busy ? <ProblemBanner problem={asProblem(error)} /> : null}
        {preview.data && takesNothing ? (
          <NothingTaken preview={preview.data} />
        ) : preview.data ? (
          <>
            <Affected preview={preview.data} />
            {preview.data.waiting.people.length > 0 ? (
              <WaitingPeople waiting={preview.data.waiting} ticks={ticks} onTick={setTicks} />
            ) : null}
            <WithoutCredential preview={preview.data} />
          </>
        ) : preview.error ? (
          <ErrorState problem={asProblem(preview.error)} onRetry={() => void preview.refetch()} />
        ) : (
          <FiguresWaiting />
        )}
      </div>
    </Dialog>
  )
}

/** LM-3: the first choice of the password leaves everyone as they are. */
function NothingTaken({ preview }: { preview: LoginMethodPreview }) {
  return (
    <>
      <p className="text-ink-2">
        Nothing changes for those who have a password: they keep it, nobody shows as Pending, and
        nobody is signed out.
      </p>
      <WithoutCredential preview={preview} />
    </>
  )
}

function Affected({ preview }: { preview: LoginMethodPreview }) {
  const figures = [
    { label: preview.total === 1 ? 'person affected' : 'people affected', value: preview.total },
    { label: 'without a credential yet', value: preview.withoutCredential },
    { label: 'open invitations', value: preview.openInvitations },
    { label: 'sessions to end', value: preview.sessionsToEnd },
  ]
  return (
    <>
      <Figures figures={figures} />
      <p className="text-ink-2">
        {preview.becomePending > 0
          ? 'Everyone else shows as Pending until their first sign-in by the new method, and keeps roles, groups, pools and history. You stay signed in.'
          : 'Nobody else is here to sign in anew. You stay signed in.'}
      </p>
      {preview.linksToHandOver ? (
        <Banner
          title={
            preview.linksToHandOver === 1
              ? '1 activation link to hand over'
              : `${number.format(preview.linksToHandOver)} activation links to hand over`
          }
        >
          No mail service is set up. After Save you download a link for each person.
        </Banner>
      ) : null}
    </>
  )
}

function WithoutCredential({ preview }: { preview: LoginMethodPreview }) {
  const people = preview.examples.withoutCredential
  const more = preview.withoutCredential - people.length
  if (preview.withoutCredential === 0) return null
  return (
    <details className="rounded-xl border border-line px-4 py-3">
      <summary className="rounded font-medium">Who has no credential yet</summary>
      <p className="mt-1.5 text-sm text-ink-2 wrap-anywhere">
        {people.map(({ email }) => email).join(', ')}
        {more > 0 ? ` and ${number.format(more)} more` : ''}
      </p>
    </details>
  )
}
