import type { Invited, InviteResult } from '../../../../contract/src/index.ts'
import { Badge, CopyButton, type Tone } from '../../parts/index.ts'

const words: Record<InviteResult, { label: string; tone: Tone; about?: string }> = {
  sent: { label: 'Invited', tone: 'good' },
  already_member: { label: 'Already here', tone: 'neutral', about: 'Is a user of yours already.' },
  already_invited: {
    label: 'Already invited',
    tone: 'neutral',
    about: 'Has an open invitation. Send that one again if it got lost.',
  },
  invalid: { label: 'Not an address', tone: 'bad', about: 'Check the spelling.' },
  duplicate: { label: 'Twice', tone: 'neutral', about: 'Stands in the list more than once.' },
}

/** What became of each address; of a dry run, what would. */
export function Results({ invited }: { invited: Invited }) {
  const { items, dryRun } = invited
  const sent = items.filter(({ status }) => status === 'sent').length
  const links = items.flatMap(({ email, link }) => (link ? [`${email}\t${link}`] : []))
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p role="status" className="text-ink-2">
          {dryRun ? `${sent} of ${items.length} would be invited.` : outcome(sent, items.length)}
        </p>
        {links.length > 1 ? (
          <CopyButton value={links.join('\n')} label="Copy all" of="links" />
        ) : null}
      </div>
      <ul aria-label="Results" className="divide-y divide-line rounded-lg border border-line">
        {items.map((item, place) => {
          const { label, tone, about } = words[item.status]
          const note = item.detail ?? about
          return (
            <li
              // The same address may stand in a list twice, and the list never changes.
              key={place}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2.5"
            >
              <div className="min-w-0 flex-1">
                <div className="wrap-anywhere">
                  {item.line === undefined ? null : (
                    <span className="mr-2 text-sm whitespace-nowrap text-ink-3 tabular-nums max-sm:block">
                      Line {item.line}
                    </span>
                  )}
                  {item.email || 'No address'}
                </div>
                {note ? <div className="text-sm text-ink-3">{note}</div> : null}
              </div>
              <span className="flex items-center gap-1">
                {item.link ? (
                  <CopyButton value={item.link} label="Copy link" of={`link for ${item.email}`} />
                ) : null}
                <Badge tone={item.detail ? 'bad' : tone}>
                  {item.detail ? 'Not usable' : dryRun && item.status === 'sent' ? 'Fine' : label}
                </Badge>
              </span>
            </li>
          )
        })}
      </ul>
    </div>
  )
}

function outcome(sent: number, all: number): string {
  if (sent === all) return sent === 1 ? 'One person is invited.' : `All ${sent} are invited.`
  return `${sent} of ${all} are invited.`
}
