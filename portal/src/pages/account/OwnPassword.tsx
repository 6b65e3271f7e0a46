import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { account, asProblem, useMe } from '../../client/index.ts'
import {
  Button,
  Card,
  meetsPasswordRules,
  PasswordField,
  PasswordRules,
  ProblemBanner,
  passwordFault,
  Section,
  toast,
} from '../../parts/index.ts'

/** One's own password; under single sign-on only a manager has a use for it: the way back (LM-11). */
export function OwnPassword() {
  const { user, session } = useMe()
  const byPassword = session.method === 'password' || session.method === 'setup'
  if (!byPassword && !user.roles.includes('ROLE_MANAGER')) return null
  return (
    <Section
      id="password"
      title="Password"
      about={
        byPassword
          ? 'Choosing a new one ends your other sessions.'
          : 'It opens nothing while people sign in another way. With it you can switch the login method to the password.'
      }
    >
      <Card className="p-5 sm:p-6">
        <ChoosePassword />
      </Card>
    </Section>
  )
}

function ChoosePassword() {
  const [refused, setRefused] = useState<{ password: string; rules: string[] }>()
  const { register, handleSubmit, watch, formState, setError, reset } = useForm({
    defaultValues: { password: '' },
  })
  const password = watch('password')
  const choose = useMutation({
    mutationFn: (chosen: string) => account.choosePassword(chosen),
    onSuccess: () => {
      reset()
      toast('Your password is set')
    },
    onError: (error, chosen) => {
      const problem = asProblem(error)
      if (problem.code !== 'password.too_weak') return
      const { words, failed } = passwordFault(problem)
      setRefused({ password: chosen, rules: failed })
      setError('password', { message: words }, { shouldFocus: true })
    },
  })
  const problem = choose.error ? asProblem(choose.error) : null
  return (
    <form
      noValidate
      className="flex max-w-md flex-col gap-4"
      onSubmit={handleSubmit((values) => choose.mutate(values.password))}
    >
      {problem && problem.code !== 'password.too_weak' ? <ProblemBanner problem={problem} /> : null}
      <PasswordField
        label="New password"
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
      <div>
        <Button type="submit" busy={choose.isPending}>
          Set password
        </Button>
      </div>
    </form>
  )
}
