import { useMutation } from '@tanstack/react-query'
import { Fingerprint, KeyRound, LifeBuoy, Smartphone } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { EnrolledAtSignIn, SignInStep, TotpEnrolment } from '../../../../contract/src/index.ts'
import {
  asProblem,
  doors,
  hasPasskeys,
  makePasskey,
  type Seen,
  showPasskey,
} from '../../client/index.ts'
import {
  Banner,
  Button,
  browserWords,
  Checkbox,
  CodeField,
  meetsPasswordRules,
  PasswordField,
  PasswordRules,
  ProblemBanner,
  passwordFault,
  RecoveryCodes,
  TextField,
  TotpSetup,
  textLink,
} from '../../parts/index.ts'

type Way = SignInStep['ways'][number]
type Going = { slug: string; onDone: (answer: { returnTo: string } | SignInStep) => void }

/** What is still asked between the right password and the session (SE-11, EM-5). */
export function Steps({
  step,
  onOver,
  ...going
}: Going & { step: SignInStep; onOver: () => void }) {
  return (
    <div className="flex flex-col gap-5">
      {step.step === 'second_factor' ? (
        <Prove ways={step.ways} {...going} />
      ) : step.step === 'new_password' ? (
        <ChooseAnother {...going} />
      ) : (
        <Enrol {...going} />
      )}
      <button type="button" onClick={onOver} className={`${textLink} self-center`}>
        Sign in as somebody else
      </button>
    </div>
  )
}

const waysInWords: Record<Way, { label: string; icon: ReactNode }> = {
  passkey: { label: 'Use a passkey', icon: <Fingerprint aria-hidden="true" /> },
  totp: { label: 'Use the authenticator app', icon: <Smartphone aria-hidden="true" /> },
  recovery_code: { label: 'Use a recovery code', icon: <LifeBuoy aria-hidden="true" /> },
}

function Prove({ ways, slug, onDone }: Going & { ways: Way[] }) {
  const usable = ways.filter((way) => way !== 'passkey' || hasPasskeys())
  const [way, setWay] = useState<Way>(usable[0] ?? 'recovery_code')
  const [code, setCode] = useState('')
  const [missing, setMissing] = useState<string>()
  const prove = useMutation({
    mutationFn: async () => {
      if (way === 'totp') return doors.proveFactor(slug, { totp: code })
      if (way === 'recovery_code') return doors.proveFactor(slug, { recoveryCode: code.trim() })
      const passkey = await showPasskey(await doors.askPasskey(slug, 'second-factor'))
      return doors.proveFactor(slug, { passkey })
    },
    onSuccess: onDone,
    onError: () => setCode(''),
  })
  const choose = (chosen: Way) => {
    setWay(chosen)
    setCode('')
    setMissing(undefined)
    prove.reset()
  }
  const shortest = way === 'totp' ? 6 : 16
  return (
    <form
      noValidate
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault()
        const tooShort = way !== 'passkey' && code.replace(/[\s-]/g, '').length < shortest
        setMissing(tooShort ? `Please enter all ${shortest} characters.` : undefined)
        if (!tooShort) prove.mutate()
      }}
    >
      {prove.error ? <Refused error={prove.error} /> : null}
      {way === 'totp' ? (
        <CodeField label="Code from your app" value={code} error={missing} onCode={setCode} />
      ) : way === 'recovery_code' ? (
        <TextField
          label="Recovery code"
          autoComplete="off"
          spellCheck={false}
          autoCapitalize="none"
          className="h-11 font-mono"
          help="One of the ten that you kept. Each works once."
          value={code}
          error={missing}
          onChange={(event) => setCode(event.target.value)}
        />
      ) : (
        <p className="text-ink-2">
          Confirm with your fingerprint, face or screen lock, or with your security key.
        </p>
      )}
      <Button look="primary" size="large" type="submit" busy={prove.isPending}>
        {way === 'passkey' ? (
          <>
            <Fingerprint aria-hidden="true" />
            Continue with a passkey
          </>
        ) : (
          'Continue'
        )}
      </Button>
      {usable.length > 1 ? (
        <div className="flex flex-col gap-2 border-t border-line pt-5">
          {usable
            .filter((one) => one !== way)
            .map((one) => (
              <Button key={one} onClick={() => choose(one)}>
                {waysInWords[one].icon}
                {waysInWords[one].label}
              </Button>
            ))}
        </div>
      ) : null}
    </form>
  )
}

function Refused({ error }: { error: Error }) {
  const { code, detail } = asProblem(error)
  const title =
    code === 'auth.required'
      ? 'This sign-in is over'
      : code === 'rate.limited'
        ? 'Too many tries, please wait a moment'
        : 'That did not work'
  return (
    <Banner tone="bad" live title={title}>
      {detail}
    </Banner>
  )
}

function ChooseAnother({ slug, onDone }: Going) {
  const [password, setPassword] = useState('')
  const [fault, setFault] = useState<{ words: string; failed: string[] }>()
  const choose = useMutation({
    mutationFn: () => doors.replacePassword(slug, password),
    onSuccess: onDone,
    onError: (error) => {
      const problem = asProblem(error)
      if (problem.code === 'password.too_weak') setFault(passwordFault(problem))
    },
  })
  const problem = choose.error ? asProblem(choose.error) : null
  return (
    <form
      noValidate
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault()
        if (meetsPasswordRules(password)) choose.mutate()
        else setFault({ words: 'This password does not meet the rules below yet.', failed: [] })
      }}
    >
      {problem && problem.code !== 'password.too_weak' ? <ProblemBanner problem={problem} /> : null}
      <PasswordField
        label="New password"
        autoComplete="new-password"
        className="h-11"
        value={password}
        error={fault?.words}
        onChange={(event) => {
          setPassword(event.target.value)
          setFault(undefined)
        }}
      />
      <PasswordRules password={password} failed={fault?.failed ?? []} />
      <Button look="primary" size="large" type="submit" busy={choose.isPending}>
        <KeyRound aria-hidden="true" />
        Save and continue
      </Button>
    </form>
  )
}

type Enrolled = Seen<typeof EnrolledAtSignIn>

function Enrol({ slug, onDone }: Going) {
  const [totp, setTotp] = useState<TotpEnrolment>()
  const [enrolled, setEnrolled] = useState<Enrolled>()
  const start = useMutation({ mutationFn: () => doors.startTotp(slug), onSuccess: setTotp })
  const passkey = useMutation({
    mutationFn: async () => {
      const made = await makePasskey(await doors.askPasskey(slug, 'enrolment'))
      const label = browserWords(navigator.userAgent)
      return doors.enrolFactor(slug, { label, passkey: made })
    },
    onSuccess: setEnrolled,
  })
  if (enrolled) return <Keep enrolled={enrolled} slug={slug} onKept={() => onDone(enrolled)} />
  if (totp) return <EnrolApp totp={totp} slug={slug} onEnrolled={setEnrolled} />
  const error = start.error ?? passkey.error
  return (
    <div className="flex flex-col gap-4">
      {error ? <Refused error={error} /> : null}
      {hasPasskeys() ? (
        <Button
          look="primary"
          size="large"
          busy={passkey.isPending}
          onClick={() => passkey.mutate()}
        >
          <Fingerprint aria-hidden="true" />
          Set up a passkey
        </Button>
      ) : null}
      <Button size="large" busy={start.isPending} onClick={() => start.mutate()}>
        <Smartphone aria-hidden="true" />
        Set up an authenticator app
      </Button>
      <p className="text-sm text-ink-3">
        A passkey is your fingerprint, face, screen lock or security key. An authenticator app shows
        a new code every 30 seconds. You can add the other one later.
      </p>
    </div>
  )
}

function EnrolApp({
  totp,
  slug,
  onEnrolled,
}: {
  totp: TotpEnrolment
  slug: string
  onEnrolled: (enrolled: Enrolled) => void
}) {
  const [code, setCode] = useState('')
  const confirm = useMutation({
    mutationFn: () => doors.enrolFactor(slug, { enrolment: totp.enrolment, code }),
    onSuccess: onEnrolled,
  })
  const problem = confirm.error ? asProblem(confirm.error) : null
  const isCodeWrong = problem?.errors?.some(({ pointer }) => pointer === '/code')
  return (
    <form
      noValidate
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault()
        confirm.mutate()
      }}
    >
      {confirm.error && !isCodeWrong ? <Refused error={confirm.error} /> : null}
      <p className="text-ink-2">
        Scan this with an authenticator app, then type the code it shows.
      </p>
      <TotpSetup
        secret={totp.secret}
        qr={totp.qr}
        code={code}
        error={isCodeWrong ? problem?.detail : undefined}
        onCode={setCode}
      />
      <Button
        look="primary"
        size="large"
        type="submit"
        disabled={code.trim().length < 6}
        busy={confirm.isPending}
      >
        Continue
      </Button>
    </form>
  )
}

function Keep({
  enrolled,
  slug,
  onKept,
}: {
  enrolled: Enrolled
  slug: string
  onKept: () => void
}) {
  const [kept, setKept] = useState(false)
  return (
    <div className="flex flex-col gap-5">
      <Banner tone="good" live title="It is set up">
        Keep these recovery codes: each opens the account once when your device is lost. They are
        not shown again.
      </Banner>
      <RecoveryCodes codes={enrolled.recoveryCodes ?? []} of={slug} />
      <Checkbox label="I have kept the codes in a safe place" checked={kept} onChange={setKept} />
      <Button
        look="primary"
        size="large"
        blockedBecause={kept ? null : 'First say that you have kept them.'}
        onClick={onKept}
      >
        Continue
      </Button>
    </div>
  )
}
