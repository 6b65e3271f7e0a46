import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Button,
  Card,
  CopyField,
  Loaded,
  Section,
  ShownOnce,
  SkeletonRows,
} from '../../parts/index.ts'
import {
  type Credential,
  CredentialList,
  EndingSoon,
  isLive,
  liveAtMost,
  Revoke,
} from './Credential.tsx'

/** The life of a kind of credential: listed, made, shown once, revoked. */
export function CredentialSection<Item extends Credential, Made extends Item>({
  noun,
  title,
  about,
  canWrite,
  onlyWayIn = false,
  list,
  revoke,
  onRevoked,
  before,
  marks,
  empty,
  form,
  shown,
}: {
  noun: 'token' | 'client'
  title: string
  about: string
  canWrite: boolean
  /** Whether revoking the last live one is warned about. */
  onlyWayIn?: boolean
  list: () => Promise<{ items: Item[] }>
  revoke: (id: string) => Promise<void>
  onRevoked: () => void
  before?: ReactNode
  marks: (item: Item) => ReactNode
  /** Is given the button that makes the first one. */
  empty: (create: ReactNode) => ReactNode
  form: (dialog: { onClose: () => void; onMade: (made: Made) => void }) => ReactNode
  shown: (made: Made) => { about: string; fields: { label: string; value: string }[] }
}) {
  const { key } = useOrganisation()
  const client = useQueryClient()
  const id = `${noun}s`
  const credentials = useQuery({ queryKey: key('scim', id), queryFn: list })
  const refresh = () => client.invalidateQueries({ queryKey: key('scim', id) })
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<Made>()
  const [revoking, setRevoking] = useState<Item>()
  const end = useMutation({
    mutationFn: revoke,
    onSuccess: async () => {
      setRevoking(undefined)
      onRevoked()
      await refresh()
    },
  })
  const live = (credentials.data?.items ?? []).filter(isLive)
  const blocked = !canWrite
    ? `Only a manager can make a ${noun}.`
    : live.length >= liveAtMost
      ? `Two ${noun}s are live. Revoke the one that is no longer used.`
      : null
  const create = (look: { look: 'primary' } | { size: 'small' }) => (
    <Button {...look} blockedBecause={blocked} onClick={() => setMaking(true)}>
      <Plus aria-hidden="true" />
      {`Create a ${noun}`}
    </Button>
  )
  const once = made && shown(made)
  return (
    <Section id={id} title={title} about={about} action={create({ size: 'small' })}>
      {credentials.data ? <EndingSoon items={credentials.data.items} noun={noun} /> : null}
      <Card>
        {before}
        <Loaded from={credentials} problemOf={asProblem} skeleton={<SkeletonRows rows={1} />}>
          {({ items }) =>
            items.length === 0 ? (
              empty(canWrite ? create({ look: 'primary' }) : null)
            ) : (
              <CredentialList
                items={items}
                label={title}
                canWrite={canWrite}
                marks={marks}
                onRevoke={(item) => {
                  end.reset()
                  setRevoking(item)
                }}
              />
            )
          }
        </Loaded>
      </Card>
      {making
        ? form({
            onClose: () => setMaking(false),
            onMade: (created) => {
              setMaking(false)
              setMade(created)
              void refresh()
            },
          })
        : null}
      {made && once ? (
        <ShownOnce
          title={`${made.label} is ready`}
          about={once.about}
          keptWords="I have copied it"
          blockedBecause="Copy it first and tick the box: it is not shown again."
          onClose={() => setMade(undefined)}
        >
          {once.fields.map((field) => (
            <CopyField key={field.label} {...field} />
          ))}
        </ShownOnce>
      ) : null}
      {revoking ? (
        <Revoke
          item={revoking}
          noun={noun}
          onlyOne={onlyWayIn && isLive(revoking) && live.length === 1}
          busy={end.isPending}
          problem={end.error ? asProblem(end.error) : null}
          onRevoke={() => end.mutate(revoking.id)}
          onClose={() => setRevoking(undefined)}
        />
      ) : null}
    </Section>
  )
}
