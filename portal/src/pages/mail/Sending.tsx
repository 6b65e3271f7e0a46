import { useMutation } from '@tanstack/react-query'
import { MailX, Send, Server } from 'lucide-react'
import { useState } from 'react'
import type { MailMode, MailSettingsView, Problem } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation, type Versioned } from '../../client/index.ts'
import {
  Badge,
  Banner,
  Card,
  ChoiceCards,
  LeaveGuard,
  SaveCard,
  Section,
  Stale,
  toast,
} from '../../parts/index.ts'
import { type Draft, draftOf, isPort, keepsSecret, wishOf } from './draft.ts'
import { ServerFields } from './ServerFields.tsx'
import { TestMail } from './TestMail.tsx'

const fields = [
  '/server/host',
  '/server/port',
  '/server/from',
  '/server/startTls',
  '/server/username',
  '/secret',
]

/** Who sends; nothing takes effect before "Save", and the test works without it. */
export function Sending({
  fresh,
  reload,
}: {
  fresh: Versioned<MailSettingsView>
  reload: () => Promise<Versioned<MailSettingsView>>
}) {
  const { api } = useOrganisation()
  // What was loaded when the editing began is what a Save is compared with (GE-5).
  const [edited, setEdited] = useState<{ draft: Draft; from: Versioned<MailSettingsView> } | null>(
    null,
  )
  const from = edited?.from ?? fresh
  const view = from.value
  const saved = draftOf(view)
  const draft = edited?.draft ?? saved
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved)
  const readOnly = !view.canWrite
  const save = useMutation({
    mutationFn: () => api.changeMailSettings(wishOf(draft), from.etag),
    onSuccess: async () => {
      await reload()
      setEdited(null)
      toast('Saved', { about: 'The next mail is sent this way; what waited is tried at once.' })
    },
  })
  const test = useMutation({ mutationFn: () => api.testMail(wishOf(draft)) })
  const edit = (next: Draft) => {
    save.reset()
    test.reset()
    setEdited({ from, draft: next })
  }
  const problem = save.error ? asProblem(save.error) : test.error ? asProblem(test.error) : null
  const stale = problem?.status === 412
  const placed = isPlaced(problem)
  const custom = draft.mode === 'custom'
  const unfinished =
    custom &&
    (draft.host.trim() === '' ||
      draft.from.trim() === '' ||
      !isPort(draft.port) ||
      (draft.authentication !== 'none' &&
        (draft.username.trim() === '' || (draft.secret === '' && !keepsSecret(view, draft)))))
  return (
    <Section
      id="sending"
      title="Who sends"
      about="Nothing takes effect before you save."
      action={dirty ? <Badge tone="warn">Not saved yet</Badge> : null}
    >
      <ChoiceCards
        labelledBy="sending"
        value={draft.mode}
        disabled={readOnly}
        choices={choicesFor(view.installationMails)}
        onChange={(mode) => edit({ ...draft, mode })}
      />
      <Meaning mode={draft.mode} installationMails={view.installationMails} />
      {custom ? (
        <Card className="p-5 sm:p-6">
          <ServerFields
            draft={draft}
            secretKept={keepsSecret(view, draft)}
            readOnly={readOnly}
            fault={(pointer) =>
              problem?.errors?.find((one) => one.pointer === pointer)?.detail ??
              (problem?.errors?.some((one) => one.pointer === pointer) ? problem.detail : undefined)
            }
            onEdit={edit}
          />
        </Card>
      ) : null}
      {draft.mode === 'none' || (draft.mode === 'default' && !view.installationMails) ? null : (
        <TestMail
          busy={test.isPending}
          blockedBecause={
            readOnly
              ? 'Only a manager can send one.'
              : unfinished
                ? 'Fill in the mail server first.'
                : null
          }
          result={test.data ?? null}
          onSend={() => test.mutate()}
        />
      )}
      {readOnly ? null : (
        <SaveCard
          dirty={dirty}
          blocked={unfinished}
          busy={save.isPending}
          problem={stale || placed ? null : problem}
          onDiscard={() => {
            save.reset()
            test.reset()
            setEdited(null)
          }}
          onSave={() => save.mutate()}
        />
      )}
      <Stale
        open={stale}
        onChoose={async (keep) => {
          const now = await reload()
          setEdited(keep ? { draft, from: now } : null)
          save.reset()
        }}
        onClose={() => save.reset()}
      />
      <LeaveGuard dirty={dirty} stays={(path) => path.endsWith('/settings/mail')} />
    </Section>
  )
}

/** Every fault stands beside its field already. */
function isPlaced(problem: Problem | null): boolean {
  const faults = problem?.errors ?? []
  return faults.length > 0 && faults.every(({ pointer }) => fields.includes(pointer))
}

function choicesFor(installationMails: boolean) {
  return [
    {
      value: 'default' as const,
      label: 'Default',
      about: installationMails
        ? 'The mail server of this installation, kept by its operator.'
        : 'Whatever this installation has. At present it has no mail server.',
      icon: <Send aria-hidden="true" />,
    },
    {
      value: 'custom' as const,
      label: 'Custom',
      about: 'A mail server of your own, so that mail comes from your domain.',
      icon: <Server aria-hidden="true" />,
    },
    {
      value: 'none' as const,
      label: 'No SMTP service',
      about: 'Nothing is sent. Managers hand links over themselves.',
      icon: <MailX aria-hidden="true" />,
    },
  ]
}

function Meaning({ mode, installationMails }: { mode: MailMode; installationMails: boolean }) {
  if (mode === 'custom') return null
  if (mode === 'default' && installationMails) {
    return (
      <Banner title="The installation sends">
        Its operator set a mail server up with SMTP_URL. You need to do nothing; the sender’s
        address is theirs.
      </Banner>
    )
  }
  return (
    <Banner
      tone={mode === 'default' ? 'warn' : 'info'}
      title={
        mode === 'default'
          ? 'This installation has no mail server, so nothing is sent'
          : 'Nothing is sent'
      }
    >
      For each new person you get an activation link to hand over: when you create them, and under
      “Activation link” in their details. Whoever forgets a password asks a manager for a reset
      link. Registrations by the self-service link wait for your approval, and warnings, such as of
      expiring certificates, stand in the portal alone.
      {mode === 'default' ? ' Once the operator sets SMTP_URL, mail is sent without you.' : ''}
    </Banner>
  )
}
