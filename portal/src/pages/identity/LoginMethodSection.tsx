import { KeyRound, ShieldCheck } from 'lucide-react'
import type { LoginMethod, LoginMethodView } from '../../../../contract/src/index.ts'
import { useOrganisation } from '../../client/index.ts'
import {
  Badge,
  Banner,
  Card,
  ChoiceCards,
  methodWords,
  Section,
  Segmented,
  Switch,
  TextLink,
} from '../../parts/index.ts'
import type { Draft } from './draft.ts'
import { GoogleForm } from './GoogleForm.tsx'
import { OidcForm } from './OidcForm.tsx'
import { SsoForm } from './SsoForm.tsx'
import type { TestSignIn } from './testSignIn.ts'

export function LoginMethodSection({
  view,
  draft,
  readOnly,
  testing,
  changed,
  onChoose,
  onEdit,
}: {
  view: LoginMethodView
  draft: Draft
  readOnly: boolean
  testing: TestSignIn
  changed: boolean
  onChoose: (method: LoginMethod) => void
  onEdit: (change: Partial<Draft>) => void
}) {
  return (
    <Section
      id="login-method"
      title="Login method"
      about={
        view.method === null
          ? 'Choose how people sign in. Everyone uses the same one method; until it is chosen, nobody can be added.'
          : 'Everyone signs in this one way.'
      }
      action={changed ? <Badge tone="warn">Not saved yet</Badge> : null}
    >
      <ChoiceCards
        labelledBy="login-method"
        value={draft.method}
        disabled={readOnly}
        onChange={onChoose}
        choices={[
          {
            value: 'password',
            label: methodWords.password,
            about: 'People choose a password of their own.',
            icon: <KeyRound aria-hidden="true" />,
          },
          {
            value: 'google',
            label: methodWords.google,
            about: 'People continue with their Google account.',
            icon: <GoogleMark />,
            unavailableBecause: view.googleAvailable
              ? null
              : 'The operator has not set up a Google client.',
          },
          {
            value: 'sso',
            label: methodWords.sso,
            about: 'People sign in through your identity provider, by SAML or OpenID Connect.',
            icon: <ShieldCheck aria-hidden="true" />,
          },
        ]}
      />
      {draft.method === 'password' ? (
        <Card className="px-5 py-4">
          <Switch
            label="Require a second factor"
            help="Passkey or authenticator app. Whoever has none sets one up at their next sign-in, between password and session."
            checked={draft.requireSecondFactor}
            disabled={readOnly}
            onChange={(requireSecondFactor) => onEdit({ requireSecondFactor })}
          />
        </Card>
      ) : null}
      {draft.method === 'sso' ? (
        <>
          <EmergencyNote view={view} />
          <Protocol draft={draft} view={view} readOnly={readOnly} onEdit={onEdit} />
          {draft.protocol === 'oidc' ? (
            <OidcForm
              view={view}
              draft={draft.oidc}
              readOnly={readOnly}
              testing={testing}
              onChange={(change) => onEdit({ oidc: { ...draft.oidc, ...change } })}
            />
          ) : (
            <SsoForm
              view={view}
              draft={draft.saml}
              readOnly={readOnly}
              testing={testing}
              onChange={(change) => onEdit({ saml: { ...draft.saml, ...change } })}
            />
          )}
        </>
      ) : draft.method === 'google' ? (
        <GoogleForm
          view={view}
          workspaceDomain={draft.workspaceDomain}
          readOnly={readOnly}
          testing={testing}
          onChange={(workspaceDomain) => onEdit({ workspaceDomain })}
        />
      ) : null}
    </Section>
  )
}

/** LM-19: one connection, by one of the two. */
function Protocol({
  draft,
  view,
  readOnly,
  onEdit,
}: {
  draft: Draft
  view: LoginMethodView
  readOnly: boolean
  onEdit: (change: Partial<Draft>) => void
}) {
  const saved = view.oidc ? 'oidc' : view.saml ? 'saml' : null
  const replaces = saved !== null && saved !== draft.protocol
  return (
    <Card className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-5 py-4 sm:px-6">
      <div className="min-w-0 flex-1 basis-64">
        <h3 className="font-semibold text-ink">Protocol</h3>
        <p className="text-ink-2">
          {replaces
            ? `Saving replaces the connection by ${protocolWords[saved]}: an organisation has one.`
            : 'Most identity providers speak both. An organisation has one connection.'}
        </p>
      </div>
      <Segmented
        label="Protocol"
        value={draft.protocol}
        disabled={readOnly}
        onChange={(protocol) => onEdit({ protocol })}
        choices={[
          { value: 'saml', label: protocolWords.saml },
          { value: 'oidc', label: protocolWords.oidc },
        ]}
      />
    </Card>
  )
}

const protocolWords = { saml: 'SAML', oidc: 'OpenID Connect' }

function EmergencyNote({ view }: { view: LoginMethodView }) {
  const { slug } = useOrganisation()
  const { exists, proved } = view.breakGlass
  if (exists && proved) return null
  return (
    <Banner
      tone="warn"
      title={exists ? 'The emergency account is not proved' : 'SSO needs an emergency account'}
      action={
        <TextLink to="/o/$slug/settings/emergency" params={{ slug }}>
          Emergency access
        </TextLink>
      }
    >
      {exists
        ? 'Sign in with it once, in a private window. Then it counts for 90 days.'
        : 'When your identity provider is down, it is the only way in. Create one and sign in with it once.'}
    </Banner>
  )
}

function GoogleMark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="2">
      <path d="M20.5 12H12m8.4 0a8.5 8.5 0 1 1-2.6-6.1" strokeLinecap="round" />
    </svg>
  )
}
