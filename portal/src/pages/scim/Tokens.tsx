import { useMutation } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import type { CreatedScimToken } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { CreateDialog, EmptyState, Select, TextField, toast } from '../../parts/index.ts'
import { labelFault, lifetimes } from './Credential.tsx'
import { CredentialSection } from './CredentialSection.tsx'

/** Bearer tokens: what most identity providers are given (SC-3). */
export function Tokens({ canWrite }: { canWrite: boolean }) {
  const { api } = useOrganisation()
  return (
    <CredentialSection
      noun="token"
      title="Bearer tokens"
      about="“Secret Token” in Entra ID. Two may be live at a time, so that you can change one for the next without a gap: make the new one, enter it, see it used, revoke the old one."
      canWrite={canWrite}
      onlyWayIn
      list={api.scimTokens}
      revoke={api.revokeScimToken}
      onRevoked={() => toast('Token revoked')}
      marks={({ last3 }) => (
        <code className="text-sm text-ink-3">
          <span className="sr-only">ends in </span>
          <span aria-hidden="true">…</span>
          {last3}
        </code>
      )}
      empty={(create) => (
        <EmptyState
          icon={<KeyRound aria-hidden="true" />}
          title="No token yet"
          about="Make one and enter it in your identity provider, together with the base URL."
          action={create}
        />
      )}
      form={(dialog) => <CreateToken {...dialog} />}
      shown={({ token }: CreatedScimToken) => ({
        about:
          'This is the only time the token is shown. Enter it in the identity provider now, or keep it in your password manager.',
        fields: [{ label: 'Token', value: token }],
      })}
    />
  )
}

function CreateToken({
  onClose,
  onMade,
}: {
  onClose: () => void
  onMade: (token: CreatedScimToken) => void
}) {
  const { api } = useOrganisation()
  const [label, setLabel] = useState('')
  const [tried, setTried] = useState(false)
  const [lifetime, setLifetime] = useState('180')
  const create = useMutation({
    mutationFn: () => api.createScimToken({ label: label.trim(), expiresInDays: Number(lifetime) }),
    onSuccess: onMade,
  })
  const problem = create.error ? asProblem(create.error) : null
  const said = problem?.errors?.find(({ pointer }) => pointer === '/label') ? problem.detail : null
  const fault = labelFault(label)
  return (
    <CreateDialog
      title="Create a token"
      about="It opens SCIM for this organisation and nothing else. Managers are told 30, 14, 7 and 1 days before it ends."
      busy={create.isPending}
      problem={said ? null : problem}
      onSubmit={() => {
        setTried(true)
        if (!fault) create.mutate()
      }}
      onClose={onClose}
    >
      <TextField
        label="Label"
        autoComplete="off"
        help="To recognise it by, such as “Entra ID production”."
        value={label}
        error={said ?? (tried ? fault : undefined)}
        onChange={(event) => {
          setLabel(event.target.value)
          create.reset()
        }}
      />
      <Select label="Lives for" value={lifetime} choices={lifetimes} onChange={setLifetime} />
    </CreateDialog>
  )
}
