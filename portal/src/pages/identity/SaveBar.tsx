import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { LoginMethodPreview } from '../../../../contract/src/index.ts'
import { asProblem, Refusal, useOrganisation } from '../../client/index.ts'
import {
  Banner,
  Button,
  Card,
  classes,
  Dialog,
  ErrorState,
  methodWords,
  ProblemBanner,
  Skeleton,
  Stale,
  TextLink,
  toast,
} from '../../parts/index.ts'
import { type Changes, type Draft, settingsOf, type Views } from './draft.ts'
import { HandOverLinks } from './HandOverLinks.tsx'
import type { Gap } from './missing.ts'

type Props = {
  draft: Draft
  views: Views
  changes: Changes
  gaps: Gap[]
  testId: string | undefined
  onDiscard: () => void
  onSaved: () => Promise<void>
  onStale: (keep: boolean) => Promise<void>
}

export function SaveBar(props: Props) {
  const { changes, gaps, onDiscard, onStale } = props
  const [confirming, setConfirming] = useState(false)
  const [handOver, setHandOver] = useState(0)
  const save = useSave(props)
  const problem = save.error ? asProblem(save.error) : null
  const stale = problem?.status === 412
  const run = (links = 0) =>
    save.mutate(undefined, {
      onSuccess: () => {
        setConfirming(false)
        setHandOver(links)
        toast('Saved', { about: 'The new settings are in force.' })
      },
      onError: (error) => {
        if (asProblem(error).status === 412) setConfirming(false)
      },
    })
  return (
    <div
      className={classes(
        'z-20 -mx-1 flex flex-col gap-3 px-1',
        changes.any && 'sticky bottom-3 sm:bottom-4',
      )}
    >
      <Card
        className={classes(
          'flex flex-col gap-3 px-4 py-3 sm:px-5',
          changes.any && 'border-transparent bg-raised shadow-float',
        )}
      >
        {problem && !stale && !confirming ? <ProblemBanner problem={problem} /> : null}
        <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <div className="min-w-0" role="status">
            {changes.any ? (
              <p className="font-medium">
                {gaps.length === 0 ? 'Unsaved changes' : 'Before you can save'}
              </p>
            ) : (
              <p className="text-ink-3">Everything is saved.</p>
            )}
            {gaps.length > 0 ? <Gaps gaps={gaps} /> : null}
          </div>
          <div className="ml-auto flex gap-2">
            {changes.any ? (
              <Button look="ghost" onClick={onDiscard}>
                Discard
              </Button>
            ) : null}
            <Button
              look="primary"
              disabled={!changes.any || gaps.length > 0}
              busy={save.isPending}
              onClick={() => (changes.method ? setConfirming(true) : run())}
            >
              Save
            </Button>
          </div>
        </div>
      </Card>
      {confirming ? (
        <ConfirmSave
          {...props}
          busy={save.isPending}
          error={save.error}
          onConfirm={run}
          onClose={() => {
            save.reset()
            setConfirming(false)
          }}
        />
      ) : null}
      {handOver > 0 ? <HandOverLinks people={handOver} onClose={() => setHandOver(0)} /> : null}
      <Stale
        open={stale}
        onChoose={async (keep) => {
          await onStale(keep)
          save.reset()
        }}
        onClose={() => save.reset()}
      />
    </div>
  )
}

function Gaps({ gaps }: { gaps: Gap[] }) {
  const { slug } = useOrganisation()
  return (
    <ul className="mt-0.5 list-disc pl-4.5 text-ink-2 marker:text-ink-3">
      {gaps.map((gap) => (
        <li key={gap.id}>
          {gap.words}{' '}
          {gap.id === 'emergency' ? (
            <TextLink to="/o/$slug/settings/emergency" params={{ slug }}>
              Emergency access
            </TextLink>
          ) : gap.id === 'password' ? (
            <TextLink to="/o/$slug/account" params={{ slug }}>
              My account
            </TextLink>
          ) : null}
        </li>
      ))}
    </ul>
  )
}

/** One Save for both sections, in the order that never passes through a forbidden state. */
function useSave({ draft, views, changes, testId, onSaved }: Props) {
  const { api } = useOrganisation()
  const saveLogin = async (ifMatch: string | null) => {
    if (!changes.login || draft.method === null) return
    const settings = settingsOf(draft)
    const tested = draft.method === 'sso' || draft.method === 'google'
    await api.changeLoginMethod(
      {
        method: draft.method,
        ...(changes.factor ? { password: { requireSecondFactor: draft.requireSecondFactor } } : {}),
        ...settings,
        ...(tested && testId ? { testId } : {}),
      },
      ifMatch,
    )
  }
  const saveSource = async (ifMatch: string | null) => {
    if (!changes.source) return
    const { source, selfService } = draft
    await api.changeProvisioning(
      { source, ...(changes.selfService ? { selfService: { enabled: selfService } } : {}) },
      ifMatch,
    )
  }
  return useMutation({
    mutationFn: async () => {
      const { login, provisioning } = views
      if (!(changes.login && changes.source)) {
        await saveLogin(login.etag)
        await saveSource(provisioning.etag)
      } else if (draft.source === 'portal') {
        // Leaving SSO: first the way in that stands on it (LM-14).
        await saveSource(provisioning.etag)
        const now = await api.loginMethod()
        refuseIfChanged(now.value.method, login.value.method)
        await saveLogin(now.etag)
      } else {
        await saveLogin(login.etag)
        const now = await api.provisioning()
        refuseIfChanged(now.value.source, provisioning.value.source)
        await saveSource(now.etag)
      }
      await onSaved()
    },
  })
}

/** Our own first half moved the version; someone else's change must still be noticed. */
function refuseIfChanged(now: unknown, known: unknown): void {
  if (now === known) return
  throw new Refusal({
    type: 'about:blank',
    title: 'Precondition Failed',
    status: 412,
    code: 'request.stale',
    detail: 'Someone else has changed these settings meanwhile.',
  })
}

function ConfirmSave({
  draft,
  views,
  busy,
  error,
  onConfirm,
  onClose,
}: Props & {
  busy: boolean
  error: unknown
  onConfirm: (links: number) => void
  onClose: () => void
}) {
  const { api, key } = useOrganisation()
  const { method } = draft
  const first = views.login.value.method === null
  const settings = settingsOf(draft)
  const preview = useQuery({
    queryKey: key('login-method', 'preview', method, settings),
    queryFn: () => api.previewLoginMethod({ method: method ?? '', ...settings }),
    gcTime: 0,
    staleTime: 0,
  })
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`${first ? 'Sign in by' : 'Switch to'} ${method ? methodWords[method] : ''}?`}
      about="It takes effect for everyone at once. This is who is affected."
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="primary"
            busy={busy}
            disabled={!preview.data}
            onClick={() => onConfirm(preview.data?.linksToHandOver ?? 0)}
          >
            Save
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {error && !busy ? <ProblemBanner problem={asProblem(error)} /> : null}
        {preview.data ? (
          <Affected preview={preview.data} sso={method === 'sso'} />
        ) : preview.error ? (
          <ErrorState problem={asProblem(preview.error)} onRetry={() => void preview.refetch()} />
        ) : (
          <div role="status" aria-label="Loading" className="grid grid-cols-2 gap-3 sm:grid-cols-4">
            {['a', 'b', 'c', 'd'].map((each) => (
              <Skeleton key={each} className="h-18 rounded-xl" />
            ))}
          </div>
        )}
      </div>
    </Dialog>
  )
}

const number = new Intl.NumberFormat('en')

function Affected({ preview, sso }: { preview: LoginMethodPreview; sso: boolean }) {
  const figures = [
    { label: preview.total === 1 ? 'person affected' : 'people affected', value: preview.total },
    { label: 'without a credential yet', value: preview.withoutCredential },
    { label: 'open invitations', value: preview.openInvitations },
    { label: 'sessions to end', value: preview.sessionsToEnd },
  ]
  return (
    <>
      <ul className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {figures.map(({ label, value }) => (
          <li key={label} className="rounded-xl border border-line p-3">
            <div className="text-xl font-semibold tabular-nums">{number.format(value)}</div>
            <div className="text-sm text-ink-2">{label}</div>
          </li>
        ))}
      </ul>
      <p className="text-ink-2">
        Everyone shows as Pending until their first sign-in by the new method, and keeps roles,
        groups, pools and history. You stay signed in.
      </p>
      {preview.linksToHandOver ? (
        <Banner title={`${number.format(preview.linksToHandOver)} activation links to hand over`}>
          No mail service is set up. After Save you download a link for each person.
        </Banner>
      ) : null}
      {sso && preview.unverifiedDomain > 0 ? (
        <Banner
          tone="warn"
          title={`${number.format(preview.unverifiedDomain)} with an unverified e-mail domain`}
        >
          Their first SSO sign-in waits in the adoption queue until a manager approves it.
          <Examples people={preview.examples.unverifiedDomain} total={preview.unverifiedDomain} />
        </Banner>
      ) : null}
      {preview.withoutCredential > 0 ? (
        <details className="rounded-xl border border-line px-4 py-3">
          <summary className="rounded font-medium">Who has no credential yet</summary>
          <Examples people={preview.examples.withoutCredential} total={preview.withoutCredential} />
        </details>
      ) : null}
    </>
  )
}

function Examples({ people, total }: { people: { id: string; email: string }[]; total: number }) {
  return (
    <p className="mt-1.5 text-sm text-ink-2 wrap-anywhere">
      {people.map(({ email }) => email).join(', ')}
      {total > people.length ? ` and ${number.format(total - people.length)} more` : ''}
    </p>
  )
}
