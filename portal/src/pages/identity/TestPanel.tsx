import { ExternalLink, FlaskConical } from 'lucide-react'
import { useMe } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Banner,
  Button,
  Claims,
  KeyValue,
  SignInChecks,
  textLink,
} from '../../parts/index.ts'
import type { Test, TestSignIn } from './testSignIn.ts'

export function TestPanel({ testing, readOnly }: { testing: TestSignIn; readOnly: boolean }) {
  const { test, stale } = testing
  return (
    <div className="flex flex-col gap-5">
      {readOnly ? null : <TestButton testing={testing} />}
      <div aria-live="polite" className="flex flex-col gap-5 empty:hidden">
        {test && stale ? (
          <Banner tone="warn" title="The settings have changed since this test">
            It no longer proves them. Run it again before you save.
          </Banner>
        ) : null}
        {test ? <Outcome test={test} /> : null}
      </div>
    </div>
  )
}

export function TestButton({ testing }: { testing: TestSignIn }) {
  const waiting = testing.test?.state === 'pending'
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button
        busy={testing.starting}
        blockedBecause={testing.ready ? null : 'First enter your identity provider’s side.'}
        onClick={testing.start}
      >
        <FlaskConical aria-hidden="true" />
        Test sign-in
      </Button>
      {waiting && testing.test ? (
        <span className="text-ink-2">
          Waiting for you to sign in.{' '}
          <a href={testing.test.startUrl} target="usher-test" className={textLink}>
            Open the window
            <ExternalLink className="ml-1 inline size-3.5" aria-hidden="true" />
          </a>
        </span>
      ) : null}
    </div>
  )
}

function Outcome({ test }: { test: Test }) {
  const { user } = useMe()
  if (test.state === 'pending') return null
  if (test.state === 'expired') {
    return <Banner title="The last test has expired">Run it again when you are ready.</Banner>
  }
  const { resolved } = test
  return (
    <>
      {test.state === 'failed' ? (
        <Banner tone="bad" title="The test sign-in was refused">
          {test.remedy ? <p>{test.remedy}</p> : null}
          {test.idpScreen ? (
            <p className="mt-1">
              Open in the identity provider:{' '}
              <strong className="font-medium text-ink">{test.idpScreen}</strong>
            </p>
          ) : null}
          {test.code ? <code className="mt-1 block text-xs text-ink-3">{test.code}</code> : null}
        </Banner>
      ) : resolved?.isYou ? (
        <Banner tone="good" title="It works, and it is you">
          You can save. The test counts for 30 minutes
          {test.finishedAt ? (
            <>
              {' '}
              from <Ago at={test.finishedAt} />
            </>
          ) : null}
          .
        </Banner>
      ) : (
        <Banner tone="warn" title="It works, but it is not you">
          The sign-in resolves to {resolved?.email ?? 'nobody'}. To save, test again and sign in as
          yourself ({user.email}), so that you cannot lock yourself out.
        </Banner>
      )}
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <div>
          <h4 className="mb-3 text-sm font-medium text-ink-3">Checks, in their order</h4>
          <SignInChecks checks={test.checks} />
        </div>
        <div className="flex flex-col gap-6">
          {resolved ? (
            <div>
              <h4 className="mb-3 flex items-center gap-2 text-sm font-medium text-ink-3">
                What it resolves to
                {resolved.isYou ? <Badge tone="good">You</Badge> : null}
              </h4>
              <KeyValue
                rows={[
                  { label: 'E-mail', value: resolved.email ?? 'Missing' },
                  { label: 'First name', value: resolved.firstName ?? 'Missing' },
                  { label: 'Last name', value: resolved.lastName ?? 'Missing' },
                  {
                    label: 'Stable subject',
                    value: (
                      <span className="font-mono text-sm">{resolved.subject ?? 'Missing'}</span>
                    ),
                  },
                ]}
              />
            </div>
          ) : null}
          {test.claims.length > 0 ? (
            <div>
              <h4 className="mb-3 text-sm font-medium text-ink-3">Claims received</h4>
              <Claims claims={test.claims} />
            </div>
          ) : null}
        </div>
      </div>
    </>
  )
}
