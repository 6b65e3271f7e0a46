import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Mails } from 'lucide-react'
import { useState } from 'react'
import type { SentMail } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Button,
  Card,
  type Column,
  EmptyState,
  Loaded,
  MailStateBadge,
  mailWords,
  Pager,
  Section,
  Segmented,
  SkeletonRows,
  Table,
  TextLink,
  toast,
  toastProblem,
} from '../../parts/index.ts'

const size = 10
const shown = ['all', 'failed', 'waiting', 'sent', 'dropped'] as const
type Shown = (typeof shown)[number]
const labels: Record<Shown, string> = {
  all: 'All',
  failed: 'Failed',
  waiting: 'Waiting',
  sent: 'Sent',
  dropped: 'Dropped',
}

/** What became of each mail (EM-8). */
export function RecentMails({ mailless }: { mailless: boolean }) {
  const { api, key } = useOrganisation()
  const [state, setState] = useState<Shown>('all')
  const [page, setPage] = useState(0)
  const mails = useQuery({
    queryKey: key('mails', state, page),
    queryFn: () => api.mails({ ...(state !== 'all' && { state }), page, size }),
    // Who comes back after a moment has just caused a mail and looks for it.
    staleTime: 0,
    refetchInterval: (query) =>
      query.state.data?.items.some((mail) => mail.state === 'waiting') ? 5_000 : false,
  })
  return (
    <Section
      id="mails"
      title="Recent mails"
      about="Of the last 90 days. A mail that cannot be sent is tried for two days; what it told of happened all the same."
      action={
        <Segmented
          label="Which mails to show"
          value={state}
          onChange={(next) => {
            setState(next)
            setPage(0)
          }}
          choices={shown.map((value) => ({ value, label: labels[value] }))}
        />
      }
    >
      <Card>
        <Loaded from={mails} problemOf={asProblem} skeleton={<SkeletonRows rows={4} />}>
          {({ items, total, totalExact }) =>
            items.length === 0 ? (
              <EmptyState
                icon={<Mails aria-hidden="true" />}
                title={
                  state === 'all' ? 'No mail yet' : `Nothing is ${labels[state].toLowerCase()}`
                }
                about="Every mail to the people of this organisation is listed here, with what the mail server said."
              />
            ) : (
              <>
                <div className="hidden md:block">
                  <Table
                    label="Mails"
                    columns={columnsFor(mailless)}
                    rows={items}
                    rowKey={({ id }) => id}
                  />
                </div>
                <ul className="divide-y divide-line md:hidden">
                  {items.map((mail) => (
                    <li key={mail.id} className="flex flex-col gap-2 px-4 py-3.5">
                      <div className="flex items-start justify-between gap-3">
                        <Recipient mail={mail} />
                        <MailStateBadge mail={mail} />
                      </div>
                      <div className="text-sm text-ink-3">
                        {mailWords(mail.template)} · <Ago at={mail.sentAt ?? mail.createdAt} />
                      </div>
                      <Said mail={mail} />
                      <Again mail={mail} mailless={mailless} />
                    </li>
                  ))}
                </ul>
                <Pager
                  page={page}
                  size={size}
                  total={total}
                  totalExact={totalExact}
                  noun="mails"
                  onPage={setPage}
                />
              </>
            )
          }
        </Loaded>
      </Card>
    </Section>
  )
}

function columnsFor(mailless: boolean): Column<SentMail>[] {
  return [
    { id: 'to', label: 'To', cell: (mail) => <Recipient mail={mail} /> },
    {
      id: 'template',
      label: 'Mail',
      className: 'text-ink-2',
      cell: (mail) => mailWords(mail.template),
    },
    {
      id: 'state',
      label: 'State',
      cell: (mail) => (
        <div className="flex max-w-80 flex-col items-start gap-1 whitespace-normal">
          <MailStateBadge mail={mail} />
          <Said mail={mail} />
        </div>
      ),
    },
    {
      id: 'when',
      label: 'When',
      className: 'text-ink-2',
      cell: (mail) => <Ago at={mail.sentAt ?? mail.createdAt} />,
    },
    {
      id: 'again',
      label: 'Send again',
      quiet: true,
      cell: (mail) => <Again mail={mail} mailless={mailless} />,
    },
  ]
}

function Recipient({ mail }: { mail: SentMail }) {
  const { slug } = useOrganisation()
  if (!mail.userId) return <span className="wrap-anywhere">{mail.recipient}</span>
  return (
    <TextLink
      to="/o/$slug/settings/users/$id"
      params={{ slug, id: mail.userId }}
      className="wrap-anywhere"
    >
      {mail.recipient}
    </TextLink>
  )
}

/** The words of the mail server, and what happens next. */
function Said({ mail }: { mail: SentMail }) {
  if (!mail.error) return null
  return (
    <p className="text-sm text-ink-3 wrap-anywhere">
      {mail.error}
      {mail.nextAt ? (
        <span className="block">
          Tried again <Ago at={mail.nextAt} />
        </span>
      ) : null}
    </p>
  )
}

function Again({ mail, mailless }: { mail: SentMail; mailless: boolean }) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const again = useMutation({
    mutationFn: () => api.sendMailAgain(mail.id),
    onSuccess: async () => {
      toast('On its way again', { about: mail.recipient })
      await client.invalidateQueries({ queryKey: key('mails') })
      await client.invalidateQueries({ queryKey: key('users') })
    },
    onError: (error) => toastProblem('Not sent again', asProblem(error).detail),
  })
  const blocked = !manages
    ? 'Only a manager can do this.'
    : mailless
      ? 'Nothing sends for this organisation.'
      : null
  return (
    <Button
      size="small"
      className="self-start"
      aria-label={`Send again to ${mail.recipient}`}
      blockedBecause={blocked}
      busy={again.isPending}
      onClick={() => again.mutate()}
    >
      Send again
    </Button>
  )
}
