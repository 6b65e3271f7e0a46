import { useMutation, useQueryClient } from '@tanstack/react-query'
import { EllipsisVertical, RotateCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Invitation } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  type Column,
  Confirm,
  HandOver,
  IconButton,
  Menu,
  MenuItem,
  Moment,
  roleWords,
  toast,
  toastProblem,
} from '../../parts/index.ts'

export function useColumns(): Column<Invitation>[] {
  return [
    {
      id: 'email',
      label: 'E-mail',
      cell: (one) => (
        <div className="min-w-40">
          <div className="wrap-anywhere">{one.email}</div>
          <div className="text-sm text-ink-3">
            {one.roles.length > 0 ? one.roles.map(roleWords).join(', ') : roleWords('ROLE_USER')}
          </div>
          <div className="mt-1 sm:hidden">
            <State invitation={one} />
          </div>
        </div>
      ),
    },
    {
      id: 'state',
      label: 'State',
      className: 'hidden sm:table-cell',
      cell: (one) => <State invitation={one} />,
    },
    {
      id: 'inviter',
      label: 'Invited by',
      className: 'hidden md:table-cell',
      cell: ({ inviter }) => inviter,
    },
    {
      id: 'created',
      label: 'Invited',
      className: 'hidden sm:table-cell whitespace-nowrap',
      cell: ({ createdAt }) => <Ago at={createdAt} />,
    },
    {
      id: 'expires',
      label: 'Expires',
      className: 'hidden sm:table-cell whitespace-nowrap',
      cell: ({ expiresAt }) => <Moment at={expiresAt} />,
    },
    {
      id: 'acts',
      label: 'Actions',
      quiet: true,
      className: 'text-right',
      cell: (one) => <Acts invitation={one} />,
    },
  ]
}

/** Expired, or what became of the mail. */
function State({ invitation: { expired, mail } }: { invitation: Invitation }) {
  if (expired) return <Badge tone="warn">Expired</Badge>
  if (mail === null) return <Badge>Link handed over</Badge>
  if (mail.state === 'sent') return <Badge tone="good">Mail sent</Badge>
  if (mail.state === 'waiting' && !mail.error) return <Badge>Mail on its way</Badge>
  return (
    <div className="flex flex-col items-start gap-1">
      <Badge tone="bad">{mail.state === 'waiting' ? 'Mail delayed' : 'Mail failed'}</Badge>
      <span className="max-w-60 text-sm text-ink-3 wrap-anywhere">{mail.error}</span>
    </div>
  )
}

function Acts({ invitation }: { invitation: Invitation }) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [link, setLink] = useState<string>()
  const { id, email } = invitation
  const refresh = () => client.invalidateQueries({ queryKey: key('invitations') })
  const resend = useMutation({
    mutationFn: () => api.resendInvitation(id),
    onSuccess: async (sent) => {
      if (sent.link) setLink(sent.link)
      else toast('Sent again', { about: `${email} gets a new link; the old one is dead.` })
      await refresh()
    },
    onError: (error) => toastProblem('Not sent again', asProblem(error).detail),
  })
  const revoke = useMutation({
    mutationFn: () => api.revokeInvitation(id),
    onSuccess: async () => {
      setAsked(false)
      toast('Revoked', { about: `The link of ${email} is dead.` })
      await refresh()
    },
  })
  if (!manages) return null
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`Actions for ${email}`}>
            <EllipsisVertical aria-hidden="true" />
          </IconButton>
        }
      >
        <MenuItem
          icon={<RotateCw aria-hidden="true" />}
          disabled={resend.isPending}
          onSelect={() => resend.mutate()}
        >
          Send again
        </MenuItem>
        <MenuItem icon={<Trash2 aria-hidden="true" />} danger onSelect={() => setAsked(true)}>
          Revoke
        </MenuItem>
      </Menu>
      <Confirm
        open={asked}
        title={`Revoke the invitation of ${email}?`}
        about="The link stops working at once. You can invite the same address again."
        verb="Revoke"
        busy={revoke.isPending}
        problem={revoke.error ? asProblem(revoke.error) : null}
        onConfirm={() => revoke.mutate()}
        onClose={() => {
          setAsked(false)
          revoke.reset()
        }}
      />
      {link ? (
        <HandOver
          title={`A new link for ${email}`}
          about="No mail is sent here: hand it over yourself. It is not shown again."
          label="Invitation link"
          link={link}
          onClose={() => setLink(undefined)}
        />
      ) : null}
    </>
  )
}
