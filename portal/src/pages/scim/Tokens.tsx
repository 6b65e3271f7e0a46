import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { CreatedScimToken, ScimToken } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Button,
  Card,
  Dialog,
  Loaded,
  ProblemBanner,
  Section,
  Select,
  SkeletonRows,
  TextField,
  toast,
} from '../../parts/index.ts'
import {
  CredentialList,
  EndingSoon,
  isLive,
  labelFault,
  lifetimes,
  liveAtMost,
  Revoke,
  ShownOnce,
} from './Credential.tsx'

/** Bearer tokens: what most identity providers are given (SC-3). */
export function Tokens({ canWrite }: { canWrite: boolean }) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const tokens = useQuery({ queryKey: key('scim', 'tokens'), queryFn: api.scimTokens })
  const refresh = () => client.invalidateQueries({ queryKey: key('scim', 'tokens') })
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<CreatedScimToken>()
  const [revoking, setRevoking] = useState<ScimToken>()
  const revoke = useMutation({
    mutationFn: (id: string) => api.revokeScimToken(id),
    onSuccess: async () => {
      setRevoking(undefined)
      toast('Token revoked')
      await refresh()
    },
  })
  const live = (tokens.data?.items ?? []).filter(isLive)
  const full = live.length >= liveAtMost
  const make = (look: 'primary' | 'secondary') => (
    <Button
      look={look}
      size={look === 'secondary' ? 'small' : undefined}
      blockedBecause={
        !canWrite
          ? 'Only a manager can make a token.'
          : full
            ? 'Two tokens are live. Revoke the one that is no longer used.'
            : null
      }
      onClick={() => setMaking(true)}
    >
      <Plus aria-hidden="true" />
      Create a token
    </Button>
  )
  return (
    <Section
      id="tokens"
      title="Bearer tokens"
      about="“Secret Token” in Entra ID. Two may be live at a time, so that you can change one for the next without a gap: make the new one, enter it, see it used, revoke the old one."
      action={make('secondary')}
    >
      {tokens.data ? <EndingSoon items={tokens.data.items} noun="token" /> : null}
      <Card>
        <Loaded from={tokens} problemOf={asProblem} skeleton={<SkeletonRows rows={1} />}>
          {({ items }) => (
            <CredentialList
              items={items}
              label="Bearer tokens"
              canWrite={canWrite}
              marks={({ last3 }) => (
                <code className="text-sm text-ink-3">
                  <span className="sr-only">ends in </span>
                  <span aria-hidden="true">…</span>
                  {last3}
                </code>
              )}
              empty={{
                title: 'No token yet',
                about:
                  'Make one and enter it in your identity provider, together with the base URL.',
                action: canWrite ? make('primary') : null,
              }}
              onRevoke={(item) => {
                revoke.reset()
                setRevoking(item)
              }}
            />
          )}
        </Loaded>
      </Card>
      {making ? (
        <CreateToken
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMaking(false)
            setMade(token)
            void refresh()
          }}
        />
      ) : null}
      {made ? (
        <ShownOnce
          title={`${made.label} is ready`}
          about="This is the only time the token is shown. Enter it in the identity provider now, or keep it in your password manager."
          fields={[{ label: 'Token', value: made.token }]}
          onClose={() => setMade(undefined)}
        />
      ) : null}
      {revoking ? (
        <Revoke
          item={revoking}
          noun="token"
          onlyOne={isLive(revoking) && live.length === 1}
          busy={revoke.isPending}
          problem={revoke.error ? asProblem(revoke.error) : null}
          onRevoke={() => revoke.mutate(revoking.id)}
          onClose={() => setRevoking(undefined)}
        />
      ) : null}
    </Section>
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
    <Dialog
      open
      onClose={onClose}
      title="Create a token"
      about="It opens SCIM for this organisation and nothing else. Managers are told 30, 14, 7 and 1 days before it ends."
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button look="primary" type="submit" form="create-token" busy={create.isPending}>
            Create
          </Button>
        </>
      }
    >
      <form
        id="create-token"
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (!fault) create.mutate()
        }}
      >
        {problem && !said ? <ProblemBanner problem={problem} /> : null}
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
      </form>
    </Dialog>
  )
}
