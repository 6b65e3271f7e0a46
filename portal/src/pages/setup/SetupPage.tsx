import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type { Problem } from '../../../../contract/src/index.ts'
import { asProblem, doors } from '../../client/index.ts'
import {
  Button,
  ButtonLink,
  Card,
  Doorstep,
  ErrorState,
  fieldRules,
  meetsPasswordRules,
  PasswordField,
  PasswordRules,
  ProblemBanner,
  passwordFault,
  placeFaults,
  slugFrom,
  TextField,
} from '../../parts/index.ts'

const route = getRouteApi('/setup')

export function SetupPage() {
  const { code } = route.useSearch()
  const state = useQuery({ queryKey: ['setup'], queryFn: doors.setupState })
  if (state.isPending) return null
  if (state.error) {
    return (
      <Doorstep title="Set up" heading="Set up Usher">
        <ErrorState problem={asProblem(state.error)} onRetry={() => void state.refetch()} />
      </Doorstep>
    )
  }
  if (!state.data.open) return <Closed />
  return (
    <Doorstep
      wide
      title="Set up"
      heading="Welcome to Usher"
      about="Your own directory and sign-in service is running. Name your organisation and become its first manager; everything else can wait."
    >
      <div className="grid items-start gap-5 lg:grid-cols-[1fr_20rem]">
        <SetupForm code={code ?? ''} />
        {state.data.demoAvailable ? <DemoOffer code={code ?? ''} /> : null}
      </div>
    </Doorstep>
  )
}

function Closed() {
  return (
    <Doorstep
      title="Set up"
      heading="Set-up is complete"
      about="This installation already has its first organisation, so this page is closed for good. Further organisations are made by the operator."
    >
      <ButtonLink look="primary" size="large" to="/">
        Go to sign-in
      </ButtonLink>
    </Doorstep>
  )
}

type Values = {
  code: string
  organisation: { name: string; slug: string }
  manager: { firstName: string; lastName: string; email: string; password: string }
}
const fields = [
  'code',
  'organisation.name',
  'organisation.slug',
  'manager.firstName',
  'manager.lastName',
  'manager.email',
  'manager.password',
] as const

function SetupForm({ code }: { code: string }) {
  const [ownSlug, setOwnSlug] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const [refused, setRefused] = useState<{ password: string; rules: string[] }>()
  const { register, handleSubmit, setError, setValue, watch, formState } = useForm<Values>({
    defaultValues: {
      code,
      organisation: { name: '', slug: '' },
      manager: { firstName: '', lastName: '', email: '', password: '' },
    },
  })
  const setUp = useMutation({
    mutationFn: (values: Values) => doors.setUp(values),
    onSuccess: ({ portalUrl }) => location.assign(portalUrl),
    onError: (error, values) => {
      const found = asProblem(error)
      if (found.code === 'org.slug_taken') {
        return setError('organisation.slug', { message: found.detail }, { shouldFocus: true })
      }
      if (found.code === 'password.too_weak') {
        const { words, failed } = passwordFault(found)
        setRefused({ password: values.manager.password, rules: failed })
        setError('manager.password', { message: words }, { shouldFocus: true })
        return
      }
      setProblem(placeFaults(found, setError, fields) ? undefined : found)
    },
  })
  const { errors } = formState
  const slug = watch('organisation.slug')
  const password = watch('manager.password')
  const name = register('organisation.name', fieldRules.name)
  return (
    <Card className="p-5 sm:p-7">
      <form
        noValidate
        className="flex flex-col gap-7"
        onSubmit={handleSubmit((values) => {
          setProblem(undefined)
          setUp.mutate(values)
        })}
      >
        <fieldset className="flex flex-col gap-4">
          <legend className="mb-3 text-base font-semibold">Your organisation</legend>
          <TextField
            label="Organisation name"
            autoComplete="organization"
            placeholder="Acme"
            error={errors.organisation?.name?.message}
            {...name}
            onChange={(event) => {
              void name.onChange(event)
              if (!ownSlug) setValue('organisation.slug', slugFrom(event.target.value))
            }}
          />
          <TextField
            label="Short name"
            autoCapitalize="none"
            spellCheck={false}
            error={errors.organisation?.slug?.message}
            help={
              <span className="wrap-anywhere">
                People sign in at {location.host}/login/
                <strong className="font-medium text-ink">{slug || 'acme'}</strong>
              </span>
            }
            {...register('organisation.slug', {
              ...fieldRules.slug,
              onChange: () => setOwnSlug(true),
            })}
          />
        </fieldset>
        <fieldset className="flex flex-col gap-4">
          <legend className="mb-3 text-base font-semibold">You, its first manager</legend>
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="First name"
              autoComplete="given-name"
              error={errors.manager?.firstName?.message}
              {...register('manager.firstName', fieldRules.name)}
            />
            <TextField
              label="Last name"
              autoComplete="family-name"
              error={errors.manager?.lastName?.message}
              {...register('manager.lastName', fieldRules.name)}
            />
          </div>
          <TextField
            label="E-mail"
            type="email"
            autoComplete="username"
            error={errors.manager?.email?.message}
            {...register('manager.email', fieldRules.email)}
          />
          <PasswordField
            label="Password"
            autoComplete="new-password"
            error={errors.manager?.password?.message}
            {...register('manager.password', {
              validate: (value) =>
                meetsPasswordRules(value) || 'This password does not meet the rules below yet.',
            })}
          />
          <PasswordRules
            password={password}
            failed={refused?.password === password ? refused.rules : []}
          />
        </fieldset>
        <TextField
          label="Set-up code"
          className="font-mono"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          help="Printed on the console when Usher first started. It works once."
          error={errors.code?.message}
          {...register('code', { required: 'Please enter the code from the console.' })}
        />
        {problem ? <ProblemBanner problem={problem} /> : null}
        <Button look="primary" size="large" type="submit" busy={setUp.isPending}>
          Create organisation
        </Button>
      </form>
    </Card>
  )
}

function DemoOffer({ code }: { code: string }) {
  const [typed, setTyped] = useState('')
  const demo = useMutation({
    mutationFn: () => doors.setUpDemo(code || typed.trim()),
    onSuccess: ({ portalUrl }) => location.assign(portalUrl),
  })
  return (
    <div className="flex flex-col gap-4 rounded-xl border border-dashed border-line-strong p-5 sm:p-6">
      <Compass className="size-6 text-accent-text" aria-hidden="true" />
      <div>
        <h2 className="font-semibold">Only looking around?</h2>
        <p className="mt-1 text-ink-2">
          See single sign-on and just-in-time accounts at work within a minute, with a simulated
          identity provider. No account anywhere, nothing leaves this machine.
        </p>
      </div>
      {code ? null : (
        <TextField
          label="Set-up code"
          className="font-mono"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      {demo.error ? <ProblemBanner problem={asProblem(demo.error)} /> : null}
      <Button
        busy={demo.isPending}
        onClick={() => demo.mutate()}
        className="h-auto min-h-9 whitespace-normal py-2"
      >
        Explore with a demo organisation
      </Button>
    </div>
  )
}
