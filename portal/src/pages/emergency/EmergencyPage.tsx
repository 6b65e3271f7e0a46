import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Fingerprint, Plus, Siren, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type {
  BreakGlassAccount,
  CreatedBreakGlass,
  Problem,
} from '../../../../contract/src/index.ts'
import { asProblem, makePasskey, type Seen, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Banner,
  Button,
  Card,
  Confirm,
  CopyField,
  CreateDialog,
  EmptyState,
  fieldRules,
  IconButton,
  isPast,
  KeyValue,
  Loaded,
  meetsPasswordRules,
  onDate,
  Page,
  PasswordField,
  PasswordRules,
  passwordFault,
  placeFaults,
  ShownOnce,
  SkeletonRows,
  TextField,
  toast,
} from '../../parts/index.ts'

type Account = Seen<typeof BreakGlassAccount>
type Passkey = Account['passkeys'][number]
type Created = Seen<typeof CreatedBreakGlass>

export function EmergencyPage() {
  const { api, key, manages, slug } = useOrganisation()
  const accounts = useQuery({ queryKey: key('break-glass'), queryFn: api.breakGlass })
  const [creating, setCreating] = useState(false)
  const [created, setCreated] = useState<Created>()
  const only = manages ? null : 'Only a manager can do this.'
  const create = (
    <Button look="primary" blockedBecause={only} onClick={() => setCreating(true)}>
      <Plus aria-hidden="true" />
      Create an emergency account
    </Button>
  )
  return (
    <Page
      title="Emergency access"
      about="Break-glass accounts are the way in when single sign-on is not: they sign in at their own address with a password and a code or a passkey, in every state of the settings."
      action={accounts.data && accounts.data.items.length > 0 ? create : null}
    >
      <Card>
        <Loaded from={accounts} problemOf={asProblem} skeleton={<SkeletonRows rows={2} />}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState
                icon={<Siren aria-hidden="true" />}
                title="No emergency account yet"
                about="Create one and prove it with a sign-in before you switch to SSO. Keep its password and code in a safe, not with a person."
                action={create}
              />
            ) : (
              <ul className="divide-y divide-line">
                {items.map((account) => (
                  <Entry key={account.id} account={account} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
      <Card className="p-5">
        <CopyField
          label="Emergency sign-in address"
          value={`${location.origin}/login/${slug}/emergency`}
          help="Never linked from the sign-in page. Keep it with the account. A use is open for at most 60 minutes, and all managers are told."
        />
      </Card>
      <CreateAccount
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={(account) => {
          setCreating(false)
          setCreated(account)
        }}
      />
      {created ? <CreatedOnce created={created} onClose={() => setCreated(undefined)} /> : null}
    </Page>
  )
}

function Entry({ account }: { account: Account }) {
  const { manages, slug } = useOrganisation()
  const [asked, setAsked] = useState(false)
  const [adding, setAdding] = useState(false)
  const [lost, setLost] = useState<Passkey>()
  const overdue = account.drillDueAt !== null && isPast(account.drillDueAt)
  return (
    <li className="flex items-start justify-between gap-4 px-5 py-4">
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-2">
          <span className="font-medium wrap-anywhere">{account.email}</span>
          {account.proved ? (
            <Badge tone="good" dot>
              Proved
            </Badge>
          ) : (
            <Badge tone="warn" dot>
              {overdue ? 'Drill overdue' : 'Not proved yet'}
            </Badge>
          )}
        </div>
        <p className="mt-0.5 text-ink-2">
          {account.proved ? (
            account.drillDueAt ? (
              <>Next drill due by {onDate(account.drillDueAt)}.</>
            ) : (
              'It has signed in.'
            )
          ) : (
            <>
              Sign in with it once at{' '}
              <span className="font-mono text-sm wrap-anywhere">/login/{slug}/emergency</span>, in a
              private window, to prove that it works.
            </>
          )}
        </p>
        <p className="mt-0.5 text-sm text-ink-3">
          Last sign-in {account.lastSignInAt ? <Ago at={account.lastSignInAt} /> : 'Never'} ·
          created <Ago at={account.createdAt} />
        </p>
        {account.passkeys.length > 0 ? (
          <ul aria-label={`Passkeys of ${account.email}`} className="mt-2 flex flex-wrap gap-1.5">
            {account.passkeys.map((passkey) => (
              <li key={passkey.id} className="flex items-center">
                <Badge>Passkey “{passkey.label}”</Badge>
                {manages ? (
                  <IconButton
                    label={`Remove the passkey “${passkey.label}” of ${account.email}`}
                    onClick={() => setLost(passkey)}
                  >
                    <X aria-hidden="true" />
                  </IconButton>
                ) : null}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      {manages ? (
        <div className="flex shrink-0 items-center gap-1">
          <IconButton label={`Add a passkey to ${account.email}`} onClick={() => setAdding(true)}>
            <Fingerprint aria-hidden="true" />
          </IconButton>
          <IconButton label={`Delete ${account.email}`} onClick={() => setAsked(true)}>
            <Trash2 aria-hidden="true" />
          </IconButton>
        </div>
      ) : null}
      {adding ? <AddPasskey account={account} onClose={() => setAdding(false)} /> : null}
      {lost ? (
        <RemovePasskey account={account} passkey={lost} onClose={() => setLost(undefined)} />
      ) : null}
      <DeleteAccount account={account} open={asked} onClose={() => setAsked(false)} />
    </li>
  )
}

/** A security key that goes into the safe; asked for at once when its name is there. */
function AddPasskey({ account, onClose }: { account: Account; onClose: () => void }) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const { register, handleSubmit, formState } = useForm({
    defaultValues: { label: 'Security key' },
  })
  const add = useMutation({
    mutationFn: async ({ label }: { label: string }) => {
      const passkey = await makePasskey(await api.askBreakGlassPasskey(account.id))
      return api.addBreakGlassPasskey(account.id, { label, passkey })
    },
    onSuccess: async () => {
      onClose()
      toast('The passkey is added', { about: account.email })
      await client.invalidateQueries({ queryKey: key('break-glass') })
    },
  })
  return (
    <CreateDialog
      title="Add a passkey"
      about="Best a security key that is kept in a safe with the password: together they open the account without the code. Remove it here when it is lost."
      verb="Add"
      busy={add.isPending}
      problem={add.error ? asProblem(add.error) : null}
      onSubmit={handleSubmit((values) => add.mutate(values))}
      onClose={onClose}
    >
      <TextField
        label="Name"
        autoComplete="off"
        maxLength={60}
        error={formState.errors.label?.message}
        {...register('label', { required: 'Please enter a name.' })}
      />
    </CreateDialog>
  )
}

function RemovePasskey({
  account,
  passkey,
  onClose,
}: {
  account: Account
  passkey: Passkey
  onClose: () => void
}) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api.removeBreakGlassPasskey(account.id, passkey.id),
    onSuccess: async () => {
      onClose()
      toast('The passkey is removed', { about: account.email })
      await Promise.all([
        client.invalidateQueries({ queryKey: key('break-glass') }),
        client.invalidateQueries({ queryKey: key('login-method') }),
      ])
    },
  })
  return (
    <Confirm
      open
      title={`Remove the passkey “${passkey.label}”?`}
      about={`It opens ${account.email} no more, and whoever is signed in with this account is signed out. Password and code stay as they are; prove with a sign-in that they open it.`}
      verb="Remove"
      busy={remove.isPending}
      problem={remove.error ? asProblem(remove.error) : null}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  )
}

function DeleteAccount({
  account,
  open,
  onClose,
}: {
  account: Account
  open: boolean
  onClose: () => void
}) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api.removeBreakGlass(account.id),
    onSuccess: async () => {
      onClose()
      toast('Emergency account deleted', { about: account.email })
      await Promise.all([
        client.invalidateQueries({ queryKey: key('break-glass') }),
        client.invalidateQueries({ queryKey: key('login-method') }),
      ])
    },
  })
  return (
    <Confirm
      open={open}
      title="Delete this emergency account?"
      about={`${account.email} stops working at once and its sessions end. This cannot be undone.`}
      verb="Delete"
      busy={remove.isPending}
      problem={remove.error ? asProblem(remove.error) : null}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  )
}

function CreateAccount({
  open,
  onClose,
  onCreated,
}: {
  open: boolean
  onClose: () => void
  onCreated: (created: Created) => void
}) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const [problem, setProblem] = useState<Problem>()
  const { register, handleSubmit, watch, setError, reset, formState } = useForm({
    defaultValues: { email: '', password: '' },
  })
  const create = useMutation({
    mutationFn: api.createBreakGlass,
    onSuccess: async (account) => {
      reset()
      onCreated(account)
      await Promise.all([
        client.invalidateQueries({ queryKey: key('break-glass') }),
        client.invalidateQueries({ queryKey: key('login-method') }),
      ])
    },
    onError: (error) => {
      const found = asProblem(error)
      if (found.code === 'password.too_weak') {
        return setError('password', { message: passwordFault(found).words }, { shouldFocus: true })
      }
      setProblem(placeFaults(found, setError, ['email', 'password']) ? undefined : found)
    },
  })
  const { errors } = formState
  return (
    <CreateDialog
      open={open}
      title="Create an emergency account"
      about="It is not a person: name it after the place where its credentials are kept."
      busy={create.isPending}
      problem={problem}
      onSubmit={handleSubmit((values) => {
        setProblem(undefined)
        create.mutate(values)
      })}
      onClose={onClose}
    >
      <TextField
        label="E-mail"
        type="email"
        autoComplete="off"
        placeholder="break-glass@acme.example"
        error={errors.email?.message}
        {...register('email', fieldRules.email)}
      />
      <PasswordField
        label="Password"
        autoComplete="new-password"
        error={errors.password?.message}
        {...register('password', {
          validate: (value) =>
            meetsPasswordRules(value) || 'This password does not meet the rules below yet.',
        })}
      />
      <PasswordRules password={watch('password')} />
    </CreateDialog>
  )
}

/** The code's secret, which the server will never show again. */
function CreatedOnce({ created, onClose }: { created: Created; onClose: () => void }) {
  return (
    <ShownOnce
      wide
      title="Keep this now: it is shown only once"
      about={created.email}
      keptWords="I have kept the secret, the password and the address in a safe place"
      blockedBecause="First say that you have kept it."
      onClose={onClose}
    >
      <div className="grid gap-5 sm:grid-cols-[11rem_1fr]">
        <img
          src={created.totp.qr}
          alt="QR code with the secret, for an authenticator app"
          className="size-44 rounded-xl border border-line bg-white p-2"
        />
        <div className="flex min-w-0 flex-col gap-4">
          <p className="text-ink-2">
            Scan the code with an authenticator app, or enter the secret there by hand.
          </p>
          <CopyField label="Secret" value={created.totp.secret} />
          <CopyField label="Sign-in address" value={created.signInUrl} />
        </div>
      </div>
      <Banner tone="warn" title="Then prove it">
        Open the sign-in address in a private window and sign in once with e-mail, password and
        code. Until then the account does not count, and SSO cannot be switched on.
      </Banner>
      <KeyValue rows={[{ label: 'After that', value: 'A drill is due every 90 days.' }]} />
    </ShownOnce>
  )
}
