import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { FileUp, MailPlus, Search } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { asProblem, useAddingBlocked, useOrganisation } from '../../client/index.ts'
import {
  Banner,
  Button,
  Card,
  CopyField,
  EmptyState,
  FilterBar,
  Loaded,
  Page,
  Pager,
  Section,
  Table,
  TextLink,
} from '../../parts/index.ts'
import { InviteDialog } from './InviteDialog.tsx'
import { useColumns } from './Pending.tsx'
import { UploadDialog } from './UploadDialog.tsx'

const route = getRouteApi('/o/$slug/settings/invitations')
const size = 20

/** Promises to people who are not here yet: invite, see who is expected, send again, revoke. */
export function InvitationsPage() {
  const { key, slug, name } = useOrganisation()
  const client = useQueryClient()
  const blocked = useAddingBlocked()
  const [open, setOpen] = useState<'invite' | 'upload'>()
  const refresh = () => void client.invalidateQueries({ queryKey: key('invitations') })
  const invite = (
    <Button look="primary" blockedBecause={blocked.because} onClick={() => setOpen('invite')}>
      + Invite users
    </Button>
  )
  return (
    <Page
      title="Invitations"
      about={`Whom ${name} expects. An invitation is kept whichever way the person arrives.`}
      action={
        <>
          <Button blockedBecause={blocked.because} onClick={() => setOpen('upload')}>
            <FileUp aria-hidden="true" />
            Invite from a file
          </Button>
          {invite}
        </>
      }
    >
      {blocked.show ? (
        <Banner title={blocked.because}>
          {blocked.hint}{' '}
          <TextLink to="/o/$slug/settings/identity" params={{ slug }}>
            Identity Configuration
          </TextLink>
        </Banner>
      ) : null}
      <SelfServiceLink />
      <Section id="pending" title="Pending invites">
        <Pending invite={invite} />
      </Section>
      {open === 'invite' ? (
        <InviteDialog onDone={refresh} onClose={() => setOpen(undefined)} />
      ) : null}
      {open === 'upload' ? (
        <UploadDialog onDone={refresh} onClose={() => setOpen(undefined)} />
      ) : null}
    </Page>
  )
}

/** While it is open, the link that people of allowed domains come by alone (IN-11). */
function SelfServiceLink() {
  const { api, key, slug } = useOrganisation()
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const link = provisioning.data?.value.selfService
  if (!link?.url) return null
  return (
    <Card className="px-5 py-5 sm:px-6">
      <CopyField
        label="Self-service link"
        value={link.url}
        help={
          link.anyDomain
            ? 'Anybody who has it may register.'
            : `Whoever has an address at ${link.allowedDomains.join(', ')} may register by it, without an invitation.`
        }
      />
      <TextLink
        to="/o/$slug/settings/identity/self-service"
        params={{ slug }}
        className="mt-2 inline-flex min-h-6 items-center"
      >
        Domains, places, approval and who came
      </TextLink>
    </Card>
  )
}

function Pending({ invite }: { invite: ReactNode }) {
  const { api, key } = useOrganisation()
  const { search, page = 0 } = route.useSearch()
  const navigate = route.useNavigate()
  const columns = useColumns()
  const query = { search, page, size }
  const found = useQuery({
    queryKey: key('invitations', query),
    queryFn: () => api.invitations(query),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
  return (
    <>
      <FilterBar
        search={{
          label: 'Search by e-mail',
          value: search,
          onSearch: (text) =>
            void navigate({ search: text ? { search: text } : {}, replace: true }),
        }}
      />
      <Card>
        <Loaded from={found} problemOf={asProblem}>
          {({ items, total, totalExact }) =>
            items.length === 0 ? (
              <EmptyState
                icon={search ? <Search aria-hidden="true" /> : <MailPlus aria-hidden="true" />}
                title={search ? 'No invitation matches' : 'No pending invites'}
                about={
                  search
                    ? 'Check the spelling, or search for a part of the address.'
                    : 'Invite people by their e-mail addresses, one or two hundred at once.'
                }
                action={
                  search ? (
                    <Button onClick={() => void navigate({ search: {} })}>Clear search</Button>
                  ) : (
                    invite
                  )
                }
              />
            ) : (
              <Table
                label="People who are invited"
                columns={columns}
                rows={items}
                rowKey={({ id }) => id}
                busy={found.isPlaceholderData}
                footer={
                  <Pager
                    page={page}
                    size={size}
                    total={total}
                    totalExact={totalExact ?? true}
                    noun={total === 1 ? 'invitation' : 'invitations'}
                    onPage={(next) =>
                      void navigate({ search: (before) => ({ ...before, page: next }) })
                    }
                  />
                }
              />
            )
          }
        </Loaded>
      </Card>
    </>
  )
}
