import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { ScimChange, ScimView } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation, type Versioned } from '../../client/index.ts'
import {
  Badge,
  Card,
  LeaveGuard,
  SaveCard,
  Section,
  Select,
  Stale,
  Switch,
  TextField,
  toast,
} from '../../parts/index.ts'

type Draft = Omit<ScimChange, 'graceDays'> & { graceDays: string }
const graceAtMost = 365
/** The select has no value for "none": this stands for it. */
const automatic = ''

function draftOf(view: ScimView): Draft {
  const { syncGroups, syncRoles, provisionExistingUsers, graceDays, dialect } = view
  return { syncGroups, syncRoles, provisionExistingUsers, graceDays: String(graceDays), dialect }
}

/** What the identity provider may do; nothing takes effect before "Save" (PV-3). */
export function Settings({
  fresh,
  reload,
}: {
  fresh: Versioned<ScimView>
  reload: () => Promise<Versioned<ScimView>>
}) {
  const { api } = useOrganisation()
  // What was loaded when the editing began is what a Save is compared with (GE-5).
  const [edited, setEdited] = useState<{ draft: Draft; from: Versioned<ScimView> } | null>(null)
  const from = edited?.from ?? fresh
  const saved = draftOf(from.value)
  const draft = edited?.draft ?? saved
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved)
  const readOnly = !fresh.value.canWrite
  const edit = (change: Partial<Draft>) => {
    save.reset()
    setEdited({ from, draft: { ...draft, ...change } })
  }
  const days = /^\d{1,3}$/.test(draft.graceDays.trim()) ? Number(draft.graceDays) : Number.NaN
  const fault = days <= graceAtMost ? undefined : `A whole number from 0 to ${graceAtMost}.`

  const save = useMutation({
    mutationFn: () => api.changeScim({ ...draft, graceDays: days }, from.etag),
    onSuccess: async () => {
      await reload()
      setEdited(null)
      toast('Saved', { about: 'The new settings hold from the next call on.' })
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const stale = problem?.status === 412
  return (
    <Section
      id="rules"
      title="What the identity provider may do"
      about="Nothing takes effect before you save."
      action={dirty ? <Badge tone="warn">Not saved yet</Badge> : null}
    >
      <Card className="flex flex-col divide-y divide-line px-5 sm:px-6 [&>*]:py-5">
        <Switch
          label="Provision existing users"
          help={
            draft.provisionExistingUsers
              ? 'Who is here already and is assigned in the identity provider is taken over with the same account and history; e-mail and roles stay at first contact.'
              : 'People who are here already stay invisible to the identity provider: its attempt to create them is refused, and waits in the adoption queue for you.'
          }
          checked={draft.provisionExistingUsers}
          disabled={readOnly}
          onChange={(provisionExistingUsers) => edit({ provisionExistingUsers })}
        />
        <Switch
          label="Sync groups"
          help={
            draft.syncGroups
              ? 'Pushed groups are created here and their members follow the identity provider; which pools a group reaches stays with you.'
              : 'Pushed groups are refused; people are placed in groups here.'
          }
          checked={draft.syncGroups}
          disabled={readOnly}
          onChange={(syncGroups) => edit({ syncGroups })}
        />
        <Switch
          label="Sync roles"
          help={
            draft.syncRoles
              ? 'The attribute roles sets ROLE_USER, ROLE_VIEWER or ROLE_MANAGER; roles are then no longer changed here.'
              : 'Managers give roles here. Roles of people who are created or replaced are ignored, and changing them by PATCH is refused.'
          }
          checked={draft.syncRoles}
          disabled={readOnly}
          onChange={(syncRoles) => edit({ syncRoles })}
        />
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField
            label="Grace days"
            inputMode="numeric"
            value={draft.graceDays}
            readOnly={readOnly}
            error={fault}
            help={
              days === 0
                ? 'Who is deleted in the identity provider is erased here at once.'
                : 'So long, someone who was deleted in the identity provider can come back with groups, pools and history. Then they are erased.'
            }
            onChange={(event) => edit({ graceDays: event.target.value })}
          />
          <Select
            label="Identity provider"
            value={draft.dialect ?? automatic}
            disabled={readOnly}
            choices={[
              {
                value: automatic,
                label: 'Recognise it by its calls',
                ...(fresh.value.detectedDialect
                  ? { hint: `Now: ${fresh.value.detectedDialect.label}` }
                  : {}),
              },
              ...fresh.value.dialects.map(({ name, label }) => ({ value: name, label })),
            ]}
            help="Names who is calling in the log. Everything that a provider is known to send is understood from everyone."
            onChange={(chosen) => edit({ dialect: chosen === automatic ? null : chosen })}
          />
        </div>
      </Card>
      {readOnly ? null : (
        <SaveCard
          dirty={dirty}
          blocked={fault !== undefined}
          busy={save.isPending}
          problem={stale ? null : problem}
          onDiscard={() => setEdited(null)}
          onSave={() => save.mutate()}
        />
      )}
      <Stale
        open={stale}
        onChoose={async (keep) => {
          const now = await reload()
          setEdited(keep ? { from: now, draft } : null)
          save.reset()
        }}
        onClose={() => save.reset()}
      />
      <LeaveGuard dirty={dirty} stays={(path) => path.endsWith('/settings/identity/scim')} />
    </Section>
  )
}
