import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { Problem, Role } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Button,
  Checkbox,
  CopyField,
  Dialog,
  fieldRules,
  ProblemBanner,
  placeFaults,
  roleWords,
  TextField,
  toast,
} from '../../parts/index.ts'

type Values = { firstName: string; lastName: string; email: string }
const fields = ['firstName', 'lastName', 'email'] as const
const roles: Role[] = ['ROLE_USER', 'ROLE_VIEWER', 'ROLE_GROUP_ADMIN', 'ROLE_MANAGER']

export function CreateUserDialog({
  open,
  onClose,
  onCreated,
}: {
  open: boolean
  onClose: () => void
  onCreated: () => void
}) {
  const { api, key } = useOrganisation()
  const login = useQuery({ queryKey: key('login-method'), queryFn: api.loginMethod, enabled: open })
  const byPassword = login.data?.value.method === 'password'
  const [made, setMade] = useState<{ name: string; link: string }>()
  const [chosen, setChosen] = useState<Role[]>(['ROLE_USER'])
  const [groups, setGroups] = useState<string[]>([])
  const [pools, setPools] = useState<string[]>([])
  const [problem, setProblem] = useState<Problem>()
  const { register, handleSubmit, setError, reset, formState } = useForm<Values>({
    defaultValues: { firstName: '', lastName: '', email: '' },
  })
  const close = () => {
    reset()
    setChosen(['ROLE_USER'])
    setGroups([])
    setPools([])
    setProblem(undefined)
    onClose()
  }
  const create = useMutation({
    mutationFn: (values: Values) =>
      api.createUser({
        ...values,
        ...(chosen.length > 0 ? { roles: chosen } : {}),
        ...(groups.length > 0 ? { groups } : {}),
        ...(pools.length > 0 ? { pools } : {}),
      }),
    onSuccess: async (user) => {
      onCreated()
      const name = `${user.firstName} ${user.lastName}`
      // Refused where links travel by mail; then there is nothing to hand over.
      const link = byPassword ? await api.activationLink(user.id).catch(() => null) : null
      close()
      if (link) setMade({ name, link: link.activationLink })
      else toast(`${name} is created`, { about: 'Pending until the account is activated.' })
    },
    onError: (error) => {
      const found = asProblem(error)
      if (found.code === 'user.email_exists') {
        return setError('email', { message: found.detail }, { shouldFocus: true })
      }
      setProblem(placeFaults(found, setError, fields) ? undefined : found)
    },
  })
  const { errors } = formState
  if (made) {
    return (
      <Dialog
        open
        onClose={() => setMade(undefined)}
        title={`${made.name} is created`}
        about="No mail service is set up, so hand this link over yourself. It works once and lives 7 days."
        footer={
          <Button look="primary" onClick={() => setMade(undefined)}>
            Done
          </Button>
        }
      >
        <CopyField label="Activation link" value={made.link} />
      </Dialog>
    )
  }
  return (
    <Dialog
      open={open}
      onClose={close}
      title="Create a user"
      footer={
        <>
          <Button look="ghost" onClick={close}>
            Cancel
          </Button>
          <Button look="primary" type="submit" form="create-user" busy={create.isPending}>
            Create
          </Button>
        </>
      }
    >
      <form
        id="create-user"
        noValidate
        className="flex flex-col gap-5"
        onSubmit={handleSubmit((values) => {
          setProblem(undefined)
          create.mutate(values)
        })}
      >
        {problem ? <ProblemBanner problem={problem} /> : null}
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label="First name"
            autoComplete="off"
            error={errors.firstName?.message}
            {...register('firstName', fieldRules.name)}
          />
          <TextField
            label="Last name"
            autoComplete="off"
            error={errors.lastName?.message}
            {...register('lastName', fieldRules.name)}
          />
        </div>
        <TextField
          label="E-mail"
          type="email"
          autoComplete="off"
          error={errors.email?.message}
          {...register('email', fieldRules.email)}
        />
        <fieldset>
          <legend className="mb-2 font-medium">Roles</legend>
          <div className="grid gap-2 sm:grid-cols-2">
            {roles.map((role) => (
              <Checkbox
                key={role}
                label={roleWords(role)}
                checked={chosen.includes(role)}
                onChange={(on) =>
                  setChosen(on ? [...chosen, role] : chosen.filter((other) => other !== role))
                }
              />
            ))}
          </div>
        </fieldset>
        <More chosen={{ groups, pools }} onGroups={setGroups} onPools={setPools} open={open} />
      </form>
    </Dialog>
  )
}

function More({
  chosen,
  onGroups,
  onPools,
  open,
}: {
  chosen: { groups: string[]; pools: string[] }
  onGroups: (ids: string[]) => void
  onPools: (ids: string[]) => void
  open: boolean
}) {
  const { api, key } = useOrganisation()
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups, enabled: open })
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools, enabled: open })
  const lists = [
    { title: 'Groups', rows: groups.data?.items, ids: chosen.groups, set: onGroups },
    { title: 'Pools', rows: pools.data?.items, ids: chosen.pools, set: onPools },
  ]
  return (
    <details className="rounded-lg border border-line">
      <summary className="rounded-lg px-3.5 py-2.5 font-medium">
        Groups and pools <span className="font-normal text-ink-3">optional</span>
      </summary>
      <div className="grid gap-5 border-t border-line p-3.5 sm:grid-cols-2">
        {lists.map(({ title, rows, ids, set }) => (
          <fieldset key={title} className="min-w-0">
            <legend className="mb-2 text-sm font-medium text-ink-2">{title}</legend>
            <div className="flex max-h-44 flex-col gap-2 overflow-y-auto">
              {(rows ?? []).map((row) =>
                row.isDefault ? (
                  <Checkbox
                    key={row.id}
                    label={`${row.name} (always)`}
                    checked
                    disabled
                    onChange={() => undefined}
                  />
                ) : (
                  <Checkbox
                    key={row.id}
                    label={row.name}
                    checked={ids.includes(row.id)}
                    onChange={(on) =>
                      set(on ? [...ids, row.id] : ids.filter((id) => id !== row.id))
                    }
                  />
                ),
              )}
            </div>
          </fieldset>
        ))}
      </div>
    </details>
  )
}
