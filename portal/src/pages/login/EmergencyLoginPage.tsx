import { useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Fingerprint } from 'lucide-react'
import { useForm } from 'react-hook-form'
import { asProblem, doors, hasPasskeys, showPasskey } from '../../client/index.ts'
import { Banner, Button, Doorstep, PasswordField, TextField } from '../../parts/index.ts'

const route = getRouteApi('/login/$slug/emergency')
type Values = { email: string; password: string; code: string }

export function EmergencyLoginPage() {
  const { slug } = route.useParams()
  const { register, handleSubmit, formState, resetField, trigger, getValues } = useForm<Values>({
    defaultValues: { email: '', password: '', code: '' },
  })
  const signIn = useMutation({
    mutationFn: (values: Values) => doors.signInEmergency(slug, values),
    onSuccess: ({ returnTo }) => location.assign(returnTo),
    onError: () => resetField('code'),
  })
  const byPasskey = useMutation({
    mutationFn: async () => {
      const { email, password } = getValues()
      const passkey = await showPasskey(await doors.askEmergencyPasskey(slug, { email, password }))
      return doors.signInEmergency(slug, { email, password, passkey })
    },
    onSuccess: ({ returnTo }) => location.assign(returnTo),
  })
  const { errors } = formState
  const error = signIn.error ?? byPasskey.error
  const problem = error ? asProblem(error) : null
  return (
    <Doorstep
      title="Emergency access"
      heading="Emergency access"
      about="For break-glass accounts only. Every use is recorded, and all managers of the organisation are told at once."
    >
      <form
        noValidate
        className="flex flex-col gap-5"
        onSubmit={handleSubmit((values) => {
          byPasskey.reset()
          signIn.mutate(values)
        })}
      >
        {problem ? (
          <Banner
            tone="bad"
            live
            title={
              problem.code === 'auth.invalid_credentials'
                ? 'E-mail, password, code or passkey is not right'
                : 'You cannot be signed in'
            }
          >
            {problem.code === 'auth.invalid_credentials'
              ? 'A code lasts 30 seconds and works once: wait for the next one and try again.'
              : problem.detail}
          </Banner>
        ) : null}
        <TextField
          label="E-mail"
          type="email"
          autoComplete="username"
          error={errors.email?.message}
          {...register('email', { required: 'Please enter the e-mail of the account.' })}
        />
        <PasswordField
          label="Password"
          autoComplete="current-password"
          error={errors.password?.message}
          {...register('password', { required: 'Please enter the password.' })}
        />
        <TextField
          label="Code"
          inputMode="numeric"
          autoComplete="one-time-code"
          className="font-mono tracking-widest"
          help="Six digits from your authenticator app."
          error={errors.code?.message}
          {...register('code', {
            required: 'Please enter the code.',
            minLength: { value: 6, message: 'The code has six digits.' },
          })}
        />
        <Button look="primary" size="large" type="submit" busy={signIn.isPending}>
          Sign in
        </Button>
        {hasPasskeys() ? (
          <Button
            size="large"
            busy={byPasskey.isPending}
            onClick={async () => {
              if (!(await trigger(['email', 'password'], { shouldFocus: true }))) return
              signIn.reset()
              byPasskey.mutate()
            }}
          >
            <Fingerprint aria-hidden="true" />
            Use a passkey instead of the code
          </Button>
        ) : null}
      </form>
    </Doorstep>
  )
}
