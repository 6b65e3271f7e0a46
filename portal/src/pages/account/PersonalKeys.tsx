import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import type { CreatedPersonalKey, PersonalKey, Problem } from '../../../../contract/src/index.ts'
import { account, asProblem, type Seen } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Banner,
  Button,
  Card,
  Checkbox,
  Confirm,
  CopyField,
  CreateDialog,
  EmptyState,
  Loaded,
  onDate,
  Section,
  Select,
  ShownOnce,
  SkeletonRows,
  TextField,
  toast,
} from '../../parts/index.ts'

const queryKey = ['me', 'keys']
type Created = Seen<typeof CreatedPersonalKey>

/** Keys for one's own scripts: they never do more than their owner may (AK-7). */
export function PersonalKeys() {
  const keys = useQuery({ queryKey, queryFn: account.keys })
  const [creating, setCreating] = useState(false)
  const [created, setCreated] = useState<Created>()
  const [revoking, setRevoking] = useState<PersonalKey>()
  const create = (
    <Button size="small" onClick={() => setCreating(true)}>
      <Plus aria-hidden="true" />
      Create a key
    </Button>
  )
  return (
    <Section
      id="keys"
      title="Personal API keys"
      about="For scripts of your own. A key does what you may do, as far as its scopes go."
      action={keys.data && keys.data.items.length > 0 ? create : null}
    >
      <Card>
        <Loaded from={keys} problemOf={asProblem} skeleton={<SkeletonRows rows={2} />}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState
                icon={<KeyRound aria-hidden="true" />}
                title="No key yet"
                about="You need one only to let a program act for you."
                action={create}
              />
            ) : (
              <ul className="divide-y divide-line">
                {items.map((key) => (
                  <Entry key={key.id} entry={key} onRevoke={() => setRevoking(key)} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
      {creating ? (
        <CreateKey
          scopes={keys.data?.scopes ?? []}
          onClose={() => setCreating(false)}
          onCreated={(key) => {
            setCreating(false)
            setCreated(key)
          }}
        />
      ) : null}
      {created ? (
        <ShownOnce
          title="Keep this key now"
          about={`“${created.label}” is shown only once.`}
          keptWords="I have put the key where it belongs"
          blockedBecause="First say that you have kept it."
          onClose={() => setCreated(undefined)}
        >
          <CopyField label="Key" value={created.key} />
        </ShownOnce>
      ) : null}
      {revoking ? <Revoke entry={revoking} onClose={() => setRevoking(undefined)} /> : null}
    </Section>
  )
}

function Entry({ entry, onRevoke }: { entry: PersonalKey; onRevoke: () => void }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3 px-5 py-3.5">
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-1.5 font-medium wrap-anywhere">
          {entry.label} <span className="font-mono text-sm text-ink-3">…{entry.last3}</span>
          {entry.scopes.map((scope) => (
            <Badge key={scope}>{scope}</Badge>
          ))}
        </div>
        <div className="text-sm text-ink-3">
          Expires {onDate(entry.expiresAt)} · <LastUse entry={entry} />
        </div>
      </div>
      <Button
        size="small"
        className="ml-auto"
        aria-label={`Revoke ${entry.label}`}
        onClick={onRevoke}
      >
        Revoke
      </Button>
    </li>
  )
}

function LastUse({ entry }: { entry: PersonalKey }) {
  if (entry.lastUsedAt === null) return <>never used</>
  return (
    <>
      last used <Ago at={entry.lastUsedAt} /> from {entry.lastUsedIp}
    </>
  )
}

function Revoke({ entry, onClose }: { entry: PersonalKey; onClose: () => void }) {
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => account.revokeKey(entry.id),
    onSuccess: async () => {
      onClose()
      toast('The key is revoked', { about: entry.label })
      await client.invalidateQueries({ queryKey })
    },
  })
  return (
    <Confirm
      title="Revoke this key?"
      about={`Programs that use “${entry.label}” are refused from the next call on.`}
      verb="Revoke"
      busy={revoke.isPending}
      problem={revoke.error ? asProblem(revoke.error) : null}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    >
      <p className="text-ink-2">
        It was <LastUse entry={entry} />.
      </p>
    </Confirm>
  )
}

const lifetimes = [7, 30, 90, 180, 365].map((days) => ({
  value: String(days),
  label: days === 365 ? 'A year' : `${days} days`,
}))

function CreateKey({
  scopes,
  onClose,
  onCreated,
}: {
  scopes: string[]
  onClose: () => void
  onCreated: (key: Created) => void
}) {
  const client = useQueryClient()
  const [label, setLabel] = useState('')
  const [days, setDays] = useState('90')
  const [chosen, setChosen] = useState<string[]>([])
  const create = useMutation({
    mutationFn: () =>
      account.createKey({ label: label.trim(), scopes: chosen, expiresInDays: Number(days) }),
    onSuccess: async (key) => {
      onCreated(key)
      await client.invalidateQueries({ queryKey })
    },
  })
  const problem: Problem | null = create.error ? asProblem(create.error) : null
  const isLabelWrong = problem?.code === 'api_key.label_invalid'
  const isScopeMissing = problem?.code === 'api_key.scope_required'
  return (
    <CreateDialog
      open
      title="Create a personal key"
      about="Give it no more than the program needs."
      busy={create.isPending}
      problem={problem && !isLabelWrong && !isScopeMissing ? problem : undefined}
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate()
      }}
      onClose={onClose}
    >
      <TextField
        label="Label"
        autoComplete="off"
        placeholder="Monthly report"
        value={label}
        error={isLabelWrong ? problem?.detail : undefined}
        onChange={(event) => setLabel(event.target.value)}
      />
      <Select label="Expires after" value={days} choices={lifetimes} onChange={setDays} />
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 font-medium">Scopes</legend>
        {isScopeMissing ? <Banner tone="bad" live title={problem?.detail} /> : null}
        <div className="grid gap-2 sm:grid-cols-2">
          {scopes.map((scope) => (
            <Checkbox
              key={scope}
              label={scope}
              checked={chosen.includes(scope)}
              onChange={(on) =>
                setChosen(on ? [...chosen, scope] : chosen.filter((one) => one !== scope))
              }
            />
          ))}
        </div>
      </fieldset>
    </CreateDialog>
  )
}
