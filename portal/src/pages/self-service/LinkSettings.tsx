import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type {
  ProvisioningChange,
  ProvisioningView,
  SelfServiceView,
} from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation, type Versioned } from '../../client/index.ts'
import {
  Badge,
  Banner,
  Card,
  Checkbox,
  LeaveGuard,
  SaveCard,
  Section,
  Segmented,
  Stale,
  Switch,
  TextArea,
  TextField,
  toast,
} from '../../parts/index.ts'

type Draft = {
  enabled: boolean
  domains: string
  anyDomain: boolean
  acknowledged: boolean
  /** A day as `YYYY-MM-DD`, or nothing. */
  expiresOn: string
  maxUses: string
  requireApproval: boolean
  termsUrl: string
}
type Wish = NonNullable<ProvisioningChange['selfService']>

function draftOf(view: SelfServiceView): Draft {
  return {
    enabled: view.enabled,
    domains: view.allowedDomains.join('\n'),
    anyDomain: view.anyDomain,
    acknowledged: view.anyDomain,
    expiresOn: view.expiresAt === null ? '' : dayOf(view.expiresAt),
    maxUses: view.maxUses === null ? '' : String(view.maxUses),
    requireApproval: view.requireApproval,
    termsUrl: view.termsUrl ?? '',
  }
}

function dayOf(at: number): string {
  const day = new Date(at)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
}

const domainsIn = (text: string) => text.split(/[\s,;]+/).filter(Boolean)

/** Domains typed in any of the usual ways; the last moment of the day that it expires on. */
function wishOf(draft: Draft): Wish {
  return {
    enabled: draft.enabled,
    allowedDomains: domainsIn(draft.domains),
    anyDomain: draft.anyDomain,
    acknowledgeRisk: draft.acknowledged,
    expiresAt: draft.expiresOn === '' ? null : new Date(`${draft.expiresOn}T23:59:59`).getTime(),
    maxUses: draft.maxUses.trim() === '' ? null : Number(draft.maxUses),
    requireApproval: draft.requireApproval,
    termsUrl: draft.termsUrl.trim() === '' ? null : draft.termsUrl.trim(),
  }
}

/** Who may register, how many and until when; nothing takes effect before "Save" (PV-3). */
export function LinkSettings({
  fresh,
  reload,
}: {
  fresh: Versioned<ProvisioningView>
  reload: () => Promise<Versioned<ProvisioningView>>
}) {
  const { api } = useOrganisation()
  // What was loaded when the editing began is what a Save is compared with (GE-5).
  const [edited, setEdited] = useState<{ draft: Draft; from: Versioned<ProvisioningView> } | null>(
    null,
  )
  const from = edited?.from ?? fresh
  const { source, selfService: view } = from.value
  const saved = draftOf(view)
  const draft = edited?.draft ?? saved
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved)
  const readOnly = !fresh.value.canWrite
  const elsewhere = source !== 'portal'
  const edit = (change: Partial<Draft>) => {
    save.reset()
    setEdited({ from, draft: { ...draft, ...change } })
  }
  const save = useMutation({
    mutationFn: () => api.changeProvisioning({ source, selfService: wishOf(draft) }, from.etag),
    onSuccess: async () => {
      await reload()
      setEdited(null)
      toast('Saved', { about: 'The link follows the new settings from now on.' })
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const stale = problem?.status === 412
  const ofDomains = problem?.code === 'domain.not_allowed'
  const uses = draft.maxUses.trim()
  const useFault =
    uses === '' || (/^\d{1,7}$/.test(uses) && Number(uses) >= 1 && Number(uses) <= 1_000_000)
      ? undefined
      : 'A whole number from 1 to 1,000,000, or nothing.'
  const unacknowledged = draft.anyDomain && !draft.acknowledged
  return (
    <Section
      id="settings"
      title="Who may register"
      about="Nothing takes effect before you save. Whoever is here already is not affected: the list never touches sign-in."
      action={dirty ? <Badge tone="warn">Not saved yet</Badge> : null}
    >
      <Card className="flex flex-col divide-y divide-line px-5 sm:px-6 [&>*]:py-5">
        <Switch
          label="Allow self-service registration"
          help={
            elsewhere
              ? 'Works while people enter by the portal: choose it under Provisioning first.'
              : 'While it is on, the link also stands on your sign-in page.'
          }
          checked={draft.enabled}
          disabled={readOnly || elsewhere}
          onChange={(enabled) => edit({ enabled })}
        />
        <div className="flex flex-col gap-4">
          <div className="font-medium">E-mail addresses</div>
          <div>
            <Segmented
              label="E-mail addresses"
              value={draft.anyDomain ? 'any' : 'listed'}
              disabled={readOnly}
              onChange={(choice) => edit({ anyDomain: choice === 'any', acknowledged: false })}
              choices={[
                { value: 'listed', label: 'Of these domains' },
                { value: 'any', label: 'Of any domain' },
              ]}
            />
          </div>
          {draft.anyDomain ? (
            <>
              <Banner tone="warn" title="Anyone on the internet could join">
                Whoever gets hold of the link becomes a member with ROLE_USER. Cap its uses, let it
                expire, or approve each registration.
              </Banner>
              <Checkbox
                label="I know that the link alone decides who joins"
                checked={draft.acknowledged}
                onChange={(acknowledged) => edit({ acknowledged })}
              />
            </>
          ) : (
            <TextArea
              label="Allowed domains"
              value={draft.domains}
              readOnly={readOnly}
              placeholder="company.com"
              className="min-h-20 font-mono text-sm"
              error={ofDomains ? problem.detail : undefined}
              help={
                domainsIn(draft.domains).length === 0
                  ? 'With an empty list nobody can register.'
                  : 'One a line. The whole domain must match: eu.company.com is another one.'
              }
              onChange={(event) => edit({ domains: event.target.value })}
            />
          )}
        </div>
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField
            label="Expires on"
            note="optional"
            type="date"
            value={draft.expiresOn}
            readOnly={readOnly}
            help="The link closes at the end of that day."
            onChange={(event) => edit({ expiresOn: event.target.value })}
          />
          <TextField
            label="Maximum uses"
            note="optional"
            inputMode="numeric"
            value={draft.maxUses}
            readOnly={readOnly}
            error={useFault}
            help="Only people who proved their address count."
            onChange={(event) => edit({ maxUses: event.target.value })}
          />
        </div>
        <Switch
          label="Require approval"
          help={
            view.approvalForced
              ? 'Always on without a mail service: nobody can prove an address alone. You approve, and hand the activation link over.'
              : 'Registrants wait until a manager approves them; before that they are nobody here.'
          }
          checked={draft.requireApproval || view.approvalForced}
          disabled={readOnly || view.approvalForced}
          onChange={(requireApproval) => edit({ requireApproval })}
        />
        <TextField
          label="Terms to accept"
          note="optional"
          type="url"
          value={draft.termsUrl}
          readOnly={readOnly}
          spellCheck={false}
          placeholder="https://company.com/terms"
          help="Whoever registers has to accept them; which version and when is kept."
          onChange={(event) => edit({ termsUrl: event.target.value })}
        />
      </Card>
      {readOnly ? null : (
        <SaveCard
          dirty={dirty}
          blocked={useFault !== undefined || unacknowledged}
          busy={save.isPending}
          problem={stale || ofDomains ? null : problem}
          onDiscard={() => setEdited(null)}
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
      <LeaveGuard
        dirty={dirty}
        stays={(path) => path.endsWith('/settings/identity/self-service')}
      />
    </Section>
  )
}
