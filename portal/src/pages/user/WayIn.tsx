import { useQuery } from '@tanstack/react-query'
import { useOrganisation } from '../../client/index.ts'
import { Button, isMailFailing } from '../../parts/index.ts'
import { ActivationLink } from './ActivationLink.tsx'
import type { Person } from './person.ts'
import { useSendAgain } from './useSendAgain.ts'

/** How a pending person gets in: by the mail once more, or without a mail service by a link (EM-5). */
export function WayIn({ person, onChanged }: { person: Person; onChanged: () => Promise<void> }) {
  const { api, key, manages } = useOrganisation()
  const settings = useQuery({ queryKey: key('mail-settings'), queryFn: api.mailSettings })
  const again = useSendAgain(person, onChanged)
  const { mail } = person
  if (!manages || !settings.data) return null
  if (settings.data.value.inForce === 'none') return <ActivationLink person={person} />
  // What failed has a banner of its own.
  if (!mail || isMailFailing(mail)) return null
  return (
    <Button size="small" busy={again.isPending} onClick={() => again.mutate(mail.id)}>
      Send mail again
    </Button>
  )
}
