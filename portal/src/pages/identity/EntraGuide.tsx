import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import type { LoginMethodView } from '../../../../contract/src/index.ts'
import {
  Banner,
  CheckMark,
  CopyButton,
  CopyField,
  classes,
  Scroller,
  Sheet,
} from '../../parts/index.ts'
import type { Draft, SamlDraft } from './draft.ts'
import { FromMetadata } from './IdpSide.tsx'
import { proofs } from './proofs.ts'
import { TestPanel } from './TestPanel.tsx'
import type { TestSignIn } from './testSignIn.ts'

/** "Set up with Microsoft Entra ID" (JI-15), beside the form it fills in. */
export function EntraGuide({
  open,
  onClose,
  view,
  draft,
  readOnly,
  testing,
  onSaml,
}: {
  open: boolean
  onClose: () => void
  view: LoginMethodView
  draft: Draft
  readOnly: boolean
  testing: TestSignIn
  onSaml: (change: Partial<SamlDraft>) => void
}) {
  const values = view.serviceProvider
  const proved = proofs(draft, testing)
  const metadata = {
    ...draft.saml,
    from: draft.saml.from === 'fields' ? 'url' : draft.saml.from,
  } as const
  return (
    <Sheet
      open={open}
      onClose={onClose}
      title="Set up with Microsoft Entra ID"
      about="About ten minutes. Each step turns green when a test sign-in proves it."
    >
      <ol className="flex flex-col">
        <Step number={1} state={proved.application} title="Create the application">
          <p>
            In the Microsoft Entra admin center: <Screen>Enterprise applications</Screen> →{' '}
            <Screen>New application</Screen> → <Screen>Create your own application</Screen> →{' '}
            <Screen>Integrate any other application you don’t find in the gallery</Screen>.
          </p>
        </Step>
        <Step number={2} state={proved.basic} title="Basic SAML Configuration">
          <p>
            <Screen>Single sign-on</Screen> → <Screen>SAML</Screen> →{' '}
            <Screen>Basic SAML Configuration</Screen> → <Screen>Edit</Screen>, and enter:
          </p>
          <CopyField label="Identifier (Entity ID)" value={values.entityId} />
          <CopyField label="Reply URL (Assertion Consumer Service URL)" value={values.acsUrl} />
          <CopyField
            label="Sign on URL"
            value={values.signOnUrl}
            help="With it, the tile in “My Apps” starts the sign-in here."
          />
          <CopyField label="Logout Url (Optional)" value={values.sloUrl} />
        </Step>
        <Step number={3} state={proved.claims} title="Attributes & Claims">
          <p>
            <Screen>Attributes & Claims</Screen> → <Screen>Edit</Screen> →{' '}
            <Screen>Add new claim</Screen>, twice. Leave <Screen>Namespace</Screen> empty.
          </p>
          <ClaimTable />
          <p>
            These attributes must be filled in for every person under <Screen>Users</Screen> →{' '}
            <Screen>Properties</Screen>. The display name is not used.
          </p>
          <p>
            <Screen>Unique User Identifier (Name ID)</Screen> carries the e-mail: format{' '}
            <Screen>Email address</Screen>, source <code className="text-sm">user.mail</code> or{' '}
            <code className="text-sm">user.userprincipalname</code>.
          </p>
        </Step>
        <Step number={4} state={proved.metadata} title="SAML Certificates">
          <p>
            Copy <Screen>App Federation Metadata Url</Screen> and paste it here.
          </p>
          <FromMetadata
            draft={metadata}
            readOnly={readOnly}
            onChange={(change) => onSaml({ from: metadata.from, ...change })}
          />
        </Step>
        <Step number={5} state={proved.assigned} title="Users and groups">
          <p>
            <Screen>Users and groups</Screen> → <Screen>Add user/group</Screen> → choose →{' '}
            <Screen>Assign</Screen>. Only people assigned to the application get in. Assign yourself
            too, or the test cannot succeed.
          </p>
        </Step>
        <Step number={6} state={proved.test} title="Test sign-in" last>
          <p>Sign in as yourself. Nothing is changed and nobody else sees it.</p>
          <TestPanel testing={testing} readOnly={readOnly} />
          <Banner title="Then, on the page behind this one">
            Switch “SAML JIT” on under Provisioning if people are to get their account at first
            sign-in, and press “Save”.
          </Banner>
        </Step>
      </ol>
      <CommonMistakes />
    </Sheet>
  )
}

function Step({
  number,
  state,
  title,
  last,
  children,
}: {
  number: number
  state: 'done' | 'failed' | 'open'
  title: string
  last?: boolean
  children: ReactNode
}) {
  return (
    <li className="relative flex gap-4 pb-8">
      {last ? null : (
        <span aria-hidden="true" className="absolute top-8 bottom-0 left-3.5 w-px bg-line" />
      )}
      <span className="relative flex size-7 shrink-0 items-center justify-center">
        {state === 'open' ? (
          <span
            aria-hidden="true"
            className="flex size-7 items-center justify-center rounded-full border border-line-strong text-sm font-semibold text-ink-2"
          >
            {number}
          </span>
        ) : (
          <span
            className={classes(
              'flex size-7 items-center justify-center rounded-full',
              state === 'done' ? 'bg-good-soft' : 'bg-bad-soft',
            )}
          >
            <CheckMark state={state} />
          </span>
        )}
      </span>
      <div className="flex min-w-0 flex-1 flex-col gap-3 pt-0.5 text-ink-2">
        <h3 className="text-base font-semibold text-ink">{title}</h3>
        {children}
      </div>
    </li>
  )
}

/** A word exactly as it stands on the other screen. */
function Screen({ children }: { children: ReactNode }) {
  return <strong className="font-medium text-ink">{children}</strong>
}

const claims = [
  { name: 'firstName', source: 'user.givenname' },
  { name: 'lastName', source: 'user.surname' },
]

function ClaimTable() {
  return (
    <Scroller label="Claims to add" className="rounded-lg border border-line">
      <table className="w-full text-left text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-ink-3">
            <th scope="col" className="px-3 py-2 font-medium">
              Name
            </th>
            <th scope="col" className="px-3 py-2 font-medium">
              Source attribute
            </th>
          </tr>
        </thead>
        <tbody>
          {claims.map(({ name, source }) => (
            <tr key={name} className="border-b border-line last:border-0">
              <td className="px-3 py-1.5">
                <span className="flex items-center justify-between gap-2 font-mono text-ink">
                  {name}
                  <CopyButton bare value={name} of={name} />
                </span>
              </td>
              <td className="px-3 py-1.5">
                <span className="flex items-center justify-between gap-2 font-mono text-ink">
                  {source}
                  <CopyButton bare value={source} of={source} />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  )
}

const mistakes = [
  {
    seen: 'AADSTS50105: the user is not assigned',
    cause: 'Assign the person, or a group they are in directly, under Users and groups.',
  },
  {
    seen: 'AADSTS700016 or audience mismatch',
    cause: 'Identifier (Entity ID) differs from the value above, often by a slash or a blank.',
  },
  {
    seen: 'AADSTS50011: the reply URL does not match',
    cause: 'Reply URL (Assertion Consumer Service URL) is not exactly the ACS URL above.',
  },
  {
    seen: 'A name is missing at first sign-in',
    cause:
      'First name or Last name is empty in the person’s Properties, or a claim has a Namespace.',
  },
  {
    seen: 'The e-mail is not valid',
    cause: 'Name ID is not in the format Email address, or the person has no mail attribute.',
  },
]

function CommonMistakes() {
  return (
    <section aria-labelledby="mistakes" className="rounded-xl border border-line p-5">
      <h3 id="mistakes" className="mb-3 flex items-center gap-2 font-semibold">
        <TriangleAlert className="size-4 text-warn" aria-hidden="true" />
        Common mistakes
      </h3>
      <dl className="flex flex-col gap-3">
        {mistakes.map(({ seen, cause }) => (
          <div key={seen}>
            <dt className="font-medium">{seen}</dt>
            <dd className="text-ink-2">{cause}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
