import { ArrowRight, BookOpenCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import type { LoginMethodView } from '../../../../contract/src/index.ts'
import { useOrganisation } from '../../client/index.ts'
import { ButtonLink, Card, CopyField, Select, TextField } from '../../parts/index.ts'
import { Advanced } from './Advanced.tsx'
import { providers, type SamlDraft } from './draft.ts'
import { IdpSide } from './IdpSide.tsx'
import { TestPanel } from './TestPanel.tsx'
import type { TestSignIn } from './testSignIn.ts'

type Props = {
  view: LoginMethodView
  draft: SamlDraft
  readOnly: boolean
  testing: TestSignIn
  onChange: (change: Partial<SamlDraft>) => void
}

export function SsoForm({ view, draft, readOnly, testing, onChange }: Props) {
  return (
    <Card className="divide-y divide-line">
      <Part title="Your identity provider" about="The name appears on the sign-in button.">
        <div className="grid gap-4 sm:grid-cols-2">
          <Select
            label="Identity provider"
            value={draft.provider}
            choices={providers}
            disabled={readOnly}
            onChange={(provider) =>
              onChange({
                provider,
                // A name nobody has changed follows the choice.
                ...(providers.some(({ label }) => label === draft.connectionName) ||
                draft.connectionName === 'SSO'
                  ? { connectionName: nameOf(provider) }
                  : {}),
              })
            }
          />
          <TextField
            label="Connection name"
            value={draft.connectionName}
            maxLength={60}
            readOnly={readOnly}
            help={`“Continue with ${draft.connectionName || '…'}”`}
            error={draft.connectionName.trim() === '' ? 'Please enter a name.' : undefined}
            onChange={(event) => onChange({ connectionName: event.target.value })}
          />
        </div>
        {draft.provider === 'entra' ? <GuideOffer /> : null}
      </Part>
      <Part
        title="Copy into your identity provider"
        about="Looking at these values or copying them enables nothing."
      >
        <ProviderValues view={view} />
      </Part>
      <Part
        title="Copy from your identity provider"
        about="Its metadata holds everything; fields are there for providers that publish none."
      >
        <IdpSide draft={draft} readOnly={readOnly} onChange={onChange} />
      </Part>
      <Advanced draft={draft} readOnly={readOnly} onChange={onChange} />
      <Part
        title="Test sign-in"
        about="Runs these unsaved settings from end to end. It creates no user, changes nothing, and nobody else sees it."
      >
        <TestPanel testing={testing} readOnly={readOnly} />
      </Part>
    </Card>
  )
}

export function nameOf(provider: SamlDraft['provider']): string {
  if (provider === 'other') return 'SSO'
  return providers.find(({ value }) => value === provider)?.label ?? 'SSO'
}

export function Part({
  title,
  about,
  children,
}: {
  title: string
  about?: ReactNode
  children: ReactNode
}) {
  return (
    <div className="flex flex-col gap-4 p-5 sm:p-6">
      <div>
        <h3 className="font-semibold text-ink">{title}</h3>
        {about ? <p className="text-ink-2">{about}</p> : null}
      </div>
      {children}
    </div>
  )
}

function ProviderValues({ view }: { view: LoginMethodView }) {
  const values = view.serviceProvider
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <CopyField
        label="ACS URL"
        value={values.acsUrl}
        help="Reply URL, Assertion Consumer Service"
      />
      <CopyField label="Entity ID" value={values.entityId} help="Identifier, audience" />
      <CopyField label="Metadata URL" value={values.metadataUrl} />
      <CopyField label="Sign on URL" value={values.signOnUrl} />
    </div>
  )
}

function GuideOffer() {
  const { slug } = useOrganisation()
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 rounded-xl bg-accent-soft px-4 py-3">
      <div className="flex min-w-0 items-center gap-3">
        <BookOpenCheck className="size-5 shrink-0 text-accent-text" aria-hidden="true" />
        <p className="text-ink">
          <span className="font-medium">Set up with Microsoft Entra ID</span>: step by step, in the
          words of its screens.
        </p>
      </div>
      <ButtonLink
        size="small"
        to="/o/$slug/settings/identity/entra"
        params={{ slug }}
        resetScroll={false}
      >
        Open the guide
        <ArrowRight aria-hidden="true" />
      </ButtonLink>
    </div>
  )
}
