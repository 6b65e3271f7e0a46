import { useMutation, useQuery } from '@tanstack/react-query'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Button, Card, HandOver, Section, toastProblem } from '../../parts/index.ts'
import type { Person } from './person.ts'

/** Where no mail is sent, a manager hands over the link by which a forgotten password is replaced (EM-6). */
export function Password({ person }: { person: Person }) {
  const { api, key, manages } = useOrganisation()
  const enabled = manages && person.status === 'active'
  const login = useQuery({ queryKey: key('login-method'), queryFn: api.loginMethod, enabled })
  const mail = useQuery({ queryKey: key('mail-settings'), queryFn: api.mailSettings, enabled })
  const generate = useMutation({
    mutationFn: () => api.resetLink(person.id),
    onError: (error) => toastProblem('No link was made', asProblem(error).detail),
  })
  const byPassword = login.data?.value.method === 'password'
  if (!enabled || !byPassword || mail.data?.value.inForce !== 'none') return null
  const name = `${person.firstName} ${person.lastName}`
  return (
    <Section id="password" title="Password">
      <Card className="flex flex-wrap items-center justify-between gap-4 px-5 py-4">
        <p className="text-ink-2">
          Forgotten? No mail is sent here: make a reset link and hand it over.
        </p>
        <Button
          size="small"
          aria-label="Generate a reset link"
          busy={generate.isPending}
          onClick={() => generate.mutate()}
        >
          Generate
        </Button>
      </Card>
      {generate.data ? (
        <HandOver
          title={`A new password for ${name}`}
          about="Hand this over yourself, once you are sure that it is they who ask. It works once, for 60 minutes, and every earlier link is dead. The old password works until a new one is chosen; then all other sessions end."
          label="Reset link"
          link={generate.data.resetLink}
          onClose={generate.reset}
        />
      ) : null}
    </Section>
  )
}
