import { useMutation, useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  AddMenu,
  Badge,
  Card,
  IconButton,
  Origin,
  roleWords,
  Section,
  toast,
  toastProblem,
} from '../../parts/index.ts'
import type { Person } from './person.ts'

type Props = { person: Person; onChanged: () => Promise<void> }

export function Memberships({ person, onChanged }: Props) {
  return (
    <>
      <Groups person={person} onChanged={onChanged} />
      <Pools person={person} onChanged={onChanged} />
    </>
  )
}

/** One act that changes what the person reaches, with a word when done or refused. */
function useAct(act: (id: string) => Promise<void>, done: string, onChanged: Props['onChanged']) {
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      await onChanged()
      toast(done)
    },
    onError: (error) => toastProblem('Nothing has changed', asProblem(error).detail),
  })
}

function Groups({ person, onChanged }: Props) {
  const { api, key, manages } = useOrganisation()
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups })
  const add = useAct((id) => api.addMember(id, person.id), 'Added to the group', onChanged)
  const remove = useAct(
    (id) => api.removeMember(id, person.id),
    'Removed from the group',
    onChanged,
  )
  const direct = person.memberships.filter(({ inherited }) => !inherited)
  const inherited = person.memberships.filter((membership) => membership.inherited)
  const others = (groups.data?.items ?? []).filter(
    (group) =>
      group.managedBy === 'portal' && !direct.some((membership) => membership.id === group.id),
  )
  const synced = person.memberships.some(({ managedBy }) => managedBy === 'scim')
  return (
    <Section
      id="groups"
      title="Groups"
      about={
        synced
          ? 'Memberships that the identity provider sends are changed there; you can add others here, and it never takes them away.'
          : undefined
      }
      action={
        manages ? <AddMenu label="Add to a group" choices={others} onAdd={add.mutate} /> : null
      }
    >
      <Card>
        <ul aria-label="Groups" className="divide-y divide-line">
          {direct.map((membership) => (
            <li
              key={membership.id}
              className="flex min-h-13 items-center justify-between gap-4 px-5 py-2.5"
            >
              <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-0.5">
                <span className="font-medium">{membership.name}</span>
                {membership.isDefault ? <Badge tone="accent">Default</Badge> : null}
                {membership.managedBy === 'scim' ? <Badge tone="accent">SCIM</Badge> : null}
                <Origin provenance={membership.provenance} />
              </div>
              {membership.managedBy === 'scim' ? (
                <span className="text-right text-sm text-ink-3">
                  Belongs to the identity provider
                </span>
              ) : manages && !membership.isDefault ? (
                <IconButton
                  label={`Remove from ${membership.name}`}
                  onClick={() => remove.mutate(membership.id)}
                >
                  <X aria-hidden="true" />
                </IconButton>
              ) : null}
            </li>
          ))}
        </ul>
        {inherited.length > 0 ? <Inherited memberships={inherited} /> : null}
      </Card>
    </Section>
  )
}

/** Groups that contain a group of the person: shown apart, for they change with that group (SC-39). */
function Inherited({ memberships }: { memberships: Person['memberships'] }) {
  return (
    <div className="border-t border-line bg-sunken/60 px-5 py-3 last:rounded-b-xl">
      <h3 id="inherited" className="mb-1.5 text-sm font-medium text-ink-2">
        Inherited
      </h3>
      <ul aria-labelledby="inherited" className="flex flex-col gap-1.5">
        {memberships.map(({ id, name, via }) => (
          <li key={id} className="flex flex-wrap items-center gap-x-3">
            <span className="font-medium">{name}</span>
            <span className="text-sm text-ink-3">through {via.join(' and ')}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Pools({ person, onChanged }: Props) {
  const { api, key, manages } = useOrganisation()
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools })
  const grant = useAct((id) => api.grantPool(person.id, id), 'Assigned to the pool', onChanged)
  const remove = useAct(
    (id) => api.removePoolGrant(person.id, id),
    'Direct assignment removed',
    onChanged,
  )
  const others = (pools.data?.items ?? []).filter(
    (pool) => !person.pools.some((seat) => seat.poolId === pool.id && seat.directGrantId !== null),
  )
  return (
    <Section
      id="pools"
      title="Pools"
      about="Reached directly or through a group; the roles of a pool come with it."
      action={
        manages ? <AddMenu label="Assign to a pool" choices={others} onAdd={grant.mutate} /> : null
      }
    >
      <Card>
        <ul className="divide-y divide-line">
          {person.pools.map((seat) => (
            <li
              key={seat.poolId}
              className="flex min-h-13 items-center justify-between gap-4 px-5 py-2.5"
            >
              <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
                <span className="font-medium">{seat.poolName}</span>
                {seat.isDefault ? <Badge tone="accent">Default</Badge> : null}
                {seat.roles.map((role) => (
                  <Badge key={role}>{roleWords(role)}</Badge>
                ))}
                <span className="text-sm text-ink-3">
                  {seat.directGrantId ? 'Assigned directly' : 'Through a group'}
                </span>
              </div>
              {manages && seat.directGrantId ? (
                <IconButton
                  label={`Remove direct assignment to ${seat.poolName}`}
                  onClick={() => remove.mutate(seat.directGrantId ?? '')}
                >
                  <X aria-hidden="true" />
                </IconButton>
              ) : null}
            </li>
          ))}
          {person.pools.length === 0 ? (
            <li className="px-5 py-4 text-ink-2">This person reaches no pool.</li>
          ) : null}
        </ul>
      </Card>
    </Section>
  )
}
