import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useForm } from 'react-hook-form'
import type { JoinPage as Page } from '../../../../contract/src/index.ts'
import { asProblem, doors } from '../../client/index.ts'
import {
  Banner,
  Button,
  ButtonLink,
  Checkbox,
  Doorstep,
  ErrorState,
  fieldRules,
  ProblemBanner,
  placeFaults,
  TextField,
} from '../../parts/index.ts'
import { solve } from './solve.ts'

const route = getRouteApi('/join/$slug/$token')
type Values = { firstName: string; lastName: string; email: string }
const fields = ['firstName', 'lastName', 'email'] as const

export function JoinPage() {
  const { slug, token } = route.useParams()
  const page = useQuery({
    queryKey: ['join', slug, token],
    queryFn: () => doors.joinPage(slug, token),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (page.isPending) return null
  if (page.error) {
    const problem = asProblem(page.error)
    if (problem.status === 410 || problem.status === 409) return <Closed />
    return (
      <Doorstep title="Join" heading="Join">
        <ErrorState problem={problem} onRetry={() => void page.refetch()} />
      </Doorstep>
    )
  }
  return <Registration page={page.data} renew={async () => (await page.refetch()).data} />
}

function Registration({ page, renew }: { page: Page; renew: () => Promise<Page | undefined> }) {
  const { slug, token } = route.useParams()
  const { organisation, method, allowedDomains, termsUrl } = page
  const [accepted, setAccepted] = useState(false)
  const [unread, setUnread] = useState(false)
  const { register, handleSubmit, formState, setError, getValues } = useForm<Values>({
    defaultValues: { firstName: '', lastName: '', email: '' },
  })
  const solution = useSolution(page)
  const send = useMutation({
    mutationFn: async (values: Values) => {
      const body = (challenge: string, solved: string) => ({
        ...values,
        acceptsTerms: accepted,
        challenge,
        solution: solved,
      })
      try {
        return await doors.register(slug, token, body(page.challenge, await solution()))
      } catch (error) {
        // The page stood open for too long: once more with a fresh challenge, unseen.
        const fresh = asProblem(error).code === 'challenge.invalid' ? await renew() : undefined
        if (!fresh) throw error
        const solved = await solve(fresh.challenge, fresh.bits, new AbortController().signal)
        return doors.register(slug, token, body(fresh.challenge, solved))
      }
    },
    onSuccess: ({ startUrl }) => {
      if (startUrl) location.assign(startUrl)
    },
    onError: (error) => placeFaults(asProblem(error), setError, fields),
  })
  const problem = send.error ? asProblem(send.error) : null
  const placed = problem?.errors?.every(({ pointer }) =>
    fields.some((field) => pointer === `/${field}`),
  )
  if (problem?.status === 410) return <Closed />
  if (send.isSuccess && !send.data.startUrl) {
    return <Sent page={page} email={getValues('email').trim()} />
  }
  const through = method === 'google' ? 'Google' : (page.connectionName ?? 'single sign-on')
  return (
    <Doorstep
      title={`Join ${organisation.name}`}
      heading={`Join ${organisation.name}`}
      about={aboutMail(allowedDomains)}
    >
      <form
        noValidate
        className="flex flex-col gap-5"
        onSubmit={handleSubmit((values) => {
          if (termsUrl && !accepted) return setUnread(true)
          send.mutate(values)
        })}
      >
        {problem && !placed ? <ProblemBanner problem={problem} /> : null}
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField
            label="First name"
            autoComplete="given-name"
            className="h-11"
            error={formState.errors.firstName?.message}
            {...register('firstName', fieldRules.name)}
          />
          <TextField
            label="Last name"
            autoComplete="family-name"
            className="h-11"
            error={formState.errors.lastName?.message}
            {...register('lastName', fieldRules.name)}
          />
        </div>
        <TextField
          label="Work e-mail"
          type="email"
          autoComplete="email"
          className="h-11"
          error={formState.errors.email?.message}
          {...register('email', fieldRules.email)}
        />
        {termsUrl ? (
          <div className="flex flex-col gap-2.5">
            <Checkbox
              label="I accept the terms"
              checked={accepted}
              onChange={(now) => {
                setAccepted(now)
                setUnread(false)
              }}
            />
            <a
              href={termsUrl}
              target="_blank"
              rel="noreferrer"
              className="ml-7.5 inline-flex min-h-6 items-center self-start text-accent-text underline underline-offset-2"
            >
              Read the terms
            </a>
            {unread ? (
              <p role="alert" className="text-sm text-bad">
                Please accept the terms to register.
              </p>
            ) : null}
          </div>
        ) : null}
        <Button look="primary" size="large" type="submit" busy={send.isPending}>
          {method === 'password' || page.needsApproval ? 'Register' : `Continue with ${through}`}
          <ArrowRight aria-hidden="true" />
        </Button>
        <p className="text-center text-ink-3">
          Here already?{' '}
          <a
            href={`/login/${organisation.slug}`}
            className="text-accent-text underline underline-offset-2"
          >
            Sign in
          </a>
        </p>
      </form>
    </Doorstep>
  )
}

function aboutMail(domains: string[]): string {
  if (domains.length === 0 || domains.length > 4) return 'With your work e-mail address.'
  const at = domains.map((domain) => `@${domain}`)
  const words = new Intl.ListFormat('en', { type: 'disjunction' }).format(at)
  return `With your work e-mail address: ${words}.`
}

/** Begins to work on the challenge while the person types. @returns the answer, when it is there. */
function useSolution({ challenge, bits }: Page): () => Promise<string> {
  const work = useRef<Promise<string>>(undefined)
  useEffect(() => {
    const stop = new AbortController()
    work.current = solve(challenge, bits, stop.signal)
    work.current.catch(() => undefined)
    return () => stop.abort()
  }, [challenge, bits])
  return () => work.current ?? solve(challenge, bits, new AbortController().signal)
}

/** The same for everybody: it never says whether the address is known (SS-16). */
function Sent({ page, email }: { page: Page; email: string }) {
  const { organisation, needsApproval } = page
  return (
    <Doorstep
      title={`Join ${organisation.name}`}
      heading={needsApproval ? 'Thank you' : 'Check your mail'}
      about={
        needsApproval
          ? `A manager of ${organisation.name} looks at every registration. You will hear from them.`
          : `We have sent a link to ${email}. It proves that the address is yours and lets you choose a password.`
      }
    >
      <div className="flex flex-col gap-5">
        {needsApproval ? null : (
          <Banner title="No mail after a few minutes?">
            Look into the spam folder, or register once more: check that the address is right.
          </Banner>
        )}
        <ButtonLink to="/login/$slug" params={{ slug: organisation.slug }}>
          To the sign-in page
        </ButtonLink>
      </div>
    </Doorstep>
  )
}

function Closed() {
  return (
    <Doorstep
      title="Registration is closed"
      heading="Registration is closed"
      about="This link admits nobody at the moment. Ask the person who gave it to you for a new one or for an invitation."
    />
  )
}
