import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Copy, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { GroupDetails } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation, type Versioned } from '../../client/index.ts'
import {
  Badge,
  Banner,
  Button,
  Card,
  Checkbox,
  Confirm,
  countWords,
  Loaded,
  Menu,
  MenuItem,
  MenuSeparator,
  NameDialog,
  Page,
  SkeletonRows,
  TextLink,
  toast,
  toastProblem,
} from '../../parts/index.ts'
import { Members } from './Members.tsx'
import { Nested } from './Nested.tsx'
import { PoolGrants } from './PoolGrants.tsx'

const route = getRouteApi('/o/$slug/settings/groups/$id')

export function GroupPage() {
  const { id } = route.useParams()
  const { api, key } = useOrganisation()
  const group = useQuery({ queryKey: key('groups', id), queryFn: () => api.group(id) })
  return (
    <Loaded from={group} problemOf={asProblem} skeleton={<Loading />}>
      {(seen) => <Details key={id} seen={seen} />}
    </Loaded>
  )
}

function Loading() {
  return (
    <Page title="Group">
      <Card>
        <SkeletonRows />
      </Card>
    </Page>
  )
}

type Asked = 'rename' | 'duplicate' | 'delete' | null

function Details({ seen }: { seen: Versioned<GroupDetails> }) {
  const group = seen.value
  const { slug, manages } = useOrganisation()
  const [asked, setAsked] = useState<Asked>(null)
  const close = () => setAsked(null)
  return (
    <Page
      title={group.name}
      about={
        <span className="flex flex-wrap items-center gap-2">
          <TextLink to="/o/$slug/settings/groups" params={{ slug }}>
            Groups
          </TextLink>
          {group.isDefault ? <Badge tone="accent">Default</Badge> : null}
          {group.managedBy === 'scim' ? <Badge tone="accent">Managed by SCIM</Badge> : null}
        </span>
      }
      action={
        manages ? (
          <Menu trigger={<Button>Actions</Button>}>
            <MenuItem
              icon={<Pencil aria-hidden="true" />}
              because={group.locked.name}
              onSelect={() => setAsked('rename')}
            >
              Rename
            </MenuItem>
            <MenuItem icon={<Copy aria-hidden="true" />} onSelect={() => setAsked('duplicate')}>
              Duplicate
            </MenuItem>
            <MenuSeparator />
            <MenuItem
              icon={<Trash2 aria-hidden="true" />}
              danger
              because={group.locked.delete}
              onSelect={() => setAsked('delete')}
            >
              Delete group
            </MenuItem>
          </Menu>
        ) : null
      }
    >
      {group.isDefault ? (
        <Banner title="Everyone is in the Default group">
          People join it when they arrive and leave it when they are deleted. It opens the Default
          pool, and neither can be deleted.
        </Banner>
      ) : group.locked.members ? (
        <Banner title="The identity provider decides who is in this group">
          {group.locked.members} Which pools it reaches stays with you.
        </Banner>
      ) : null}
      <Members group={group} />
      <PoolGrants group={group} />
      <Nested group={group} />
      {group.managedBy === 'portal' && !group.isDefault ? <Adoption group={group} /> : null}
      {asked === 'rename' ? <Rename seen={seen} onClose={close} /> : null}
      {asked === 'duplicate' ? <Duplicate group={group} onClose={close} /> : null}
      {asked === 'delete' ? <Delete group={group} onClose={close} /> : null}
    </Page>
  )
}

/** Whether the identity provider may take the group over (SC-35); shown while SCIM is the source. */
function Adoption({ group }: { group: GroupDetails }) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const tick = useMutation({
    mutationFn: (adoptable: boolean) => api.letAdopt(group.id, adoptable),
    onSuccess: async (_, adoptable) => {
      await client.invalidateQueries({ queryKey: key('groups') })
      toast(
        adoptable
          ? `The identity provider may take ${group.name} over`
          : `${group.name} stays with you`,
      )
    },
    onError: (error) => toastProblem('Nothing has changed', asProblem(error).detail),
  })
  if (provisioning.data?.value.source !== 'scim') return null
  return (
    <Card className="p-5">
      <Checkbox
        label="Let the identity provider take it over"
        help={
          group.adoptable
            ? 'When it sends a group of this name, it takes this one over and decides who is in it.'
            : 'A group of this name is refused until you tick this.'
        }
        checked={tick.isPending ? tick.variables : group.adoptable}
        disabled={!manages || tick.isPending}
        onChange={(adoptable) => tick.mutate(adoptable)}
      />
    </Card>
  )
}

function Rename({ seen, onClose }: { seen: Versioned<GroupDetails>; onClose: () => void }) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const { id, name } = seen.value
  const rename = useMutation({
    mutationFn: (wanted: string) => api.renameGroup(id, wanted, seen.etag),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: key('groups') })
      toast('Group renamed')
      onClose()
    },
  })
  return (
    <NameDialog
      title={`Rename ${name}`}
      verb="Rename"
      value={name}
      busy={rename.isPending}
      problem={rename.error ? asProblem(rename.error) : null}
      onName={(wanted) => rename.mutate(wanted)}
      onClose={onClose}
    />
  )
}

function Duplicate({ group, onClose }: { group: GroupDetails; onClose: () => void }) {
  const { api, key, slug } = useOrganisation()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [members, setMembers] = useState(false)
  const duplicate = useMutation({
    mutationFn: (name: string) => api.duplicateGroup(group.id, { name, members }),
    onSuccess: async ({ id, name }) => {
      await client.invalidateQueries({ queryKey: key('groups') })
      toast(`${name} created`)
      onClose()
      await navigate({ to: '/o/$slug/settings/groups/$id', params: { slug, id } })
    },
  })
  return (
    <NameDialog
      title={`Duplicate ${group.name}`}
      about="The new group reaches the same pools and holds the same groups."
      verb="Duplicate"
      value={`${group.name} copy`.slice(0, 100)}
      busy={duplicate.isPending}
      problem={duplicate.error ? asProblem(duplicate.error) : null}
      onName={(name) => duplicate.mutate(name)}
      onClose={onClose}
    >
      <Checkbox
        label="Add the same people"
        help={`${countWords(group.members)} in ${group.name} directly.`}
        checked={members}
        onChange={setMembers}
      />
    </NameDialog>
  )
}

function Delete({ group, onClose }: { group: GroupDetails; onClose: () => void }) {
  const { api, key, slug } = useOrganisation()
  const client = useQueryClient()
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => api.removeGroup(group.id),
    onSuccess: async () => {
      await navigate({ to: '/o/$slug/settings/groups', params: { slug } })
      client.removeQueries({ queryKey: key('groups', group.id) })
      await client.invalidateQueries({ queryKey: key('groups') })
      toast(`${group.name} deleted`)
    },
  })
  const pools = group.pools === 1 ? '1 pool' : `${group.pools} pools`
  return (
    <Confirm
      title={`Delete ${group.name}?`}
      about={`${countWords(group.members)} ${group.members.count === 1 ? 'person is' : 'people are'} in it and ${group.members.count === 1 ? 'loses' : 'lose'} what it gave: ${pools}. What another group or an assignment of their own gives stays. This cannot be undone.`}
      verb="Delete group"
      busy={remove.isPending}
      problem={remove.error ? asProblem(remove.error) : null}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  )
}
