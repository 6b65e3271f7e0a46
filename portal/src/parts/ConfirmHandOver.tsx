import { DoorOpen } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { HandOverPreview, Problem } from '../../../contract/src/index.ts'
import { Badge } from './Badge.tsx'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { Figures, FiguresWaiting } from './Figures.tsx'
import { Banner, ErrorState, ProblemBanner } from './States.tsx'
import { Checkbox } from './Switch.tsx'
import { type Protocol, sourceLabel } from './words.ts'

const number = new Intl.NumberFormat('en')
const people = (count: number) => (count === 1 ? '1 person' : `${number.format(count)} people`)

/** The preview that was looked at, and whom to deactivate with the change. */
export type ConfirmedHandOver = { previewId: string; deactivate: string[] }

type Shown = {
  preview: HandOverPreview
  protocol: Protocol
  /** What follows for people, where it is more than the change of the source. */
  follows?: string | undefined
  /** What becomes of those whom the old source leaves. */
  kept?: string | undefined
}

/** What changing the source does to whom, before it happens (PV-11, PV-13, PV-14). */
export function ConfirmHandOver({
  from,
  problemOf,
  keepsEveryone = false,
  title,
  about = 'It takes effect at once, for the whole organisation. Nobody is locked out by it.',
  verb,
  busy,
  error,
  onConfirm,
  onClose,
  children,
  ...words
}: {
  from: { data: HandOverPreview | undefined; error: unknown; refetch: () => unknown }
  problemOf: (error: unknown) => Problem
  /** Nobody is offered for deactivation. */
  keepsEveryone?: boolean
  title: string
  about?: string
  verb: string
  busy: boolean
  error: unknown
  onConfirm: (handOver: ConfirmedHandOver) => void
  onClose: () => void
  /** What else comes with it, above the preview. */
  children?: ReactNode
} & Omit<Shown, 'preview'>) {
  const [deactivate, setDeactivate] = useState<string[]>([])
  const { data } = from
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={title}
      about={about}
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="primary"
            busy={busy}
            disabled={!data}
            onClick={() => data && onConfirm({ previewId: data.previewId, deactivate })}
          >
            {verb}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {error && !busy ? <ProblemBanner problem={problemOf(error)} /> : null}
        {children}
        {data ? (
          <>
            <Foreseen preview={data} {...words} />
            {!keepsEveryone && data.orphaned.people.length > 0 ? (
              <LeftBehind preview={data} {...words} ticked={deactivate} onTick={setDeactivate} />
            ) : null}
          </>
        ) : from.error ? (
          <ErrorState problem={problemOf(from.error)} onRetry={() => void from.refetch()} />
        ) : (
          <FiguresWaiting />
        )}
      </div>
    </Dialog>
  )
}

function Foreseen({ preview, protocol, follows }: Shown) {
  const { from, to, becomeManaged, stay, orphaned, invitationsToClose, linkCloses } = preview
  const figures = [
    {
      label: `managed by ${sourceLabel(to, protocol)} at once`,
      value: becomeManaged,
      if: to !== 'portal',
    },
    { label: 'go on as before', value: stay, if: true },
    {
      label: `no longer managed by ${sourceLabel(from, protocol)}`,
      value: orphaned.total,
      if: from !== 'portal',
    },
    {
      label: 'open invitations closed',
      value: invitationsToClose,
      if: to === 'scim' || to === 'ldap',
    },
  ]
  return (
    <>
      <p className="flex items-start gap-3 rounded-xl border border-line bg-sunken/60 px-4 py-3 font-medium">
        <DoorOpen className="mt-0.5 size-5 shrink-0 text-accent-text" aria-hidden="true" />
        {preview.entrySentence}
      </p>
      <Figures figures={figures.filter((figure) => figure.if)} />
      <p className="text-ink-2">{follows ?? whatFollows(preview)}</p>
      {linkCloses ? (
        <Banner title="The self-service link closes">
          It works while people enter by the portal. Its settings are kept.
        </Banner>
      ) : null}
      {preview.workingManager ? null : (
        <Banner tone="warn" title="No manager can sign in now">
          Make sure of an emergency account before you go on.
        </Banner>
      )}
    </>
  )
}

function whatFollows({ from, to }: HandOverPreview): string {
  if (to === 'scim' || to === 'ldap') {
    return 'Everyone who is here keeps working, and is taken over when the identity provider sends them. Creating and inviting close, and profiles become read-only here.'
  }
  const kept = from === 'portal' ? '' : ' Everyone who is here stays, and is managed in the portal.'
  return to === 'sso_jit'
    ? `Whoever signs in by SSO for the first time gets an account.${kept}`
    : `Managers create and invite people.${kept}`
}

/** "Keep, managed in the portal", or "Deactivate", person by person (PV-13). */
function LeftBehind({
  preview: { from, orphaned },
  protocol,
  kept = 'Everyone is kept, managed in the portal.',
  ticked,
  onTick,
}: Shown & {
  ticked: string[]
  onTick: (ids: string[]) => void
}) {
  const unseen = orphaned.total - orphaned.people.length
  return (
    <fieldset className="flex flex-col gap-3 rounded-xl border border-line p-4">
      <legend className="float-left w-full font-medium">
        Whom {sourceLabel(from, protocol)} leaves: keep, or deactivate
      </legend>
      <p className="text-sm text-ink-2">
        {kept} Tick who has left the company: their access ends with the change.
      </p>
      <ul className="max-h-60 divide-y divide-line overflow-y-auto rounded-lg border border-line">
        {orphaned.people.map((person) => (
          <li key={person.id} className="flex items-start justify-between gap-3 px-3 py-2.5">
            <Checkbox
              label={`Deactivate ${person.name || person.email}`}
              help={<span className="wrap-anywhere">{person.email}</span>}
              checked={ticked.includes(person.id)}
              onChange={(on) =>
                onTick(on ? [...ticked, person.id] : ticked.filter((id) => id !== person.id))
              }
            />
            {person.isManager ? <Badge tone="accent">Manager</Badge> : null}
          </li>
        ))}
      </ul>
      <p className="text-sm text-ink-3">
        <span role="status">
          {people(orphaned.total - ticked.length)} kept, {people(ticked.length)} deactivated.
        </span>
        {unseen > 0 ? ` ${number.format(unseen)} of them are not listed.` : ''}
      </p>
    </fieldset>
  )
}
