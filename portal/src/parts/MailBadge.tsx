import type { MailState } from '../../../contract/src/index.ts'
import { Badge, type Tone } from './Badge.tsx'

type Outcome = { state: MailState; error: string | null }

const looks: Record<MailState, { label: string; tone: Tone }> = {
  waiting: { label: 'Waiting', tone: 'neutral' },
  sent: { label: 'Sent', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  dropped: { label: 'Dropped', tone: 'neutral' },
}

/** It did not go, whether or not it is tried again (EM-8). */
export function isMailFailing(mail: Outcome | null): boolean {
  if (!mail) return false
  return mail.state === 'failed' || (mail.state === 'waiting' && mail.error !== null)
}

export function MailStateBadge({ mail }: { mail: Outcome }) {
  const { label, tone } = looks[mail.state]
  const retried = mail.state === 'waiting' && mail.error !== null
  return (
    <Badge tone={retried ? 'warn' : tone} dot>
      {retried ? 'Retrying' : label}
    </Badge>
  )
}

/** "Mail failed" beside a person; nothing while mail is well. */
export function MailBadge({ mail }: { mail: Outcome | null }) {
  return isMailFailing(mail) ? <Badge tone="bad">Mail failed</Badge> : null
}
