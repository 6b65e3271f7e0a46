import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Fingerprint, LifeBuoy, Smartphone } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { SecondFactor as View } from '../../../../contract/src/index.ts'
import { account, asProblem, hasPasskeys, makePasskey, useMe } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Banner,
  Button,
  browserWords,
  Card,
  Confirm,
  Loaded,
  RecoveryCodes,
  Section,
  ShownOnce,
  SkeletonRows,
  toast,
  toastProblem,
} from '../../parts/index.ts'
import { AddApp } from './AddApp.tsx'

const queryKey = ['me', 'second-factor']
type Removal = { what: string; remove: () => Promise<void> }

/** Authenticator app, passkeys and recovery codes; only the password has use for them (US-17). */
export function SecondFactor() {
  const view = useQuery({ queryKey, queryFn: account.secondFactor })
  if (view.data && !view.data.isPossible) return null
  return (
    <Section
      id="second-factor"
      title="Second factor"
      about="With one, your password alone opens nothing."
    >
      <Card>
        <Loaded from={view} problemOf={asProblem} skeleton={<SkeletonRows rows={3} />}>
          {(data) => <Factors view={data} />}
        </Loaded>
      </Card>
    </Section>
  )
}

function Factors({ view }: { view: View }) {
  const { organisation } = useMe()
  const client = useQueryClient()
  const [codes, setCodes] = useState<string[]>()
  const [addingApp, setAddingApp] = useState(false)
  const [removal, setRemoval] = useState<Removal>()
  const [renewing, setRenewing] = useState(false)
  const refresh = () => client.invalidateQueries({ queryKey })
  const onAdded = async (what: string, made: string[] | null) => {
    if (made) setCodes(made)
    else toast(`${what} is set up`)
    await refresh()
  }
  const addPasskey = useMutation({
    mutationFn: async () => {
      const passkey = await makePasskey(await account.askPasskey())
      return account.addPasskey({ label: browserWords(navigator.userAgent), passkey })
    },
    onSuccess: ({ recoveryCodes }) => onAdded('The passkey', recoveryCodes),
    onError: (error) => toastProblem('No passkey was added', asProblem(error).detail),
  })
  const renew = useMutation({
    mutationFn: account.renewRecoveryCodes,
    onSuccess: async ({ recoveryCodes }) => {
      setRenewing(false)
      setCodes(recoveryCodes ?? [])
      await refresh()
    },
  })
  const remove = useMutation({
    mutationFn: (one: Removal) => one.remove(),
    onSuccess: async (_, { what }) => {
      setRemoval(undefined)
      toast(`${what} is removed`)
      await refresh()
    },
  })
  const isOn = view.totpSince !== null || view.passkeys.length > 0
  return (
    <>
      {isOn ? null : (
        <div className="p-4">
          <Banner
            tone={view.isRequired ? 'warn' : 'info'}
            title={
              view.isRequired
                ? `${organisation.name} requires a second factor`
                : 'You have no second factor yet'
            }
          >
            {view.isRequired
              ? 'Set one up now, or at your next sign-in.'
              : 'A passkey is the quickest: your fingerprint, face, screen lock or security key.'}
          </Banner>
        </div>
      )}
      <ul className="divide-y divide-line">
        <Entry
          icon={<Smartphone aria-hidden="true" />}
          title="Authenticator app"
          about={
            view.totpSince === null ? (
              'A new code every 30 seconds, from any app of that kind.'
            ) : (
              <>
                Set up <Ago at={view.totpSince} />
              </>
            )
          }
          badge={view.totpSince === null ? null : <Badge tone="good">On</Badge>}
        >
          <Button size="small" onClick={() => setAddingApp(true)}>
            {view.totpSince === null ? 'Set up' : 'Replace'}
          </Button>
          {view.totpSince === null ? null : (
            <Button
              size="small"
              aria-label="Remove the authenticator app"
              onClick={() =>
                setRemoval({ what: 'The authenticator app', remove: account.removeTotp })
              }
            >
              Remove
            </Button>
          )}
        </Entry>
        {view.passkeys.map((passkey) => (
          <Entry
            key={passkey.id}
            icon={<Fingerprint aria-hidden="true" />}
            title={`Passkey “${passkey.label}”`}
            about={
              <>
                Added <Ago at={passkey.addedAt} />
                {passkey.lastUsedAt ? (
                  <>
                    , last used <Ago at={passkey.lastUsedAt} />
                  </>
                ) : (
                  ', never used'
                )}
              </>
            }
            badge={passkey.backedUp ? <Badge>Synced</Badge> : null}
          >
            <Button
              size="small"
              aria-label={`Remove the passkey ${passkey.label}`}
              onClick={() =>
                setRemoval({
                  what: `The passkey “${passkey.label}”`,
                  remove: () => account.removePasskey(passkey.id),
                })
              }
            >
              Remove
            </Button>
          </Entry>
        ))}
        <Entry
          icon={<Fingerprint aria-hidden="true" />}
          title={view.passkeys.length > 0 ? 'One more passkey' : 'Passkey'}
          about="Fingerprint, face, screen lock or a security key."
        >
          <Button
            size="small"
            busy={addPasskey.isPending}
            blockedBecause={hasPasskeys() ? null : 'This browser knows no passkeys.'}
            onClick={() => addPasskey.mutate()}
          >
            Add a passkey
          </Button>
        </Entry>
        {isOn ? (
          <Entry
            icon={<LifeBuoy aria-hidden="true" />}
            title="Recovery codes"
            about="Each opens the account once when everything else is lost."
            badge={
              <Badge tone={view.recoveryCodesLeft < 3 ? 'warn' : 'neutral'}>
                {view.recoveryCodesLeft} left
              </Badge>
            }
          >
            <Button size="small" onClick={() => setRenewing(true)}>
              Make new ones
            </Button>
          </Entry>
        ) : null}
      </ul>
      {addingApp ? (
        <AddApp
          onClose={() => setAddingApp(false)}
          onAdded={(made) => {
            setAddingApp(false)
            void onAdded('The authenticator app', made)
          }}
        />
      ) : null}
      {codes ? (
        <ShownOnce
          title="Keep your recovery codes"
          about="Each opens your account once when your device is lost. They are not shown again, and older ones open nothing any more."
          keptWords="I have kept the codes in a safe place"
          blockedBecause="First say that you have kept them."
          onClose={() => setCodes(undefined)}
        >
          <RecoveryCodes codes={codes} of={organisation.name} />
        </ShownOnce>
      ) : null}
      <Confirm
        open={renewing}
        title="Make new recovery codes?"
        about="The codes from before open nothing any more. You get a mail about it."
        verb="Make new ones"
        busy={renew.isPending}
        problem={renew.error ? asProblem(renew.error) : null}
        onConfirm={() => renew.mutate()}
        onClose={() => {
          setRenewing(false)
          renew.reset()
        }}
      />
      <Confirm
        open={removal !== undefined}
        title="Remove it?"
        about={`${removal?.what ?? ''} opens nothing any more. You get a mail about it.`}
        verb="Remove"
        busy={remove.isPending}
        problem={remove.error ? asProblem(remove.error) : null}
        onConfirm={() => removal && remove.mutate(removal)}
        onClose={() => {
          setRemoval(undefined)
          remove.reset()
        }}
      />
    </>
  )
}

function Entry({
  icon,
  title,
  about,
  badge,
  children,
}: {
  icon: ReactNode
  title: string
  about: ReactNode
  badge?: ReactNode
  children: ReactNode
}) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3 px-5 py-3.5">
      <div className="flex min-w-0 items-start gap-3 [&>svg]:mt-0.5 [&>svg]:size-5 [&>svg]:shrink-0 [&>svg]:text-ink-3">
        {icon}
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-2 font-medium wrap-anywhere">
            {title}
            {badge}
          </div>
          <div className="text-sm text-ink-3">{about}</div>
        </div>
      </div>
      <div className="ml-auto flex gap-2">{children}</div>
    </li>
  )
}
