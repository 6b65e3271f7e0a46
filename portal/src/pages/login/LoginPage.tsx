import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowRight, SearchX } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { SignInPage, SignInStep } from '../../../../contract/src/index.ts'
import { asProblem, doors, type Seen } from '../../client/index.ts'
import {
  Banner,
  Button,
  ButtonLink,
  buttonClasses,
  Doorstep,
  ErrorState,
  PasswordField,
  ProblemBanner,
  Skeleton,
  TextField,
  textLink,
} from '../../parts/index.ts'

import { Steps } from './Steps.tsx'

const route = getRouteApi('/login/$slug')

export function LoginPage() {
  const { slug } = route.useParams()
  const { reauth, signedOut, goOn } = route.useSearch()
  const [step, setStep] = useState<SignInStep>()
  // A link has proved the password, so to speak; what is still asked is asked here.
  const waiting = useQuery({
    queryKey: ['sign-in', slug, 'step'],
    queryFn: () => doors.signInStep(slug),
    enabled: goOn !== undefined && step === undefined,
    retry: false,
    gcTime: 0,
  })
  const page = useQuery({
    queryKey: ['sign-in', slug],
    queryFn: () => doors.signInPage(slug),
  })
  if (page.isPending || waiting.isLoading) return <Waiting />
  if (page.error) {
    const problem = asProblem(page.error)
    if (problem.status === 404) return <Unknown />
    return (
      <Doorstep title="Sign in" heading="Sign in">
        <ErrorState problem={problem} onRetry={() => void page.refetch()} />
      </Doorstep>
    )
  }
  const { organisation, demo } = page.data
  const current = step ?? waiting.data
  if (current) {
    const { heading, about } = stepWords(current, organisation.name)
    return (
      <Doorstep key={current.step} title={heading} heading={heading} about={about}>
        <Steps
          slug={slug}
          step={current}
          onDone={(answer) =>
            'step' in answer ? setStep(answer) : location.assign(answer.returnTo)
          }
          onOver={() => location.assign(`/login/${slug}`)}
        />
      </Doorstep>
    )
  }
  return (
    <Doorstep
      title={`Sign in to ${organisation.name}`}
      heading={reauth ? 'Confirm it is you' : `Sign in to ${organisation.name}`}
      about={reauth ? `Sign in to ${organisation.name} once more to continue.` : undefined}
    >
      <div className="flex flex-col gap-5">
        {signedOut ? <Banner tone="good" live title="You are signed out." /> : null}
        {demo ? (
          <Banner title="This is a demo organisation">
            Its identity provider is simulated: no real account is involved.
          </Banner>
        ) : null}
        <Method page={page.data} onStep={setStep} />
        {page.data.joinUrl && !reauth ? (
          <p className="border-t border-line pt-5 text-center text-ink-2">
            New here?{' '}
            <a href={page.data.joinUrl} className={textLink}>
              Join {organisation.name}
            </a>
          </p>
        ) : null}
      </div>
    </Doorstep>
  )
}

function Method({
  page,
  onStep,
}: {
  page: Seen<typeof SignInPage>
  onStep: (step: SignInStep) => void
}) {
  const { returnTo, reauth } = route.useSearch()
  if (page.startUrl && !page.showPassword) {
    const start = new URL(page.startUrl, location.origin)
    if (returnTo) start.searchParams.set('returnTo', returnTo)
    if (reauth) start.searchParams.set('reauth', '1')
    const name = page.method === 'google' ? 'Google' : (page.connectionName ?? 'SSO')
    return (
      <a
        href={start.origin === location.origin ? start.pathname + start.search : start.href}
        className={buttonClasses({ look: 'primary', size: 'large' }, 'w-full')}
      >
        Continue with {name}
        <ArrowRight aria-hidden="true" />
      </a>
    )
  }
  return <PasswordDoor onStep={onStep} />
}

function PasswordDoor({ onStep }: { onStep: (step: SignInStep) => void }) {
  const [forgotten, setForgotten] = useState<string>()
  return forgotten === undefined ? (
    <PasswordForm onForgot={setForgotten} onStep={onStep} />
  ) : (
    <ForgotForm email={forgotten} onBack={() => setForgotten(undefined)} />
  )
}

function PasswordForm({
  onForgot,
  onStep,
}: {
  onForgot: (email: string) => void
  onStep: (step: SignInStep) => void
}) {
  const { slug } = route.useParams()
  const { returnTo } = route.useSearch()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState<{ email?: string; password?: string }>({})
  const form = useRef<HTMLFormElement>(null)
  const signIn = useMutation({
    mutationFn: () =>
      doors.signInWithPassword(slug, { email, password, ...(returnTo ? { returnTo } : {}) }),
    onSuccess: (answer) => ('step' in answer ? onStep(answer) : location.assign(answer.returnTo)),
    onError: () => setPassword(''),
  })
  return (
    <form
      ref={form}
      noValidate
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault()
        const gaps = {
          ...(email.trim() === '' ? { email: 'Please enter your e-mail address.' } : {}),
          ...(password === '' ? { password: 'Please enter your password.' } : {}),
        }
        setMissing(gaps)
        const first = gaps.email ? 'email' : gaps.password ? 'password' : null
        if (first) form.current?.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus()
        else signIn.mutate()
      }}
    >
      {signIn.error ? (
        <Banner tone="bad" live title={inWords(asProblem(signIn.error).code)}>
          {asProblem(signIn.error).code === 'auth.invalid_credentials'
            ? 'Check both and try again.'
            : asProblem(signIn.error).detail}
        </Banner>
      ) : null}
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        className="h-11"
        value={email}
        error={missing.email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="current-password"
        className="h-11"
        value={password}
        error={missing.password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button look="primary" size="large" type="submit" busy={signIn.isPending}>
        Sign in
      </Button>
      <button type="button" onClick={() => onForgot(email)} className={`${textLink} self-center`}>
        Forgot password?
      </button>
    </form>
  )
}

/** Answers alike for known and unknown addresses (LM-37). */
function ForgotForm({ email: typed, onBack }: { email: string; onBack: () => void }) {
  const { slug } = route.useParams()
  const [email, setEmail] = useState(typed)
  const [missing, setMissing] = useState<string>()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const request = useMutation({ mutationFn: () => doors.requestReset(slug, email.trim()) })
  const back = (
    <button type="button" onClick={onBack} className={`${textLink} self-center`}>
      Back to sign-in
    </button>
  )
  if (request.isSuccess) {
    return (
      <div className="flex flex-col gap-5">
        <Banner tone="good" live title="If this address is known here, a link is on its way">
          It lives 60 minutes and works once. No mail after a few minutes? Ask a manager of your
          organisation for a new activation link.
        </Banner>
        {back}
      </div>
    )
  }
  return (
    <form
      noValidate
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault()
        if (email.trim() === '') setMissing('Please enter your e-mail address.')
        else request.mutate()
      }}
    >
      <p className="text-ink-2">Enter your e-mail address to get a link for a new password.</p>
      {request.error ? <ProblemBanner problem={asProblem(request.error)} /> : null}
      <TextField
        ref={field}
        label="E-mail"
        type="email"
        autoComplete="username"
        className="h-11"
        value={email}
        error={missing}
        onChange={(event) => {
          setEmail(event.target.value)
          setMissing(undefined)
        }}
      />
      <Button look="primary" size="large" type="submit" busy={request.isPending}>
        Send the link
      </Button>
      {back}
    </form>
  )
}

function stepWords({ step }: SignInStep, organisation: string) {
  if (step === 'second_factor') {
    return { heading: 'Confirm it is you', about: 'Your password was right. One more thing.' }
  }
  if (step === 'new_password') {
    return {
      heading: 'Choose your own password',
      about: 'The one that you were given works this once, so that nobody else knows yours.',
    }
  }
  return {
    heading: 'Set up a second factor',
    about: `${organisation} asks everyone for one, so that a stolen password opens nothing.`,
  }
}

function inWords(code: string): string {
  if (code === 'auth.invalid_credentials') return 'E-mail or password is not right'
  if (code === 'rate.limited') return 'Too many tries, please wait a moment'
  return 'You cannot be signed in'
}

function Unknown() {
  return (
    <Doorstep
      title="Sign in"
      heading="We cannot find this organisation"
      about="Check the address, or ask the person who gave it to you."
    >
      <ButtonLink to="/">
        <SearchX aria-hidden="true" />
        Enter another organisation
      </ButtonLink>
    </Doorstep>
  )
}

function Waiting() {
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 py-10 sm:justify-center">
      <h1 className="sr-only">Sign in</h1>
      <div role="status" aria-label="Loading" className="flex w-full max-w-sm flex-col gap-4">
        <Skeleton className="size-9" />
        <Skeleton className="mb-4 h-7 w-52" />
        <Skeleton className="h-11 w-full" />
      </div>
    </main>
  )
}
