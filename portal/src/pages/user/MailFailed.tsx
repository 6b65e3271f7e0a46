import { useOrganisation } from '../../client/index.ts'
import { Banner, Button, isMailFailing, mailWords } from '../../parts/index.ts'
import type { Person } from './person.ts'
import { useSendAgain } from './useSendAgain.ts'

/** The newest mail did not reach this person; what it told of happened all the same (EM-8). */
export function MailFailed({
  person,
  onChanged,
}: {
  person: Person
  onChanged: () => Promise<void>
}) {
  const { manages } = useOrganisation()
  const { mail } = person
  const again = useSendAgain(person, onChanged)
  if (!mail || !isMailFailing(mail)) return null
  return (
    <Banner
      tone="bad"
      title={`Mail failed: ${mailWords(mail.template)}`}
      action={
        <Button
          size="small"
          busy={again.isPending}
          blockedBecause={manages ? null : 'Only a manager can do this.'}
          onClick={() => again.mutate(mail.id)}
        >
          Send again
        </Button>
      }
    >
      <span className="font-mono text-sm wrap-anywhere">{mail.error}</span>
      {mail.state === 'waiting' ? ' It is tried again by itself for two days.' : ''}
    </Banner>
  )
}
