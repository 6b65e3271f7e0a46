import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ChevronLeft, FlaskConical } from 'lucide-react'
import type { ProvisioningView, ScimView, ShadowView } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation, type Versioned } from '../../client/index.ts'
import {
  Banner,
  ButtonLink,
  Card,
  ErrorState,
  Page,
  Skeleton,
  SkeletonRows,
  TextLink,
} from '../../parts/index.ts'
import { Addresses } from './Addresses.tsx'
import { Clients } from './Clients.tsx'
import { Dialect } from './Dialect.tsx'
import { Guide } from './Guide.tsx'
import { guides } from './guides/index.ts'
import { Health } from './Health.tsx'
import { Settings } from './Settings.tsx'
import { Shadow } from './Shadow.tsx'
import { useShadow } from './shadow/useShadow.ts'
import { Tokens } from './Tokens.tsx'

const route = getRouteApi('/o/$slug/settings/identity/scim')
/** While a manager watches the first calls come in. */
const refreshMs = 10_000

export function ScimPage() {
  const { api, key, slug, name } = useOrganisation()
  const scim = useQuery({
    queryKey: key('scim'),
    queryFn: api.scim,
    refetchInterval: refreshMs,
  })
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const error = scim.error ?? provisioning.error
  const reload = async () => {
    const fresh = await scim.refetch({ throwOnError: true })
    if (!fresh.data) throw new Error('Nothing was loaded.')
    return fresh.data
  }
  return (
    <div className="flex flex-col gap-4">
      <TextLink
        to="/o/$slug/settings/identity"
        params={{ slug }}
        className="-ml-1 inline-flex min-h-6 items-center gap-0.5 self-start"
      >
        <ChevronLeft className="size-4" aria-hidden="true" />
        Identity Configuration
      </TextLink>
      <Page
        title="SCIM connection"
        about={`How your identity provider brings people and groups to ${name}, and what it may do there.`}
        action={
          <ButtonLink to="/o/$slug/settings/provisioning-log" params={{ slug }}>
            Provisioning log
          </ButtonLink>
        }
      >
        {scim.data && provisioning.data ? (
          <Connection scim={scim.data} provisioning={provisioning.data.value} reload={reload} />
        ) : error ? (
          <Card>
            <ErrorState
              problem={asProblem(error)}
              onRetry={() => {
                void scim.refetch()
                void provisioning.refetch()
              }}
            />
          </Card>
        ) : (
          <div role="status" aria-label="Loading" className="flex flex-col gap-6">
            <Skeleton className="h-40 rounded-xl" />
            <Skeleton className="h-5 w-36" />
            <Card>
              <SkeletonRows rows={2} />
            </Card>
          </div>
        )}
      </Page>
    </div>
  )
}

function Connection({
  scim,
  provisioning,
  reload,
}: {
  scim: Versioned<ScimView>
  provisioning: ProvisioningView
  reload: () => Promise<Versioned<ScimView>>
}) {
  const { guide: chosen } = route.useSearch()
  const navigate = route.useNavigate()
  const shadow = useShadow()
  const view = scim.value
  const live = provisioning.source === 'scim'
  const guide = guides.find(({ id }) => id === chosen)
  const show = (id: string | undefined) =>
    void navigate({ search: id ? { guide: id } : {}, resetScroll: false })
  return (
    <div className="flex flex-col gap-9">
      <Entry view={view} provisioning={provisioning} shadow={shadow.data?.state} />
      <Health view={view} live={live} />
      <Addresses view={view} onGuide={show} />
      {view.simulator ? <Rehearsal /> : null}
      <Shadow shadow={shadow} live={live} canWrite={view.canWrite} />
      <Tokens canWrite={view.canWrite} />
      <Clients tokenUrl={view.tokenUrl} canWrite={view.canWrite} />
      <Settings fresh={scim} reload={reload} />
      <Dialect view={view} />
      <Guide guide={guide} view={view} onClose={() => show(undefined)} />
    </div>
  )
}

/** Where demos are on, an identity provider that is not there can be watched at work (BY-10). */
function Rehearsal() {
  const { slug } = useOrganisation()
  return (
    <Banner
      title="Try it without an identity provider"
      action={
        <ButtonLink size="small" to="/o/$slug/settings/identity/scim/simulation" params={{ slug }}>
          <FlaskConical aria-hidden="true" />
          Simulate
        </ButtonLink>
      }
    >
      A simulated Entra ID, Okta, Google Workspace or another calls this very connection, as the
      real one does: twelve invented people arrive, change, leave and come back.
    </Banner>
  )
}

/** Whether anything here is in force, and who may change it. */
function Entry({
  view,
  provisioning,
  shadow,
}: {
  view: ScimView
  provisioning: ProvisioningView
  shadow: ShadowView['state'] | undefined
}) {
  const off = provisioning.source !== 'scim'
  if (!off && view.canWrite) return null
  return (
    <div className="flex flex-col gap-3">
      {off ? <Off provisioning={provisioning} shadow={shadow} /> : null}
      {view.canWrite ? null : (
        <Banner title="You can look, not change">
          Your role reads these settings. A manager of the organisation can change them.
        </Banner>
      )}
    </div>
  )
}

function Off({
  provisioning,
  shadow,
}: {
  provisioning: ProvisioningView
  shadow: ShadowView['state'] | undefined
}) {
  const { slug } = useOrganisation()
  const option = provisioning.options.find(({ source }) => source === 'scim')
  if (shadow === 'open' || shadow === 'copying') {
    return (
      <Banner
        tone="warn"
        title={`SCIM is not switched on yet: a shadow ${shadow === 'open' ? 'answers' : 'is being made'}`}
        action={
          shadow === 'open' ? (
            <TextLink to="/o/$slug/settings/identity/scim/shadow" params={{ slug }}>
              See the difference
            </TextLink>
          ) : null
        }
      >
        {shadow === 'open'
          ? 'Calls of the identity provider are answered from the shadow and change nobody here, until you go live below.'
          : 'The directory is being copied: calls of the identity provider are told to come back later.'}
      </Banner>
    )
  }
  return (
    <Banner
      tone="warn"
      title="SCIM is not switched on yet"
      action={
        <TextLink to="/o/$slug/settings/identity" params={{ slug }}>
          Identity Configuration
        </TextLink>
      }
    >
      {option?.unavailableBecause
        ? `${option.unavailableBecause}. You can prepare everything here meanwhile.`
        : 'You can prepare everything here. Until SCIM is chosen under Provisioning and saved, or a shadow is started, each call of the identity provider is refused with 403.'}
    </Banner>
  )
}
