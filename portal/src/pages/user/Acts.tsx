import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Ban, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { asProblem, useMe, useOrganisation } from '../../client/index.ts'
import { Button, DeletePerson, toast, toastProblem } from '../../parts/index.ts'
import { Hold } from './Hold.tsx'
import { isManaged, type Person } from './person.ts'

export function Acts({ person, onChanged }: { person: Person; onChanged: () => Promise<void> }) {
  const { user: me } = useMe()
  const { api, slug } = useOrganisation()
  const navigate = useNavigate()
  const [deleting, setDeleting] = useState(false)
  const name = `${person.firstName} ${person.lastName}`
  const enable = useMutation({
    mutationFn: () => api.enableUser(person.id),
    onSuccess: () => {
      toast(`${name} is enabled`)
      return onChanged()
    },
    onError: (error) => toastProblem(`${name} is still deactivated`, asProblem(error).detail),
  })
  const disable = useMutation({
    mutationFn: () => api.disableUser(person.id),
    onSuccess: () => {
      toast(`${name} is deactivated`, {
        about: 'Their sessions have ended.',
        undo: { label: 'Undo', act: () => enable.mutate() },
      })
      return onChanged()
    },
    onError: (error) => toastProblem(`${name} was not deactivated`, asProblem(error).detail),
  })
  const remove = useMutation({
    mutationFn: () => api.removeUser(person.id),
    onSuccess: async () => {
      toast(`${name} is deleted`)
      await navigate({ to: '/o/$slug/settings/users', params: { slug } })
      await onChanged()
    },
  })
  const deactivated = person.status === 'deactivated'
  return (
    <div className="flex flex-wrap gap-2">
      {isManaged(person) ? <Hold person={person} onChanged={onChanged} /> : null}
      {deactivated ? (
        <Button
          blockedBecause={person.locked.disable}
          busy={enable.isPending}
          onClick={() => enable.mutate()}
        >
          <RotateCcw aria-hidden="true" />
          Enable
        </Button>
      ) : (
        <Button
          blockedBecause={person.locked.disable}
          busy={disable.isPending}
          onClick={() => disable.mutate()}
        >
          <Ban aria-hidden="true" />
          Deactivate
        </Button>
      )}
      <Button
        look="danger"
        blockedBecause={
          person.id === me.id
            ? 'Nobody can delete themselves.'
            : deactivated
              ? person.locked.delete
              : (person.locked.delete ?? 'Deactivate this person first.')
        }
        onClick={() => setDeleting(true)}
      >
        <Trash2 aria-hidden="true" />
        Delete user
      </Button>
      {deleting ? (
        <DeletePerson
          person={person}
          busy={remove.isPending}
          problem={remove.error ? asProblem(remove.error) : null}
          onDelete={() => remove.mutate()}
          onClose={() => setDeleting(false)}
        />
      ) : null}
    </div>
  )
}
