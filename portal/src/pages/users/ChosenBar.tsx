import { useMutation, useQuery } from '@tanstack/react-query'
import { Ban, MailPlus, RotateCcw, UserRoundPlus, X } from 'lucide-react'
import { useState } from 'react'
import type { UserResults } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Banner,
  Button,
  CheckList,
  CopyButton,
  Dialog,
  ProblemBanner,
  Scroller,
  Select,
} from '../../parts/index.ts'
import { chosenAtMost } from './selection.ts'

type Act = 'disable' | 'enable' | 'resend-activation' | 'group'
type Result = UserResults['items'][number]

const acts: Record<Act, { verb: string; past: string; about: string; danger?: boolean }> = {
  group: {
    verb: 'Add to group',
    past: 'added',
    about: 'They reach the pools of the group at once. Who is in it already stays.',
  },
  'resend-activation': {
    verb: 'Resend activation',
    past: 'sent',
    about: 'Each gets a new activation link, and their older ones stop working.',
  },
  enable: {
    verb: 'Enable',
    past: 'enabled',
    about: 'Roles, groups and pools are there again. Sessions and keys are not.',
  },
  disable: {
    verb: 'Deactivate',
    past: 'deactivated',
    about:
      'Their sessions, keys and temporary access end at once. Roles, groups, pools and history stay, and you can enable each of them again.',
    danger: true,
  },
}
const icons = {
  group: <UserRoundPlus aria-hidden="true" />,
  'resend-activation': <MailPlus aria-hidden="true" />,
  enable: <RotateCcw aria-hidden="true" />,
  disable: <Ban aria-hidden="true" />,
}

/** What is done with everybody who is chosen, and what came of it for each (SC-20, US-16). */
export function ChosenBar({
  ids,
  nameOf,
  onClear,
  onDone,
}: {
  ids: ReadonlySet<string>
  nameOf: (id: string) => string
  onClear: () => void
  onDone: () => Promise<void>
}) {
  const [asked, setAsked] = useState<Act>()
  if (ids.size === 0) return null
  return (
    <div className="sticky top-17 z-20 flex flex-wrap items-center justify-between gap-3 rounded-xl bg-raised px-4 py-2.5 shadow-float">
      <p role="status" className="font-medium">
        {countOf(ids)} chosen
      </p>
      <div className="flex flex-wrap gap-2">
        <Button look="ghost" size="small" onClick={onClear}>
          <X aria-hidden="true" />
          Choose nobody
        </Button>
        {(Object.keys(acts) as Act[]).map((act) => (
          <Button
            key={act}
            size="small"
            {...(acts[act].danger && { look: 'danger' as const })}
            blockedBecause={
              ids.size > chosenAtMost ? `At most ${chosenAtMost} people at a time.` : null
            }
            onClick={() => setAsked(act)}
          >
            {icons[act]}
            {acts[act].verb}
          </Button>
        ))}
      </div>
      {asked ? (
        <ActDialog
          act={asked}
          ids={ids}
          nameOf={nameOf}
          onDone={onDone}
          onClose={(isDone) => {
            setAsked(undefined)
            if (isDone) onClear()
          }}
        />
      ) : null}
    </div>
  )
}

function ActDialog({
  act,
  ids,
  nameOf,
  onDone,
  onClose,
}: {
  act: Act
  ids: ReadonlySet<string>
  nameOf: (id: string) => string
  onDone: () => Promise<void>
  onClose: (isDone: boolean) => void
}) {
  const { api } = useOrganisation()
  const [groupId, setGroupId] = useState('')
  const { verb, past, about, danger } = acts[act]
  const run = useMutation({
    mutationFn: async (): Promise<{ items: Result[] }> =>
      act === 'group' ? api.addMembers(groupId, [...ids]) : api.actOnUsers(act, [...ids]),
    onSuccess: onDone,
  })
  const done = run.data?.items
  const close = () => onClose(done !== undefined)
  return (
    <Dialog
      open
      onClose={close}
      title={done ? 'What came of it' : titleOf(act, ids)}
      about={done ? undefined : about}
      footer={
        done ? (
          <Button look="primary" onClick={close}>
            Done
          </Button>
        ) : (
          <>
            <Button look="ghost" onClick={close}>
              Cancel
            </Button>
            <Button
              look={danger ? 'danger' : 'primary'}
              busy={run.isPending}
              blockedBecause={act === 'group' && !groupId ? 'Choose a group first.' : null}
              onClick={() => run.mutate()}
            >
              {verb}
            </Button>
          </>
        )
      }
    >
      {done ? (
        <Outcome items={done} past={past} nameOf={nameOf} />
      ) : (
        <>
          {act === 'group' ? <GroupChoice value={groupId} onChange={setGroupId} /> : null}
          {run.error ? <ProblemBanner problem={asProblem(run.error)} /> : null}
        </>
      )}
    </Dialog>
  )
}

/** Groups whose people are the identity provider's or everybody cannot be joined here. */
function GroupChoice({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { api, key } = useOrganisation()
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups })
  const open = groups.data?.items.filter((one) => !one.isDefault && one.managedBy === 'portal')
  if (open?.length === 0) {
    return <Banner>There is no group to add people to. Create one on the Groups page first.</Banner>
  }
  return (
    <Select
      label="Group"
      value={value}
      choices={[
        { value: '', label: 'Choose a group' },
        ...(open ?? []).map(({ id, name }) => ({ value: id, label: name })),
      ]}
      onChange={onChange}
    />
  )
}

function Outcome({
  items,
  past,
  nameOf,
}: {
  items: Result[]
  past: string
  nameOf: (id: string) => string
}) {
  const refused = items.filter(({ status }) => status >= 300)
  const good = items.length - refused.length
  const links = items.filter(({ activationLink }) => activationLink !== undefined)
  const came = links.length > 0 ? 'with a new link' : past
  const came1 = came.charAt(0).toUpperCase() + came.slice(1)
  return (
    <div className="flex flex-col gap-4">
      <Banner tone={refused.length > 0 ? 'warn' : 'good'} live>
        {refused.length === 0
          ? `${came1}: ${good === 1 ? '1 person' : `${good} people`}.`
          : `${good} ${came}, ${refused.length} not. The reason stands beside each.`}
      </Banner>
      {links.length > 0 ? (
        <Banner
          title="No mail service is set up, so hand these links over yourself"
          action={
            <CopyButton
              of="all links"
              label="Copy all"
              value={links.map((one) => `${nameOf(one.id)}\t${one.activationLink}`).join('\n')}
            />
          }
        >
          Each works once, lives 7 days, and is shown only now.
        </Banner>
      ) : null}
      <Scroller label="Result per person" className="max-h-80 overflow-y-auto">
        <CheckList
          label="Result per person"
          checks={items
            .toSorted((a, b) => b.status - a.status)
            .map(({ id, status, detail, activationLink }) => ({
              id,
              state: status < 300 ? ('done' as const) : ('failed' as const),
              title: nameOf(id),
              about: activationLink ? (
                <span className="flex items-center gap-2">
                  <code className="min-w-0 truncate">{activationLink}</code>
                  <CopyButton of={`link of ${nameOf(id)}`} value={activationLink} bare />
                </span>
              ) : status < 300 ? (
                came1
              ) : (
                detail
              ),
            }))}
        />
      </Scroller>
    </div>
  )
}

function titleOf(act: Act, ids: ReadonlySet<string>): string {
  const people = countOf(ids)
  if (act === 'group') return `Add ${people} to a group`
  if (act === 'resend-activation') return `Resend activation to ${people}?`
  return `${acts[act].verb} ${people}?`
}

function countOf(ids: ReadonlySet<string>): string {
  return ids.size === 1 ? '1 person' : `${ids.size} people`
}
