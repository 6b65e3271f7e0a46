import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { Activation } from '../../../../contract/src/index.ts'
import { asProblem, doors, type Seen } from '../../client/index.ts'
import {
  Button,
  buttonClasses,
  Doorstep,
  ErrorState,
  meetsPasswordRules,
  PasswordField,
  PasswordRules,
  ProblemBanner,
  passwordFault,
  TextField,
} from '../../parts/index.ts'

export function ActivatePage() {
  const { token = '' } = useParams({ strict: false })
  const activation = useQuery({
    queryKey: ['activation', token],
    queryFn: () => doors.activation(token),
  })
  if (activation.isPending) return null
  if (activation.error) {
    const problem = asProblem(activation.error)
    if (problem.status === 410 || problem.status === 404) return <Expired />
    return (
      <Doorstep title="Activate" heading="Activate your account">
        <ErrorState problem={problem} onRetry={() => void activation.refetch()} />
      </Doorstep>
    )
  }
  const { organisation, firstName, email, completes, kind } = activation.data
  const reset = kind === 'reset'
  return (
    <Doorstep
      title={reset ? 'New password' : `Join ${organisation.name}`}
      heading={reset ? 'Choose a new password' : `Welcome, ${firstName}`}
      about={
        reset
          ? `For your account at ${organisation.name}. All your other sessions end.`
          : completes === 'password'
            ? `Choose a password to activate your account at ${organisation.name}.`
            : `${organisation.name} signs people in through its identity provider. Continue as ${email} to activate your account.`
      }
    >
      {completes === 'password' ? (
        <ChoosePassword activation={activation.data} />
      ) : (
        <a
          href={activation.data.startUrl ?? `/login/${organisation.slug}`}
          className={buttonClasses({ look: 'primary', size: 'large' }, 'w-full')}
        >
          {completes === 'google' ? 'Continue with Google' : 'Continue with SSO'}
          <ArrowRight aria-hidden="true" />
        </a>
      )}
    </Doorstep>
  )
}

function ChoosePassword({ activation }: { activation: Seen<typeof Activation> }) {
  const { token = '' } = useParams({ strict: false })
  const navigate = useNavigate()
  const [refused, setRefused] = useState<{ password: string; rules: string[] }>()
  const { register, handleSubmit, watch, formState, setError } = useForm({
    defaultValues: { password: '' },
  })
  const password = watch('password')
  const activate = useMutation({
    mutationFn: (chosen: string) => doors.activate(token, chosen),
    onSuccess: (answer) => {
      if ('returnTo' in answer) return location.assign(answer.returnTo)
      const { slug } = activation.organisation
      void navigate({ to: '/login/$slug', params: { slug }, search: { goOn: '1' } })
    },
    onError: (error, chosen) => {
      const problem = asProblem(error)
      if (problem.code !== 'password.too_weak') return
      const { words, failed } = passwordFault(problem)
      setRefused({ password: chosen, rules: failed })
      setError('password', { message: words }, { shouldFocus: true })
    },
  })
  const problem = activate.error ? asProblem(activate.error) : null
  return (
    <form
      noValidate
      className="flex flex-col gap-5"
      onSubmit={handleSubmit((values) => activate.mutate(values.password))}
    >
      {problem && problem.code !== 'password.too_weak' ? <ProblemBanner problem={problem} /> : null}
      <TextField
        label="E-mail"
        type="email"
        value={activation.email}
        readOnly
        autoComplete="username"
      />
      <PasswordField
        label="Password"
        autoComplete="new-password"
        error={formState.errors.password?.message}
        {...register('password', {
          validate: (value) =>
            meetsPasswordRules(value) || 'This password does not meet the rules below yet.',
        })}
      />
      <PasswordRules
        password={password}
        failed={refused?.password === password ? refused.rules : []}
      />
      <Button look="primary" size="large" type="submit" busy={activate.isPending}>
        {activation.kind === 'reset' ? 'Save the new password' : 'Activate'}
      </Button>
    </form>
  )
}

function Expired() {
  return (
    <Doorstep
      title="Link expired"
      heading="This link no longer works"
      about="Links work once and for a limited time. Ask a manager of your organisation for a new one; if you have used it already, just sign in."
    />
  )
}
