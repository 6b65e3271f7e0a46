import { ArrowRight, DoorOpen } from 'lucide-react'
import type { ProvisioningSource, ProvisioningView } from '../../../../contract/src/index.ts'
import { useOrganisation } from '../../client/index.ts'
import {
  Badge,
  Banner,
  BareSwitch,
  ButtonLink,
  Card,
  CopyField,
  linkStateWords,
  Section,
  sourceLabel,
  TextLink,
} from '../../parts/index.ts'
import type { Draft } from './draft.ts'
import { PauseButton, PausedBanner } from './Pause.tsx'
import { RollBack } from './RollBack.tsx'

const requiresSso = 'Requires SSO as the login method'

type Option = ProvisioningView['options'][number]

export function ProvisioningSection({
  view,
  draft,
  changed,
  edited,
  readOnly,
  onSource,
  onSelfService,
}: {
  view: ProvisioningView
  draft: Draft
  changed: boolean
  /** Whether anything of the form waits for its Save. */
  edited: boolean
  readOnly: boolean
  onSource: (source: ProvisioningSource) => void
  onSelfService: (on: boolean) => void
}) {
  const closed = draft.method === null
  return (
    <Section
      id="provisioning"
      title="Provisioning"
      about="How people come to be here. One way at a time: switching one on switches the others off."
      action={
        <div className="flex items-center gap-3">
          {changed ? <Badge tone="warn">Not saved yet</Badge> : null}
          {closed || readOnly || view.paused ? null : <PauseButton edited={edited} />}
        </div>
      }
    >
      {view.paused ? <PausedBanner paused={view.paused} readOnly={readOnly} /> : null}
      <Card>
        <div className="flex items-start gap-3.5 border-b border-line bg-sunken/60 px-5 py-4 first:rounded-t-xl sm:px-6">
          <DoorOpen className="mt-px size-5 shrink-0 text-accent-text" aria-hidden="true" />
          <p className="text-base font-medium text-ink">{view.entrySentence}</p>
        </div>
        {view.rollback && !readOnly ? (
          <RollBack rollback={view.rollback} protocol={draft.protocol} edited={edited} />
        ) : null}
        {closed ? (
          <div className="px-5 pt-5 sm:px-6">
            <Banner title="Choose a login method first">
              Provisioning can be configured once it is decided how people sign in.
            </Banner>
          </div>
        ) : null}
        <ul className="divide-y divide-line">
          {view.options.map((option) => (
            <Way
              key={option.source}
              option={option}
              draft={draft}
              saved={view.source}
              closed={closed || readOnly}
              onSource={onSource}
            />
          ))}
          <SelfService
            view={view}
            draft={draft}
            readOnly={closed || readOnly}
            onChange={onSelfService}
          />
        </ul>
      </Card>
    </Section>
  )
}

function Way({
  option,
  draft,
  saved,
  closed,
  onSource,
}: {
  option: Option
  draft: Draft
  saved: ProvisioningSource
  closed: boolean
  onSource: (source: ProvisioningSource) => void
}) {
  const { source, label } = option
  const on = draft.source === source
  const because = closed && draft.method === null ? null : whyNot(option, draft)
  const id = `way-${source}`
  return (
    <li className="flex flex-col gap-3 px-5 py-5 sm:px-6">
      <div className="flex items-start justify-between gap-5">
        <div className="min-w-0">
          <h3 id={id} className="font-semibold">
            {source === 'sso_jit' ? sourceLabel(source, draft.protocol) : label}
          </h3>
          <p className="text-ink-2">{option.purpose}</p>
        </div>
        {source === 'portal' ? (
          <Badge tone={on && draft.method !== null ? 'good' : 'neutral'}>
            {on && draft.method !== null ? 'On' : 'Off'}
          </Badge>
        ) : (
          <BareSwitch
            checked={on}
            disabled={closed || (because !== null && !on)}
            labelledBy={id}
            describedBy={because ? `${id}-because` : undefined}
            onChange={(next) => onSource(next ? source : 'portal')}
          />
        )}
      </div>
      {because && source !== 'portal' ? (
        <p id={`${id}-because`} className="text-sm font-medium text-warn">
          {because}
        </p>
      ) : null}
      <dl className="grid gap-x-8 gap-y-1 text-sm sm:grid-cols-2">
        <div>
          <dt className="text-ink-3">Needs</dt>
          <dd className="text-ink-2">{option.requires}</dd>
        </div>
        <div>
          <dt className="text-ink-3">How to enable</dt>
          <dd className="text-ink-2">{option.howToEnable}</dd>
        </div>
      </dl>
      {source === 'sso_jit' && on ? (
        <Banner>
          Removing someone in the identity provider does not remove them here: deactivate and delete
          them in User Management. Roles are given only here, too.
        </Banner>
      ) : null}
      {source === 'scim' && draft.method === 'sso' ? (
        <ScimNote chosen={on} saved={saved === 'scim'} before={saved} />
      ) : null}
    </li>
  )
}

/** Where SCIM is set up, and what choosing it does. */
function ScimNote({
  chosen,
  saved,
  before,
}: {
  chosen: boolean
  saved: boolean
  before: ProvisioningSource
}) {
  const { slug } = useOrganisation()
  if (!chosen && !saved) {
    return (
      <p className="text-sm">
        <TextLink to="/o/$slug/settings/identity/scim" params={{ slug }}>
          Prepare the SCIM connection
        </TextLink>
      </p>
    )
  }
  return (
    <div className="flex flex-col items-start gap-3">
      {chosen && !saved ? (
        <Banner title="What changes when you save">
          Your identity provider decides who is here: creating and inviting close
          {before === 'sso_jit' ? ', strangers no longer get an account by signing in,' : ''} and
          profiles become read-only here. Everyone who is here now stays, keeps working, and is
          taken over when the identity provider sends them.
        </Banner>
      ) : null}
      {saved ? (
        <ButtonLink to="/o/$slug/settings/identity/scim" params={{ slug }}>
          Open the SCIM connection
          <ArrowRight aria-hidden="true" />
        </ButtonLink>
      ) : (
        <p className="text-sm text-ink-2">Save first; then the SCIM connection is set up here.</p>
      )}
    </div>
  )
}

/** What stands on SSO can be chosen as soon as SSO is, in this very form; the server has the last word. */
function whyNot(option: Option, draft: Draft): string | null {
  if (option.source === 'portal') return null
  if (draft.method !== 'sso') return requiresSso
  if (option.source === 'sso_jit' || option.source === 'scim') return null
  return option.available ? null : (option.unavailableBecause ?? requiresSso)
}

/** "Allow self-service registration": the switch, the link with Copy, and the way to its settings (SS-3). */
function SelfService({
  view,
  draft,
  readOnly,
  onChange,
}: {
  view: ProvisioningView
  draft: Draft
  readOnly: boolean
  onChange: (on: boolean) => void
}) {
  const { slug } = useOrganisation()
  const { selfService: link } = view
  const elsewhere = draft.source !== 'portal'
  return (
    <li className="flex flex-col gap-3 px-5 py-5 sm:px-6">
      <div className="flex items-start justify-between gap-5">
        <div className="min-w-0">
          <h3 id="way-self-service" className="font-semibold">
            Allow self-service registration
          </h3>
          <p className="text-ink-2">
            One link with which people of your own e-mail domains register themselves. It stands on
            your sign-in page, too.
          </p>
        </div>
        <BareSwitch
          checked={draft.selfService && !elsewhere}
          disabled={readOnly || elsewhere}
          labelledBy="way-self-service"
          describedBy={elsewhere ? 'way-self-service-because' : undefined}
          onChange={onChange}
        />
      </div>
      {elsewhere ? (
        <p id="way-self-service-because" className="text-sm font-medium text-warn">
          Works while people enter by the portal
        </p>
      ) : null}
      <dl className="grid gap-x-8 gap-y-1 text-sm sm:grid-cols-2">
        <div>
          <dt className="text-ink-3">Needs</dt>
          <dd className="text-ink-2">No login method in particular</dd>
        </div>
        <div>
          <dt className="text-ink-3">State</dt>
          <dd className="text-ink-2">
            {linkStateWords[link.state].label}: {linkStateWords[link.state].about}
          </dd>
        </div>
      </dl>
      {link.url ? <CopyField label="Link to share" value={link.url} /> : null}
      <p className="text-sm">
        <TextLink to="/o/$slug/settings/identity/self-service" params={{ slug }}>
          Domains, places, approval and who came
        </TextLink>
      </p>
    </li>
  )
}
