import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { Problem } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Banner,
  Button,
  Card,
  CopyButton,
  fieldRules,
  KeyValue,
  ProblemBanner,
  placeFaults,
  Section,
  SourceBadge,
  TextField,
  toast,
} from '../../parts/index.ts'
import type { Person } from './person.ts'

const joined: Record<Person['joinedBy'], string> = {
  first_manager: 'As the first manager',
  created: 'Created by a manager',
  invited: 'Invited',
  self_service: 'By the self-service link',
  sso_jit: 'At first SSO sign-in (JIT)',
  scim: 'By SCIM',
  ldap: 'By LDAP',
}

export function Profile({
  person,
  etag,
  onChanged,
}: {
  person: Person
  etag: string | null
  onChanged: () => Promise<void>
}) {
  const { api } = useOrganisation()
  const [problem, setProblem] = useState<Problem>()
  const { register, handleSubmit, setError, reset, formState } = useForm({
    values: { firstName: person.firstName, lastName: person.lastName },
  })
  const save = useMutation({
    mutationFn: (values: { firstName: string; lastName: string }) => {
      const { dirtyFields } = formState
      return api.changeUser(
        person.id,
        {
          ...(dirtyFields.firstName ? { firstName: values.firstName } : {}),
          ...(dirtyFields.lastName ? { lastName: values.lastName } : {}),
        },
        etag,
      )
    },
    onSuccess: async () => {
      await onChanged()
      toast('Profile saved')
    },
    onError: (error) => {
      const found = asProblem(error)
      setProblem(placeFaults(found, setError, ['firstName', 'lastName']) ? undefined : found)
    },
  })
  const { errors, isDirty } = formState
  const owned = (attribute: string) =>
    person.managedAttributes.find((managed) => managed.attribute === attribute)?.reason
  const first = owned('firstName')
  const last = owned('lastName')
  const locked = person.locked.edit !== null
  return (
    <Section id="profile" title="Profile">
      <Card className="p-5 sm:p-6">
        <form
          noValidate
          className="flex flex-col gap-5"
          onSubmit={handleSubmit((values) => {
            setProblem(undefined)
            save.mutate(values)
          })}
        >
          {person.locked.edit ? <Banner title={person.locked.edit} /> : null}
          {problem ? (
            <ProblemBanner
              problem={problem}
              {...(problem.code === 'request.stale'
                ? { title: 'Changed by someone else meanwhile' }
                : {})}
            />
          ) : null}
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="First name"
              readOnly={locked || first !== undefined}
              help={first}
              error={errors.firstName?.message}
              {...register('firstName', fieldRules.name)}
            />
            <TextField
              label="Last name"
              readOnly={locked || last !== undefined}
              help={last}
              error={errors.lastName?.message}
              {...register('lastName', fieldRules.name)}
            />
          </div>
          {isDirty ? (
            <div className="flex justify-end gap-2">
              <Button look="ghost" onClick={() => reset()}>
                Discard
              </Button>
              <Button look="primary" type="submit" busy={save.isPending}>
                Save profile
              </Button>
            </div>
          ) : null}
          <div className="border-t border-line pt-5">
            <KeyValue
              rows={[
                { label: 'E-mail', value: person.email },
                { label: 'Managed by', value: <SourceBadge source={person.managedBy} /> },
                ...(person.userName
                  ? [
                      {
                        label: 'User name',
                        value: <Copied value={person.userName} of="user name" />,
                      },
                    ]
                  : []),
                ...(person.externalId
                  ? [
                      {
                        label: 'External ID',
                        value: (
                          <Copied value={person.externalId} of="key at the identity provider" />
                        ),
                      },
                    ]
                  : []),
                { label: 'Joined', value: joined[person.joinedBy] },
                {
                  label: 'Created',
                  value: (
                    <>
                      <Ago at={person.createdAt} /> by {person.createdBy}
                    </>
                  ),
                },
                {
                  label: 'Last modified',
                  value: (
                    <>
                      <Ago at={person.updatedAt} /> by {person.updatedBy}
                    </>
                  ),
                },
                {
                  label: 'Last sign-in',
                  value: person.lastSignInAt ? <Ago at={person.lastSignInAt} /> : 'Never',
                },
              ]}
            />
          </div>
        </form>
      </Card>
    </Section>
  )
}

/** A name or key of the identity provider, to look the person up with there. */
function Copied({ value, of }: { value: string; of: string }) {
  return (
    <span className="-my-0.5 flex items-center gap-1">
      <span className="min-w-0 font-mono text-sm wrap-anywhere">{value}</span>
      <CopyButton bare value={value} of={of} />
    </span>
  )
}
