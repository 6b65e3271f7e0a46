import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { ProvisioningLogDetails } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  AnswerBadge,
  addressOf,
  Banner,
  Code,
  CopyButton,
  indentJson,
  KeyValue,
  Loaded,
  Moment,
  Sheet,
  SkeletonRows,
  TextLink,
} from '../../parts/index.ts'

/** One call: what to do first, then what was asked and answered. */
export function CallSheet({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const { api, key } = useOrganisation()
  const call = useQuery({
    queryKey: key('provisioning-log', 'call', id),
    queryFn: () => api.provisioningCall(id ?? ''),
    enabled: id !== undefined,
    // What was answered does not change.
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Sheet
      open={id !== undefined}
      onClose={onClose}
      title={call.data ? headline(call.data) : 'Provisioning call'}
      about={
        call.data ? (
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <AnswerBadge status={call.data.status} />
            <Moment at={call.data.at} />
            <span>· answered in {call.data.ms} ms</span>
          </span>
        ) : undefined
      }
    >
      <Loaded from={call} problemOf={asProblem} skeleton={<SkeletonRows rows={4} />}>
        {(found) => <Details call={found} />}
      </Loaded>
    </Sheet>
  )
}

function headline({ method, status, subject }: ProvisioningLogDetails): string {
  const about = subject?.label ? ` for ${subject.label}` : ''
  return status < 400 ? `${method}${about} was carried out` : `${method}${about} was refused`
}

function Details({ call }: { call: ProvisioningLogDetails }) {
  const { slug } = useOrganisation()
  const { subject } = call
  const refused = call.status >= 400
  const name = subject?.label ?? subject?.id ?? 'Unknown'
  return (
    <div className="flex flex-col gap-6">
      {refused && call.remedy ? (
        <Banner tone="warn" title="What to do">
          {call.remedy}
        </Banner>
      ) : null}
      {call.detail ? (
        <Part title="What Usher answered">
          <p className="text-ink-2 wrap-anywhere">{call.detail}</p>
        </Part>
      ) : null}
      {call.notes.length > 0 ? (
        <Part title="Notes">
          <ul className="list-disc space-y-1 pl-4.5 text-ink-2 marker:text-ink-3">
            {call.notes.map((note) => (
              <li key={note} className="wrap-anywhere">
                {note}
              </li>
            ))}
          </ul>
        </Part>
      ) : null}
      <Part title="The call">
        <KeyValue
          rows={[
            {
              label: 'Address',
              value: (
                <span className="flex items-start gap-1">
                  <span className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">
                    {call.method} {addressOf(call.path)}
                  </span>
                  <CopyButton bare value={call.path} of="path" />
                </span>
              ),
            },
            ...(call.code
              ? [{ label: 'Code', value: <code className="text-sm">{call.code}</code> }]
              : []),
            ...(subject
              ? [
                  {
                    label: subject.kind === 'group' ? 'Group' : 'Person',
                    value:
                      subject.kind === 'user' && subject.id ? (
                        <TextLink
                          to="/o/$slug/settings/users/$id"
                          params={{ slug, id: subject.id }}
                        >
                          {name}
                        </TextLink>
                      ) : (
                        name
                      ),
                  },
                ]
              : []),
            { label: 'Credential', value: call.credential ?? 'None of this organisation' },
            { label: 'Spoken like', value: call.dialect },
            { label: 'From', value: call.ip ?? 'Unknown' },
            { label: 'User agent', value: call.userAgent || 'None was sent' },
            {
              label: 'Request',
              value: (
                <span className="flex items-start gap-1">
                  <span className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">
                    {call.requestId}
                  </span>
                  <CopyButton bare value={call.requestId} of="request id" />
                </span>
              ),
            },
          ]}
        />
      </Part>
      <Part title="Bodies">
        <p className="text-sm text-ink-3">Secrets are masked before anything is kept.</p>
        <Body title="What was asked" text={call.request} of="request body" open={refused} />
        <Body title="What was answered" text={call.response} of="response body" />
      </Part>
    </div>
  )
}

function Body({
  title,
  text,
  of,
  open = false,
}: {
  title: string
  text: string | null
  of: string
  open?: boolean
}) {
  if (!text) return <p className="text-ink-3">{title}: nothing in the body.</p>
  return <Code title={title} text={indentJson(text)} of={of} open={open} />
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2.5">
      <h3 className="font-semibold text-ink">{title}</h3>
      {children}
    </section>
  )
}
