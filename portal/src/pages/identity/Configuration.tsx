import { useMatchRoute, useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useOrganisation, useSwitching } from '../../client/index.ts'
import { Banner, LeaveGuard, OnItsWay } from '../../parts/index.ts'
import { changesOf, type Draft, draftOf, settingsOf, type Views } from './draft.ts'
import { EntraGuide } from './EntraGuide.tsx'
import { LoginMethodSection } from './LoginMethodSection.tsx'
import { missing } from './missing.ts'
import { ProvisioningSection } from './ProvisioningSection.tsx'
import { SaveBar } from './SaveBar.tsx'
import { useTestSignIn } from './testSignIn.ts'

/** Both sections as one form with one "Save" (PV-1, PV-3). */
export function Configuration({ fresh, reload }: { fresh: Views; reload: () => Promise<Views> }) {
  const { slug } = useOrganisation()
  const switching = useSwitching()
  // While something is edited, the state it was edited against stays put: that is what a Save
  // must be compared with, whatever is loaded meanwhile.
  const [edited, setEdited] = useState<{ draft: Draft; views: Views } | null>(null)
  const views = edited?.views ?? fresh
  const draft = useMemo(() => edited?.draft ?? draftOf(views), [edited, views])
  const changes = changesOf(draft, views)
  const input = useMemo(() => settingsOf(draft), [draft])
  const testing = useTestSignIn(input)
  const login = fresh.login.value
  const gaps = missing(draft, changes, login, testing)
  const readOnly = !login.canWrite
  const navigate = useNavigate()
  const guide = Boolean(useMatchRoute()({ to: '/o/$slug/settings/identity/entra' }))

  const edit = (change: Partial<Draft>) => setEdited({ views, draft: { ...draft, ...change } })
  const choose = (method: Draft['method']) =>
    // SCIM, LDAP and JIT stand on SSO; leaving it leaves them, visibly, in the same form.
    edit({ method, ...(method === 'sso' ? {} : { source: 'portal' as const }) })

  return (
    <>
      {readOnly ? (
        <Banner title="You can look, not change">
          Your role reads these settings. A manager of the organisation can change them.
        </Banner>
      ) : null}
      <OnItsWay switching={switching} />
      <LoginMethodSection
        view={login}
        draft={draft}
        readOnly={readOnly}
        testing={testing}
        changed={changes.login}
        onChoose={choose}
        onEdit={edit}
      />
      <ProvisioningSection
        view={fresh.provisioning.value}
        draft={draft}
        changed={changes.source}
        edited={changes.any}
        readOnly={readOnly}
        onSource={(source) => edit({ source })}
        onSelfService={(selfService) => edit({ selfService })}
      />
      {readOnly ? null : (
        <SaveBar
          draft={draft}
          views={views}
          changes={changes}
          gaps={gaps}
          testId={testing.test?.id}
          onDiscard={() => setEdited(null)}
          onSaved={async () => {
            await reload()
            setEdited(null)
          }}
          onStale={async (keep) => {
            const now = await reload()
            setEdited(keep ? { draft, views: now } : null)
          }}
        />
      )}
      <LeaveGuard
        dirty={changes.any}
        stays={(path) => /\/settings\/identity(\/entra)?\/?$/.test(path)}
      />
      <EntraGuide
        open={guide}
        onClose={() => void navigate({ to: '/o/$slug/settings/identity', params: { slug } })}
        view={login}
        draft={draft}
        readOnly={readOnly}
        testing={testing}
        onSaml={(change) =>
          edit({
            method: 'sso',
            protocol: 'saml',
            saml: { ...draft.saml, provider: 'entra', ...change },
          })
        }
      />
    </>
  )
}
