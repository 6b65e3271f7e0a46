import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Role } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Badge,
  Button,
  Card,
  Checkbox,
  Dialog,
  Origin,
  ProblemBanner,
  roleWords,
  Section,
  toast,
} from '../../parts/index.ts'
import type { Person } from './person.ts'

const choices: { role: Role; about: string }[] = [
  { role: 'ROLE_MANAGER', about: 'Changes settings and people, and reads everything.' },
  { role: 'ROLE_VIEWER', about: 'Reads settings, people and logs; changes nothing.' },
  { role: 'ROLE_GROUP_ADMIN', about: 'Handles their own groups and the pools of these.' },
  { role: 'ROLE_USER', about: 'Uses the pools they are assigned to.' },
]

export function Roles({
  person,
  etag,
  onChanged,
}: {
  person: Person
  etag: string | null
  onChanged: () => Promise<void>
}) {
  const [changing, setChanging] = useState(false)
  return (
    <Section
      id="roles"
      title="Roles"
      about={
        person.managedBy === 'scim'
          ? (person.locked.roles ??
            'Given here, for “Sync roles” is off: the identity provider cannot change them.')
          : 'Given only here: role claims of an identity provider have no effect.'
      }
      action={
        <Button size="small" blockedBecause={person.locked.roles} onClick={() => setChanging(true)}>
          Change roles
        </Button>
      }
    >
      <Card>
        <ul className="divide-y divide-line">
          {person.roleGrants.map((grant) => (
            <li
              key={`${grant.role} ${grant.provenance.at}`}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-5 py-3"
            >
              <Badge tone={grant.role === 'ROLE_MANAGER' ? 'accent' : 'neutral'}>
                {roleWords(grant.role)}
              </Badge>
              <Origin provenance={grant.provenance} />
            </li>
          ))}
          {person.roleGrants.length === 0 ? (
            <li className="px-5 py-4 text-ink-2">No role yet. Give one with “Change roles”.</li>
          ) : null}
        </ul>
      </Card>
      {changing ? (
        <ChangeRoles
          person={person}
          etag={etag}
          onClose={() => setChanging(false)}
          onChanged={onChanged}
        />
      ) : null}
    </Section>
  )
}

function ChangeRoles({
  person,
  etag,
  onClose,
  onChanged,
}: {
  person: Person
  etag: string | null
  onClose: () => void
  onChanged: () => Promise<void>
}) {
  const { api } = useOrganisation()
  const held = choices.map(({ role }) => role).filter((role) => person.roles.includes(role))
  const [chosen, setChosen] = useState<Role[]>(held)
  const same = chosen.length === held.length && chosen.every((role) => held.includes(role))
  const save = useMutation({
    mutationFn: () => api.changeUser(person.id, { roles: chosen }, etag),
    onSuccess: async () => {
      onClose()
      toast('Roles saved')
      await onChanged()
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title="Change roles"
      about={`What ${person.firstName} may do in this organisation.`}
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="primary"
            busy={save.isPending}
            disabled={same}
            onClick={() => save.mutate()}
          >
            Save roles
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {save.error ? <ProblemBanner problem={asProblem(save.error)} /> : null}
        {choices.map(({ role, about }) => (
          <Checkbox
            key={role}
            label={roleWords(role)}
            help={about}
            checked={chosen.includes(role)}
            onChange={(on) =>
              setChosen(on ? [...chosen, role] : chosen.filter((other) => other !== role))
            }
          />
        ))}
      </div>
    </Dialog>
  )
}
