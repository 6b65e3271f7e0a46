import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Ban, CircleUser, Ellipsis, Mail, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { UserRow } from '../../../../contract/src/index.ts'
import { asProblem, useMe, useOrganisation } from '../../client/index.ts'
import {
  DeletePerson,
  isMailFailing,
  Menu,
  MenuItem,
  MenuSeparator,
  toast,
  toastProblem,
} from '../../parts/index.ts'

/** What can be done about one person, from their row. */
export function UserMenu({ row }: { row: UserRow }) {
  const { user: me } = useMe()
  const { api, key, slug, manages } = useOrganisation()
  const client = useQueryClient()
  const [deleting, setDeleting] = useState(false)
  const refresh = () => client.invalidateQueries({ queryKey: key('users') })
  const name = `${row.firstName} ${row.lastName}`

  const enable = useMutation({
    mutationFn: () => api.enableUser(row.id),
    onSuccess: () => {
      toast(`${name} is enabled`)
      return refresh()
    },
    onError: (error) => toastProblem(`${name} is still deactivated`, asProblem(error).detail),
  })
  const disable = useMutation({
    mutationFn: () => api.disableUser(row.id),
    onSuccess: () => {
      toast(`${name} is deactivated`, {
        about: 'Their sessions have ended.',
        undo: { label: 'Undo', act: () => enable.mutate() },
      })
      return refresh()
    },
    onError: (error) => toastProblem(`${name} was not deactivated`, asProblem(error).detail),
  })
  const remove = useMutation({
    mutationFn: () => api.removeUser(row.id),
    onSuccess: () => {
      setDeleting(false)
      toast(`${name} is deleted`)
      return refresh()
    },
  })

  const sendAgain = useMutation({
    mutationFn: (mailId: string) => api.sendMailAgain(mailId),
    onSuccess: () => {
      toast('On its way again', { about: row.email })
      return refresh()
    },
    onError: (error) => toastProblem('Not sent again', asProblem(error).detail),
  })

  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const source = provisioning.data?.value.source
  const governs = (source === 'scim' || source === 'ldap') && !me.breakGlass
  const onlyManagers = manages ? null : 'Only a manager can do this'
  const managed =
    governs && row.managedBy === source ? 'The identity provider decides this. See Hold' : null
  return (
    <>
      <Menu
        trigger={
          <button
            type="button"
            aria-label={`Actions for ${name}`}
            className="inline-flex size-8 items-center justify-center rounded-lg text-ink-3 hover:bg-hover hover:text-ink data-popup-open:bg-hover"
          >
            <Ellipsis className="size-4" aria-hidden="true" />
          </button>
        }
      >
        <MenuItem
          icon={<CircleUser aria-hidden="true" />}
          render={<Link to="/o/$slug/settings/users/$id" params={{ slug, id: row.id }} />}
        >
          User details
        </MenuItem>
        {isMailFailing(row.mail) ? (
          <MenuItem
            icon={<Mail aria-hidden="true" />}
            because={onlyManagers}
            onSelect={() => row.mail && sendAgain.mutate(row.mail.id)}
          >
            Send mail again
          </MenuItem>
        ) : null}
        <MenuSeparator />
        {row.status === 'deactivated' ? (
          <MenuItem
            icon={<RotateCcw aria-hidden="true" />}
            because={onlyManagers ?? managed}
            onSelect={() => enable.mutate()}
          >
            Enable
          </MenuItem>
        ) : (
          <MenuItem
            icon={<Ban aria-hidden="true" />}
            because={onlyManagers ?? managed}
            onSelect={() => disable.mutate()}
          >
            Deactivate
          </MenuItem>
        )}
        <MenuItem
          danger
          icon={<Trash2 aria-hidden="true" />}
          because={
            onlyManagers ??
            (governs ? 'People are deleted in the identity provider' : null) ??
            (row.id === me.id
              ? 'Nobody can delete themselves'
              : row.status === 'deactivated'
                ? null
                : 'Deactivate this person first')
          }
          onSelect={() => setDeleting(true)}
        >
          Delete user
        </MenuItem>
      </Menu>
      {deleting ? (
        <DeletePerson
          person={row}
          busy={remove.isPending}
          problem={remove.error ? asProblem(remove.error) : null}
          onDelete={() => remove.mutate()}
          onClose={() => setDeleting(false)}
        />
      ) : null}
    </>
  )
}
