import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { CreatedUser, Problem } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  AccessChoices,
  Banner,
  Button,
  Checkbox,
  Dialog,
  fieldRules,
  HandOver,
  PasswordField,
  ProblemBanner,
  passwordFault,
  placeFaults,
  TextField,
  toast,
  usualAccess,
} from '../../parts/index.ts'

type Values = { firstName: string; lastName: string; email: string; password: string }
const fields = ['firstName', 'lastName', 'email', 'password'] as const
const blank: Values = { firstName: '', lastName: '', email: '', password: '' }

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
  const mail = useQuery({
    queryKey: key('mail-settings'),
    queryFn: api.mailSettings,
    enabled: open && byPassword,
  })
  const handsOver = byPassword && mail.data?.value.inForce === 'none'
  const [made, setMade] = useState<{ name: string; link: string }>()
  const [given, setGiven] = useState(usualAccess)
  const [another, setAnother] = useState(false)
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups, enabled: open })
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools, enabled: open })
  const [problem, setProblem] = useState<Problem>()
  const { register, handleSubmit, setError, setFocus, reset, formState } = useForm<Values>({
    defaultValues: blank,
  })
  const close = () => {
    reset()
    setGiven(usualAccess)
    setAnother(false)
    setProblem(undefined)
    onClose()
  }
  const tell = (user: CreatedUser, what: string, password = '') => {
    onCreated()
    const name = `${user.firstName} ${user.lastName}`
    if (another) {
      // Who comes next often gets the same roles, groups and pools.
      reset()
      setProblem(undefined)
      setFocus('firstName')
    } else close()
    if (user.activationLink) setMade({ name: `${name} ${what}`, link: user.activationLink })
    else
      toast(`${name} ${what}`, {
        about: password
          ? 'Hand the first password over; another one is chosen with it at the first sign-in.'
          : 'Pending until the account is activated.',
      })
  }
  const restore = useMutation({
    mutationFn: (id: string) => api.restoreUser(id),
    onSuccess: (user) => tell(user, 'is restored'),
    onError: (error) => setProblem(asProblem(error)),
  })
  const create = useMutation({
    mutationFn: ({ password, ...values }: Values) =>
      api.createUser({
        ...values,
        ...(password ? { password } : {}),
        ...(given.roles.length > 0 ? { roles: given.roles } : {}),
        ...(given.groups.length > 0 ? { groups: given.groups } : {}),
        ...(given.pools.length > 0 ? { pools: given.pools } : {}),
      }),
    onSuccess: (user, { password }) => tell(user, 'is created', password),
    onError: (error) => {
      const found = asProblem(error)
      if (found.code === 'user.restorable') return setProblem(found)
      if (found.code === 'password.too_weak') {
        return setError('password', { message: passwordFault(found).words }, { shouldFocus: true })
      }
      if (found.code === 'user.email_exists') {
        return setError('email', { message: found.detail }, { shouldFocus: true })
      }
      setProblem(placeFaults(found, setError, fields) ? undefined : found)
    },
  })
  const { errors } = formState
  if (made) {
    return (
      <HandOver
        title={made.name}
        about="No mail is sent here: hand this link over yourself. It works once and lives 7 days."
        label="Activation link"
        link={made.link}
        onClose={() => setMade(undefined)}
      />
    )
  }
  return (
    <Dialog
      open={open}
      onClose={close}
      title="Create a user"
      footer={
        <>
          <div className="mr-auto self-center">
            <Checkbox label="Create another" checked={another} onChange={setAnother} />
          </div>
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
        {problem?.userId ? (
          <Banner
            tone="warn"
            live
            title="This person was here before"
            action={
              <Button
                size="small"
                busy={restore.isPending}
                onClick={() => problem.userId && restore.mutate(problem.userId)}
              >
                Restore
              </Button>
            }
          >
            {problem.detail}
          </Banner>
        ) : problem ? (
          <ProblemBanner problem={problem} />
        ) : null}
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
        {handsOver ? (
          <PasswordField
            label="First password"
            note="optional"
            autoComplete="new-password"
            help="No mail is sent here. Leave it empty to get a link to hand over; or set a password that opens nothing but the choice of another one."
            error={errors.password?.message}
            {...register('password')}
          />
        ) : null}
        <AccessChoices
          value={given}
          groups={groups.data?.items}
          pools={pools.data?.items}
          onChange={setGiven}
        />
      </form>
    </Dialog>
  )
}
