import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { InvitationPage } from '../../../../contract/src/index.ts'
import { asProblem, doors } from '../../client/index.ts'
import {
  Button,
  buttonClasses,
  Doorstep,
  ErrorState,
  fieldRules,
  meetsPasswordRules,
  PasswordField,
  PasswordRules,
  ProblemBanner,
  passwordFault,
  placeFaults,
  TextField,
} from '../../parts/index.ts'

const route = getRouteApi('/invite/$token')
type Values = { firstName: string; lastName: string; password: string }

/** What an invited person opens; looking at it uses nothing up. */
export function InvitePage() {
  const { token } = route.useParams()
  const page = useQuery({ queryKey: ['invitation', token], queryFn: () => doors.invitation(token) })
  if (page.isPending) return null
  if (page.error) {
    const problem = asProblem(page.error)
    if (problem.status === 410) return <Gone />
    return (
      <Doorstep title="Invitation" heading="Your invitation">
        <ErrorState problem={problem} onRetry={() => void page.refetch()} />
      </Doorstep>
    )
  }
  const { organisation, inviter, email, completes, connectionName, startUrl } = page.data
  const through = completes === 'google' ? 'Google' : (connectionName ?? 'single sign-on')
  return (
    <Doorstep
      title={`Join ${organisation.name}`}
      heading={`Join ${organisation.name}`}
      about={
        completes === 'password'
          ? `${inviter} invites you. Say who you are and choose a password, and you are in.`
          : `${inviter} invites you. ${organisation.name} signs people in through ${through}: continue there as ${email}, and you are in.`
      }
    >
      {completes === 'password' ? (
        <Accept page={page.data} />
      ) : (
        <a
          href={startUrl ?? `/login/${organisation.slug}`}
          className={buttonClasses({ look: 'primary', size: 'large' }, 'w-full')}
        >
          Continue with {through}
          <ArrowRight aria-hidden="true" />
        </a>
      )}
    </Doorstep>
  )
}

function Accept({ page }: { page: InvitationPage }) {
  const { token } = route.useParams()
  const [refused, setRefused] = useState<{ password: string; rules: string[] }>()
  const { register, handleSubmit, watch, formState, setError } = useForm<Values>({
    defaultValues: { firstName: page.firstName, lastName: page.lastName, password: '' },
  })
  const { errors } = formState
  const password = watch('password')
  const accept = useMutation({
    mutationFn: (values: Values) => doors.acceptInvitation(token, values),
    onSuccess: (answer) => {
      const { slug } = page.organisation
      location.assign('step' in answer ? `/login/${slug}?goOn=1` : answer.returnTo)
    },
    onError: (error, values) => {
      const found = asProblem(error)
      if (found.code === 'password.too_weak') {
        const { words, failed } = passwordFault(found)
        setRefused({ password: values.password, rules: failed })
        setError('password', { message: words }, { shouldFocus: true })
      } else placeFaults(found, setError, ['firstName', 'lastName', 'password'])
    },
  })
  const problem = accept.error ? asProblem(accept.error) : null
  if (problem?.status === 410) return <Gone />
  const placed = problem?.code === 'password.too_weak' || (problem?.errors ?? []).length > 0
  return (
    <form
      noValidate
      className="flex flex-col gap-5"
      onSubmit={handleSubmit((values) => accept.mutate(values))}
    >
      {problem && !placed ? <ProblemBanner problem={problem} /> : null}
      <TextField
        label="E-mail"
        type="email"
        value={page.email}
        readOnly
        autoComplete="username"
        className="h-11"
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          label="First name"
          autoComplete="given-name"
          className="h-11"
          error={errors.firstName?.message}
          {...register('firstName', fieldRules.name)}
        />
        <TextField
          label="Last name"
          autoComplete="family-name"
          className="h-11"
          error={errors.lastName?.message}
          {...register('lastName', fieldRules.name)}
        />
      </div>
      <PasswordField
        label="Password"
        autoComplete="new-password"
        className="h-11"
        error={errors.password?.message}
        {...register('password', {
          validate: (value) =>
            meetsPasswordRules(value) || 'This password does not meet the rules below yet.',
        })}
      />
      <PasswordRules
        password={password}
        failed={refused?.password === password ? refused.rules : []}
      />
      <Button look="primary" size="large" type="submit" busy={accept.isPending}>
        Join {page.organisation.name}
      </Button>
    </form>
  )
}

function Gone() {
  return (
    <Doorstep
      title="Invitation"
      heading="This invitation no longer works"
      about="Invitations work once and for a limited time. Ask the person who invited you for a new one; if you have used it already, just sign in."
    />
  )
}
