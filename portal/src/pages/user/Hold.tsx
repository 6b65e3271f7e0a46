import { useMutation } from '@tanstack/react-query'
import { Hand } from 'lucide-react'
import { useState } from 'react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Banner, Button, Dialog, ProblemBanner, toast } from '../../parts/index.ts'
import type { Person } from './person.ts'

/** Stops somebody at once whom the identity provider manages, and lets them in again (US-12). */
export function Hold({ person, onChanged }: { person: Person; onChanged: () => Promise<void> }) {
  const { api } = useOrganisation()
  const [asking, setAsking] = useState(false)
  const name = `${person.firstName} ${person.lastName}`.trim()
  const { held } = person
  const act = useMutation({
    mutationFn: () => (held ? api.liftHold(person.id) : api.holdUser(person.id)),
    onSuccess: async () => {
      setAsking(false)
      toast(held ? `The hold on ${name} is lifted` : `${name} is held`, {
        about: held ? 'They can sign in again.' : 'Their sessions have ended.',
      })
      await onChanged()
    },
  })
  const open = () => {
    act.reset()
    setAsking(true)
  }
  return (
    <>
      <Button blockedBecause={person.locked.hold} onClick={open}>
        <Hand aria-hidden="true" />
        {held ? 'Lift hold' : 'Hold'}
      </Button>
      {asking ? (
        <Dialog
          open
          onClose={() => setAsking(false)}
          title={held ? `Lift the hold on ${name}?` : `Hold ${name}?`}
          about={
            held
              ? 'From then on the identity provider alone decides again whether they get in.'
              : 'For when it cannot wait for the identity provider.'
          }
          footer={
            <>
              <Button look="ghost" onClick={() => setAsking(false)}>
                Cancel
              </Button>
              <Button
                look={held ? 'primary' : 'danger'}
                busy={act.isPending}
                onClick={() => act.mutate()}
              >
                {held ? 'Lift hold' : 'Hold'}
              </Button>
            </>
          }
        >
          <div className="flex flex-col gap-4">
            {act.error ? <ProblemBanner problem={asProblem(act.error)} /> : null}
            {held ? (
              <p className="text-ink-2">
                {person.status === 'deactivated'
                  ? 'The identity provider has deactivated this person, so that they stay outside until it lets them in again.'
                  : 'They can sign in at once, with the roles, groups and pools they have. Sessions and keys that ended do not come back.'}
              </p>
            ) : (
              <>
                <ul className="list-disc space-y-1.5 pl-4.5 text-ink-2 marker:text-ink-3">
                  <li>All sessions, personal keys and temporary access end at once.</li>
                  <li>They cannot sign in, whatever the identity provider says.</li>
                  <li>Roles, groups, pools and history stay as they are.</li>
                </ul>
                <Banner title="The identity provider cannot lift it">
                  Only a manager can, here. Deactivate the person in the identity provider too, so
                  that other applications follow.
                </Banner>
              </>
            )}
          </div>
        </Dialog>
      ) : null}
    </>
  )
}
