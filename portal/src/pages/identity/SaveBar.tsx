import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, Refusal, useOrganisation } from '../../client/index.ts'
import {
  Button,
  Card,
  type ConfirmedHandOver,
  classes,
  ProblemBanner,
  Stale,
  sourceLabel,
  TextLink,
  toast,
} from '../../parts/index.ts'
import { ConfirmSource } from './ConfirmSource.tsx'
import { ConfirmSwitch } from './ConfirmSwitch.tsx'
import { type Changes, type Draft, settingsOf, type Views } from './draft.ts'
import { HandOverLinks } from './HandOverLinks.tsx'
import type { Gap } from './missing.ts'
import { nobody, type Ticks } from './ticks.ts'

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
  const [confirming, setConfirming] = useState<'source' | 'method' | null>(null)
  const [handOver, setHandOver] = useState<ConfirmedHandOver>()
  const [links, setLinks] = useState(0)
  const save = useSave(props)
  const problem = save.error ? asProblem(save.error) : null
  const stale = problem?.status === 412
  const run = (choices: Choices, linksToHandOver = 0) =>
    save.mutate(choices, {
      onSuccess: () => {
        setConfirming(null)
        setLinks(linksToHandOver)
        // The dialog that follows says so itself.
        if (linksToHandOver === 0) toast('Saved', { about: 'The new settings are in force.' })
      },
      onError: (error) => {
        if (asProblem(error).status === 412) setConfirming(null)
      },
    })
  const first = props.views.login.value.method === null
  const stop = () => {
    save.reset()
    setConfirming(null)
  }
  // At the first choice of a method nobody is here who could be handed over.
  const begin = () => {
    setHandOver(undefined)
    if (changes.moves && !first) setConfirming('source')
    else if (changes.method) setConfirming('method')
    else run({})
  }
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
              onClick={begin}
            >
              Save
            </Button>
          </div>
        </div>
      </Card>
      {confirming === 'source' ? (
        <ConfirmSource
          question={questionOf(props)}
          protocol={props.draft.protocol}
          title={`Change the source to ${sourceLabel(props.draft.source, props.draft.protocol)}?`}
          verb={changes.method ? 'Next' : 'Save'}
          busy={save.isPending}
          error={save.error}
          onConfirm={(chosen) => {
            setHandOver(chosen)
            if (changes.method) setConfirming('method')
            else run({ handOver: chosen })
          }}
          onClose={stop}
        />
      ) : null}
      {confirming === 'method' ? (
        <ConfirmSwitch
          draft={props.draft}
          first={first}
          busy={save.isPending}
          error={save.error}
          onConfirm={(ticks, linksToHandOver) => run({ ticks, handOver }, linksToHandOver)}
          onClose={stop}
        />
      ) : null}
      {links > 0 ? <HandOverLinks people={links} onClose={() => setLinks(0)} /> : null}
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

/** What changing the source, and nothing else of this form, is asked about. */
function questionOf({ draft, changes }: Pick<Props, 'draft' | 'changes'>) {
  const { source, selfService, method } = draft
  return {
    source,
    ...(changes.selfService ? { selfService: { enabled: selfService } } : {}),
    ...(changes.method && method ? { loginMethod: method } : {}),
  }
}

type Choices = { ticks?: Ticks; handOver?: ConfirmedHandOver | undefined }

/** One Save for both sections, in the order that never passes through a forbidden state. */
function useSave({ draft, views, changes, testId, onSaved }: Props) {
  const { api } = useOrganisation()
  const saveLogin = async (ticks: Ticks, ifMatch: string | null) => {
    if (!changes.login || draft.method === null) return
    const settings = settingsOf(draft)
    const tested = draft.method === 'sso' || draft.method === 'google'
    await api.changeLoginMethod(
      {
        method: draft.method,
        ...(changes.factor ? { password: { requireSecondFactor: draft.requireSecondFactor } } : {}),
        ...settings,
        ...(tested && testId ? { testId } : {}),
        ...(ticks === nobody ? {} : { adopt: ticks }),
      },
      ifMatch,
    )
  }
  const saveSource = async (ifMatch: string | null, handOver?: ConfirmedHandOver) => {
    if (!changes.source) return
    const { loginMethod: _, ...wish } = questionOf({ draft, changes })
    await api.changeProvisioning({ ...wish, ...handOver }, ifMatch)
  }
  return useMutation({
    mutationFn: async ({ ticks = nobody, handOver }: Choices) => {
      const { login, provisioning } = views
      if (!(changes.login && changes.source)) {
        await saveLogin(ticks, login.etag)
        await saveSource(provisioning.etag, handOver)
      } else if (draft.source === 'portal') {
        // Leaving SSO: first the way in that stands on it (LM-14).
        await saveSource(provisioning.etag, handOver)
        const now = await api.loginMethod()
        refuseIfChanged(now.value.method, login.value.method)
        await saveLogin(ticks, now.etag)
      } else {
        await saveLogin(ticks, login.etag)
        const now = await api.provisioning()
        refuseIfChanged(now.value.source, provisioning.value.source)
        // Our own first half has made the preview that was looked at out of date, and nothing else has.
        const { previewId } = handOver
          ? await api.previewProvisioning(questionOf({ draft, changes }))
          : {}
        await saveSource(now.etag, handOver && previewId ? { ...handOver, previewId } : undefined)
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
