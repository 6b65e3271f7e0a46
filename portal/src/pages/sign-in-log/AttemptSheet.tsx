import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { SignInAttemptDetails } from '../../../../contract/src/index.ts'
import { asProblem, type Seen, useOrganisation } from '../../client/index.ts'
import {
  Badge,
  Banner,
  browserWords,
  Claims,
  Code,
  CopyButton,
  indentXml,
  KeyValue,
  Loaded,
  Moment,
  Sheet,
  SignInChecks,
  SkeletonRows,
  TextLink,
} from '../../parts/index.ts'

type Attempt = Seen<typeof SignInAttemptDetails>

/** The flight recorder of one attempt: what happened, why, and what to do about it. */
export function AttemptSheet({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const { api, key } = useOrganisation()
  const attempt = useQuery({
    queryKey: key('sign-in-log', 'attempt', id),
    queryFn: () => api.signInAttempt(id ?? ''),
    enabled: id !== undefined,
  })
  return (
    <Sheet
      open={id !== undefined}
      onClose={onClose}
      title={attempt.data ? headline(attempt.data) : 'Sign-in attempt'}
      about={
        attempt.data ? (
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <Moment at={attempt.data.at} />
            <span>
              · Reference <span className="font-mono text-sm">{attempt.data.reference}</span>
            </span>
            {attempt.data.test ? <Badge tone="accent">Test</Badge> : null}
          </span>
        ) : undefined
      }
    >
      <Loaded from={attempt} problemOf={asProblem} skeleton={<SkeletonRows rows={4} />}>
        {(found) => <Details attempt={found} />}
      </Loaded>
    </Sheet>
  )
}

function Details({ attempt }: { attempt: Attempt }) {
  const { slug } = useOrganisation()
  const refused = attempt.result === 'failure'
  return (
    <div className="flex flex-col gap-7">
      {refused && attempt.remedy ? (
        <Banner tone="warn" title="What to do">
          <p>{attempt.remedy}</p>
          {attempt.idpScreen ? (
            <p className="mt-1.5">
              Open in the identity provider:{' '}
              <strong className="font-medium text-ink">{attempt.idpScreen}</strong>
            </p>
          ) : null}
        </Banner>
      ) : null}
      {refused && (attempt.expected !== null || attempt.received !== null) ? (
        <div className="grid gap-3 sm:grid-cols-2">
          <Side label="Expected" value={attempt.expected} />
          <Side label="Received" value={attempt.received} bad />
        </div>
      ) : null}
      <Part title="The attempt">
        <KeyValue
          rows={[
            {
              label: 'Person',
              value: attempt.userId ? (
                <TextLink to="/o/$slug/settings/users/$id" params={{ slug, id: attempt.userId }}>
                  {attempt.email ?? attempt.userId}
                </TextLink>
              ) : (
                (attempt.email ?? 'Unknown')
              ),
            },
            ...(attempt.code
              ? [{ label: 'Code', value: <code className="text-sm">{attempt.code}</code> }]
              : []),
            ...(attempt.rule ? [{ label: 'Rule that decided', value: attempt.rule }] : []),
            { label: 'Method', value: attempt.method },
            { label: 'From', value: attempt.ip ?? 'Unknown' },
            {
              label: 'Browser',
              value: attempt.userAgent ? browserWords(attempt.userAgent) : 'Unknown',
            },
          ]}
        />
      </Part>
      {attempt.checks.length > 0 ? (
        <Part title="Checks, in their order">
          <SignInChecks checks={attempt.checks} />
        </Part>
      ) : null}
      {attempt.claims.length > 0 ? (
        <Part title="Claims received">
          <Claims claims={attempt.claims} />
        </Part>
      ) : null}
      {attempt.redactedXml ? (
        <Code
          title="Assertion, redacted"
          of="redacted assertion"
          text={indentXml(attempt.redactedXml)}
        />
      ) : null}
    </div>
  )
}

function headline(attempt: Attempt): string {
  const who = attempt.email ?? 'Someone unknown'
  if (attempt.result === 'success') {
    return attempt.test ? `The test of ${who} passed` : `${who} signed in`
  }
  return attempt.test ? `The test of ${who} was refused` : `${who} was refused`
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-3">
      <h3 className="font-semibold text-ink">{title}</h3>
      {children}
    </section>
  )
}

function Side({ label, value, bad }: { label: string; value: string | null; bad?: boolean }) {
  return (
    <div
      className={`rounded-lg border p-3 ${bad ? 'border-bad-line bg-bad-soft' : 'border-good-line bg-good-soft'}`}
    >
      <div className="mb-1 flex h-7 items-center justify-between">
        <span className={`text-sm font-medium ${bad ? 'text-bad' : 'text-good'}`}>{label}</span>
        {value ? <CopyButton bare value={value} of={`${label.toLowerCase()} value`} /> : null}
      </div>
      <div className="font-mono text-sm text-ink wrap-anywhere">{value ?? 'nothing'}</div>
    </div>
  )
}
