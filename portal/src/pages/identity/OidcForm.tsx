import { ChevronRight } from 'lucide-react'
import type { LoginMethodView } from '../../../../contract/src/index.ts'
import { Card, CopyField, PasswordField, Select, TextField } from '../../parts/index.ts'
import { refreshes } from './Advanced.tsx'
import { keepsSecret, type OidcDraft, providers } from './draft.ts'
import { oidcGuides } from './oidcGuides.ts'
import { nameOf, Part } from './SsoForm.tsx'
import { TestPanel } from './TestPanel.tsx'
import type { TestSignIn } from './testSignIn.ts'

type Edit = { draft: OidcDraft; readOnly: boolean; onChange: (change: Partial<OidcDraft>) => void }

const known = providers.filter(({ value }) => value !== 'onelogin' && value !== 'ping')
const clientAuths: { value: OidcDraft['clientAuth']; label: string; hint: string }[] = [
  {
    value: 'client_secret_basic',
    label: 'Client secret, basic',
    hint: 'In the header: what most providers expect',
  },
  { value: 'client_secret_post', label: 'Client secret, post', hint: 'In the body of the request' },
  {
    value: 'private_key_jwt',
    label: 'Private key (private_key_jwt)',
    hint: 'No secret that can leak or expire',
  },
]

/** The connection by OpenID Connect (LM-30). */
export function OidcForm({
  view,
  testing,
  ...edit
}: Edit & { view: LoginMethodView; testing: TestSignIn }) {
  const { draft, readOnly, onChange } = edit
  return (
    <Card className="divide-y divide-line">
      <Part title="Your identity provider" about="The name appears on the sign-in button.">
        <div className="grid gap-4 sm:grid-cols-2">
          <Select
            label="Identity provider"
            value={draft.provider}
            choices={known}
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
      </Part>
      <Part
        title="Copy into your identity provider"
        about="Looking at these values or copying them enables nothing."
      >
        <div className="grid gap-4 lg:grid-cols-2">
          <CopyField
            label="Redirect URI"
            value={view.relyingParty.redirectUri}
            help="Sign-in redirect URI, callback URL"
          />
          {draft.clientAuth === 'private_key_jwt' ? (
            <CopyField
              label="Key set URL"
              value={view.relyingParty.jwksUrl}
              help="JWKS URL: the public key that our requests are signed with"
            />
          ) : null}
        </div>
        <Guide draft={draft} />
      </Part>
      <Part title="Copy from your identity provider">
        <FromProvider {...edit} />
      </Part>
      <AdvancedOidc {...edit} />
      <Part
        title="Test sign-in"
        about="Runs these unsaved settings from end to end. It creates no user, changes nothing, and nobody else sees it."
      >
        <TestPanel testing={testing} readOnly={readOnly} />
      </Part>
    </Card>
  )
}

function Guide({ draft }: { draft: OidcDraft }) {
  const guide = oidcGuides[draft.provider]
  if (!guide) return null
  return (
    <details className="group rounded-xl bg-accent-soft">
      <summary className="flex list-none items-center gap-2 rounded-xl px-4 py-3 font-medium text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight
          className="size-4 shrink-0 text-accent-text transition-transform group-open:rotate-90"
          aria-hidden="true"
        />
        Set up with {providers.find(({ value }) => value === draft.provider)?.label}
      </summary>
      <div className="flex flex-col gap-3 px-4 pb-4">
        <ol className="flex list-decimal flex-col gap-2 pl-5 text-ink-2 marker:text-ink-3">
          {guide.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        {guide.note ? <p className="text-ink-2">{guide.note}</p> : null}
      </div>
    </details>
  )
}

function FromProvider({ draft, readOnly, onChange }: Edit) {
  const byKey = draft.clientAuth === 'private_key_jwt'
  const kept = keepsSecret(draft)
  const belongsElsewhere = draft.secretOf !== null && !kept && draft.clientSecret === ''
  return (
    <div className="flex flex-col gap-4">
      <TextField
        label="Discovery URL"
        type="url"
        value={draft.discoveryUrl}
        readOnly={readOnly}
        spellCheck={false}
        className="font-mono text-sm"
        placeholder={oidcGuides[draft.provider]?.discoveryUrl}
        help="Ends in /.well-known/openid-configuration; the issuer alone is enough."
        onChange={(event) => onChange({ discoveryUrl: event.target.value })}
      />
      <div className="grid gap-4 lg:grid-cols-2">
        <TextField
          label="Client ID"
          value={draft.clientId}
          readOnly={readOnly}
          spellCheck={false}
          autoComplete="off"
          className="font-mono text-sm"
          onChange={(event) => onChange({ clientId: event.target.value })}
        />
        <Select
          label="Client authentication"
          value={draft.clientAuth}
          choices={clientAuths}
          disabled={readOnly}
          onChange={(clientAuth) => onChange({ clientAuth })}
        />
      </div>
      {byKey ? (
        <p className="text-ink-2">
          No secret: requests are signed with a key that never leaves this server. Give the provider
          the key set URL above.
        </p>
      ) : (
        <PasswordField
          label="Client secret"
          note={kept && draft.clientSecret === '' ? 'set' : undefined}
          value={draft.clientSecret}
          readOnly={readOnly}
          autoComplete="new-password"
          placeholder={kept ? '•••••••••••• is set' : undefined}
          help={
            kept
              ? 'A secret is stored and never shown. Leave this empty to keep it.'
              : belongsElsewhere
                ? 'The stored secret belongs to another provider or client: enter the one of this client.'
                : 'Stored encrypted and never shown again.'
          }
          onChange={(event) => onChange({ clientSecret: event.target.value })}
        />
      )}
    </div>
  )
}

function AdvancedOidc({ draft, readOnly, onChange }: Edit) {
  const claim = (
    label: string,
    name: 'emailClaim' | 'subjectClaim' | 'firstName' | 'lastName',
  ) => ({
    label,
    value: draft[name],
    readOnly,
    spellCheck: false,
    className: 'font-mono text-sm',
    onChange: (event: { target: { value: string } }) => onChange({ [name]: event.target.value }),
  })
  return (
    <details className="group">
      <summary className="flex list-none items-center gap-2 px-5 py-4 font-semibold hover:bg-hover/60 sm:px-6 [&::-webkit-details-marker]:hidden">
        <ChevronRight
          className="size-4 text-ink-3 transition-transform group-open:rotate-90"
          aria-hidden="true"
        />
        Advanced
        <span className="truncate font-normal text-ink-3">claims, refresh</span>
      </summary>
      <div className="grid gap-4 px-5 pt-1 pb-6 sm:grid-cols-2 sm:px-6">
        <TextField
          {...claim('Claim with the e-mail', 'emailClaim')}
          error={draft.emailClaim.trim() === '' ? 'Please enter the claim’s name.' : undefined}
        />
        <TextField
          {...claim('Stable subject claim', 'subjectClaim')}
          help="Never changes for a person. “sub” is right unless you migrate."
        />
        <TextField
          {...claim('Claim for the first name', 'firstName')}
          help="“given_name” serves when it is absent."
        />
        <Select
          label="First name is refreshed at"
          value={draft.refreshFirstName}
          choices={refreshes}
          disabled={readOnly}
          onChange={(refreshFirstName) => onChange({ refreshFirstName })}
        />
        <TextField
          {...claim('Claim for the last name', 'lastName')}
          help="“family_name” serves when it is absent."
        />
        <Select
          label="Last name is refreshed at"
          value={draft.refreshLastName}
          choices={refreshes}
          disabled={readOnly}
          onChange={(refreshLastName) => onChange({ refreshLastName })}
        />
      </div>
    </details>
  )
}
