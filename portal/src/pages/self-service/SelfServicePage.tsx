import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronLeft, RotateCw } from 'lucide-react'
import { useState } from 'react'
import type { ProvisioningView } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation, type Versioned } from '../../client/index.ts'
import {
  Badge,
  Banner,
  Button,
  Card,
  Confirm,
  CopyField,
  ErrorState,
  KeyValue,
  linkStateWords,
  Moment,
  Page,
  Section,
  Skeleton,
  TextLink,
  toast,
} from '../../parts/index.ts'
import { Came } from './Came.tsx'
import { LinkSettings } from './LinkSettings.tsx'
import { Waiting } from './Waiting.tsx'

export function SelfServicePage() {
  const { api, key, slug, name } = useOrganisation()
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const reload = async () => {
    const fresh = await provisioning.refetch({ throwOnError: true })
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
        title="Self-service link"
        about={`One link with which people of your own e-mail domains register themselves at ${name}. They get ROLE_USER and the Default group, nothing more.`}
      >
        {provisioning.data ? (
          <Content fresh={provisioning.data} reload={reload} />
        ) : provisioning.error ? (
          <Card>
            <ErrorState
              problem={asProblem(provisioning.error)}
              onRetry={() => void provisioning.refetch()}
            />
          </Card>
        ) : (
          <div role="status" aria-label="Loading" className="flex flex-col gap-6">
            <Skeleton className="h-40 rounded-xl" />
            <Skeleton className="h-72 rounded-xl" />
          </div>
        )}
      </Page>
    </div>
  )
}

function Content({
  fresh,
  reload,
}: {
  fresh: Versioned<ProvisioningView>
  reload: () => Promise<Versioned<ProvisioningView>>
}) {
  const { selfService: link, canWrite } = fresh.value
  return (
    <div className="flex flex-col gap-9">
      {canWrite ? null : (
        <Banner title="You can look, not change">
          Your role reads these settings. A manager of the organisation can change them.
        </Banner>
      )}
      <TheLink view={fresh.value} reload={reload} />
      {link.requireApproval || link.approvalForced ? <Waiting /> : null}
      <LinkSettings fresh={fresh} reload={reload} />
      <Came linkId={link.linkId} />
    </div>
  )
}

function TheLink({ view, reload }: { view: ProvisioningView; reload: () => Promise<unknown> }) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const { selfService: link, canWrite } = view
  const state = linkStateWords[link.state]
  const rotate = useMutation({
    mutationFn: api.rotateLink,
    onSuccess: async () => {
      await reload()
      await client.invalidateQueries({ queryKey: key('registrations') })
      setAsked(false)
      toast('The link is new', { about: 'The old one admits nobody any more.' })
    },
  })
  const places = link.maxUses === null ? '' : ` of ${link.maxUses}`
  return (
    <Section
      id="link"
      title="The link"
      action={<Badge tone={link.state === 'open' ? 'good' : 'neutral'}>{state.label}</Badge>}
    >
      <Card className="flex flex-col gap-5 px-5 py-5 sm:px-6">
        {link.url ? (
          <CopyField label="Link to share" value={link.url} help={state.about} />
        ) : (
          <Banner tone="warn" title="The link is closed">
            {state.about}
          </Banner>
        )}
        <KeyValue
          rows={[
            { label: 'Came through it', value: `${link.uses}${places}` },
            { label: 'In use since', value: <Moment at={link.linkCreatedAt} /> },
          ]}
        />
        {canWrite ? (
          <div>
            <Button onClick={() => setAsked(true)}>
              <RotateCw aria-hidden="true" />
              Rotate link
            </Button>
          </div>
        ) : null}
      </Card>
      <Confirm
        open={asked}
        title="Rotate the link?"
        about="A new link is made and the old one admits nobody from this moment on. Whoever has registered already stays, and places are counted anew."
        verb="Rotate link"
        busy={rotate.isPending}
        problem={rotate.error ? asProblem(rotate.error) : null}
        onConfirm={() => rotate.mutate()}
        onClose={() => {
          setAsked(false)
          rotate.reset()
        }}
      />
    </Section>
  )
}
