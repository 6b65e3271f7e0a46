import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Building2, Plus } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import type {
  CreatedOrganisation,
  PlatformOrganisation,
  Problem,
} from '../../../../contract/src/index.ts'
import { asProblem, platform, type Seen } from '../../client/index.ts'
import {
  Ago,
  Banner,
  Button,
  Card,
  type Column,
  CopyField,
  CreateDialog,
  Dialog,
  Doorstep,
  EmptyState,
  ErrorState,
  fieldRules,
  Mark,
  methodWords,
  Page,
  PasswordField,
  ProblemBanner,
  placeFaults,
  SkeletonRows,
  slugFrom,
  sourceWords,
  Table,
  TextField,
  textLink,
} from '../../parts/index.ts'
import { AssistDialog } from './AssistDialog.tsx'

type Row = Seen<typeof PlatformOrganisation>
const key = ['platform', 'organisations']

/** The operator's page: which organisations live on this installation. */
export function PlatformPage() {
  const organisations = useQuery({ queryKey: key, queryFn: platform.organisations })
  const [creating, setCreating] = useState(false)
  const [assisting, setAssisting] = useState<Row>()
  const [stale, setStale] = useState(false)
  const problem = organisations.error ? asProblem(organisations.error) : null
  if (stale || (problem && (problem.status === 401 || problem.status === 403))) {
    return <SignIn onSignedIn={() => setStale(false)} />
  }
  const rows = organisations.data?.items
  return (
    <div className="mx-auto max-w-5xl px-4 py-8 sm:px-6 sm:py-12">
      <header className="mb-8 flex items-center gap-2.5 font-semibold">
        <Mark /> Usher
      </header>
      <main>
        <Page
          title="Organisations"
          about="Each organisation has its own people, sign-in and settings; nothing is shared between them."
          action={
            <Button look="primary" onClick={() => setCreating(true)}>
              <Plus aria-hidden="true" />
              Create an organisation
            </Button>
          }
        >
          <Card>
            {rows ? (
              rows.length === 0 ? (
                <EmptyState
                  icon={<Building2 aria-hidden="true" />}
                  title="No organisation yet"
                  about="Create the first one and hand its manager the set-up link."
                />
              ) : (
                <Table
                  label="Organisations"
                  columns={[...columns, assistColumn(setAssisting)]}
                  rows={rows}
                  rowKey={(row) => row.id}
                />
              )
            ) : problem ? (
              <ErrorState problem={problem} onRetry={() => void organisations.refetch()} />
            ) : (
              <SkeletonRows />
            )}
          </Card>
        </Page>
      </main>
      <CreateOrganisation open={creating} onClose={() => setCreating(false)} />
      {assisting ? (
        <AssistDialog
          organisation={assisting}
          onSignInAgain={() => {
            setAssisting(undefined)
            setStale(true)
          }}
          onClose={() => setAssisting(undefined)}
        />
      ) : null}
    </div>
  )
}

const columns: Column<Row>[] = [
  {
    id: 'name',
    label: 'Name',
    cell: (row) => (
      <a href={`/login/${row.slug}`} className={textLink}>
        {row.name}
      </a>
    ),
  },
  {
    id: 'slug',
    label: 'Short name',
    cell: (row) => <span className="font-mono text-sm text-ink-2">{row.slug}</span>,
  },
  {
    id: 'method',
    label: 'Login method',
    className: 'whitespace-nowrap',
    cell: (row) =>
      row.loginMethod ? (
        methodWords[row.loginMethod]
      ) : (
        <span className="text-ink-3">Not chosen yet</span>
      ),
  },
  {
    id: 'source',
    label: 'Provisioning',
    cell: (row) => sourceWords[row.source],
  },
  { id: 'created', label: 'Created', cell: (row) => <Ago at={row.createdAt} /> },
]

function assistColumn(onAssist: (row: Row) => void): Column<Row> {
  return {
    id: 'acts',
    label: 'Actions',
    quiet: true,
    className: 'text-right',
    cell: (row) => (
      <Button size="small" aria-label={`Assist ${row.name}`} onClick={() => onAssist(row)}>
        Assist
      </Button>
    ),
  }
}

function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const client = useQueryClient()
  const { register, handleSubmit } = useForm({ defaultValues: { email: '', password: '' } })
  const signIn = useMutation({
    mutationFn: platform.signIn,
    onSuccess: () => {
      onSignedIn()
      return client.resetQueries({ queryKey: key })
    },
  })
  const problem = signIn.error ? asProblem(signIn.error) : null
  return (
    <Doorstep
      title="Platform"
      heading="Platform sign-in"
      about="For the operator of this installation."
    >
      <form
        noValidate
        className="flex flex-col gap-5"
        onSubmit={handleSubmit((values) => signIn.mutate(values))}
      >
        {problem?.code === 'auth.invalid_credentials' ? (
          <Banner tone="bad" live title="E-mail or password is not right" />
        ) : problem ? (
          <ProblemBanner problem={problem} />
        ) : null}
        <TextField label="E-mail" type="email" autoComplete="username" {...register('email')} />
        <PasswordField label="Password" autoComplete="current-password" {...register('password')} />
        <Button look="primary" size="large" type="submit" busy={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </Doorstep>
  )
}

type Values = {
  name: string
  slug: string
  manager: { firstName: string; lastName: string; email: string }
}
const fields = ['name', 'slug', 'manager.firstName', 'manager.lastName', 'manager.email'] as const

function CreateOrganisation({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [made, setMade] = useState<Seen<typeof CreatedOrganisation>>()
  const close = () => {
    setMade(undefined)
    onClose()
  }
  return made ? (
    <Dialog
      open={open}
      onClose={close}
      title={`${made.name} is ready`}
      about="Hand this link to its first manager. It is shown only now, works once and lives 7 days."
      footer={
        <Button look="primary" onClick={close}>
          Done
        </Button>
      }
    >
      <CopyField label="Set-up link" value={made.setupUrl} />
    </Dialog>
  ) : (
    <CreateForm open={open} onClose={close} onMade={setMade} />
  )
}

function CreateForm({
  open,
  onClose,
  onMade,
}: {
  open: boolean
  onClose: () => void
  onMade: (made: Seen<typeof CreatedOrganisation>) => void
}) {
  const client = useQueryClient()
  const [ownSlug, setOwnSlug] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const { register, handleSubmit, setValue, setError, reset, formState } = useForm<Values>({
    defaultValues: { name: '', slug: '', manager: { firstName: '', lastName: '', email: '' } },
  })
  const create = useMutation({
    mutationFn: platform.createOrganisation,
    onSuccess: async (made) => {
      onMade(made)
      reset()
      setOwnSlug(false)
      await client.invalidateQueries({ queryKey: key })
    },
    onError: (error) => {
      const found = asProblem(error)
      if (found.code === 'org.slug_taken') {
        return setError('slug', { message: found.detail }, { shouldFocus: true })
      }
      setProblem(placeFaults(found, setError, fields) ? undefined : found)
    },
  })
  const { errors } = formState
  const name = register('name', fieldRules.name)
  return (
    <CreateDialog
      open={open}
      title="Create an organisation"
      busy={create.isPending}
      problem={problem}
      onSubmit={handleSubmit((values) => {
        setProblem(undefined)
        create.mutate(values)
      })}
      onClose={onClose}
    >
      <TextField
        label="Name"
        error={errors.name?.message}
        {...name}
        onChange={(event) => {
          void name.onChange(event)
          if (!ownSlug) setValue('slug', slugFrom(event.target.value))
        }}
      />
      <TextField
        label="Short name"
        help="Part of its addresses, such as /login/acme. It must be unique."
        autoCapitalize="none"
        spellCheck={false}
        error={errors.slug?.message}
        {...register('slug', { ...fieldRules.slug, onChange: () => setOwnSlug(true) })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Manager’s first name"
          error={errors.manager?.firstName?.message}
          {...register('manager.firstName', fieldRules.name)}
        />
        <TextField
          label="Manager’s last name"
          error={errors.manager?.lastName?.message}
          {...register('manager.lastName', fieldRules.name)}
        />
      </div>
      <TextField
        label="Manager’s e-mail"
        type="email"
        error={errors.manager?.email?.message}
        {...register('manager.email', fieldRules.email)}
      />
    </CreateDialog>
  )
}
