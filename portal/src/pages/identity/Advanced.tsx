import { ChevronRight } from 'lucide-react'
import { Segmented, Select, Switch, TextField } from '../../parts/index.ts'
import type { SamlDraft } from './draft.ts'

export const refreshes: { value: SamlDraft['refreshFirstName']; label: string; hint: string }[] = [
  { value: 'every_sign_in', label: 'Every sign-in', hint: 'Read-only in the portal' },
  { value: 'first_sign_in', label: 'First sign-in only', hint: 'Then edited in the portal' },
  { value: 'portal', label: 'Portal', hint: 'Never taken from the identity provider' },
]

export function Advanced({
  draft,
  readOnly,
  onChange,
}: {
  draft: SamlDraft
  readOnly: boolean
  onChange: (change: Partial<SamlDraft>) => void
}) {
  return (
    <details className="group">
      <summary className="flex list-none items-center gap-2 px-5 py-4 font-semibold hover:bg-hover/60 sm:px-6 [&::-webkit-details-marker]:hidden">
        <ChevronRight
          className="size-4 text-ink-3 transition-transform group-open:rotate-90"
          aria-hidden="true"
        />
        Advanced
        <span className="truncate font-normal text-ink-3">requests, claims, refresh</span>
      </summary>
      <div className="flex flex-col gap-6 px-5 pt-1 pb-6 sm:px-6">
        <Switch
          label="Sign requests"
          help="Requests to the identity provider carry a signature, for providers that ask for it. Harmless otherwise."
          checked={draft.signAuthnRequests}
          disabled={readOnly}
          onChange={(signAuthnRequests) => onChange({ signAuthnRequests })}
        />
        <Switch
          label="Allow IdP-initiated sign-in"
          help="Accepts sign-ins that did not start here, such as a tile in “My Apps”. Leave it off unless people need it: with “Sign on URL” set, tiles work without."
          checked={draft.allowIdpInitiated}
          disabled={readOnly}
          onChange={(allowIdpInitiated) => onChange({ allowIdpInitiated })}
        />
        <div className="flex flex-col gap-2">
          <div className="font-medium">E-mail address from</div>
          <div>
            <Segmented
              label="E-mail address from"
              value={draft.emailFrom}
              disabled={readOnly}
              onChange={(emailFrom) => onChange({ emailFrom })}
              choices={[
                { value: 'nameId', label: 'NameID' },
                { value: 'claim', label: 'A claim' },
              ]}
            />
          </div>
          {draft.emailFrom === 'claim' ? (
            <TextField
              label="Claim with the e-mail"
              value={draft.emailClaim}
              readOnly={readOnly}
              spellCheck={false}
              className="font-mono text-sm"
              error={draft.emailClaim.trim() === '' ? 'Please enter the claim’s name.' : undefined}
              onChange={(event) => onChange({ emailClaim: event.target.value })}
            />
          ) : null}
        </div>
        <TextField
          label="Stable subject claim"
          note="optional"
          value={draft.subjectClaim}
          readOnly={readOnly}
          spellCheck={false}
          className="font-mono text-sm"
          placeholder="http://schemas.microsoft.com/identity/claims/objectidentifier"
          help="A claim that never changes for a person. Without it the NameID is the key, and a changed NameID is a new person."
          onChange={(event) => onChange({ subjectClaim: event.target.value })}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label="Claim for the first name"
            value={draft.firstName}
            readOnly={readOnly}
            spellCheck={false}
            className="font-mono text-sm"
            onChange={(event) => onChange({ firstName: event.target.value })}
          />
          <Select
            label="First name is refreshed at"
            value={draft.refreshFirstName}
            choices={refreshes}
            disabled={readOnly}
            onChange={(refreshFirstName) => onChange({ refreshFirstName })}
          />
          <TextField
            label="Claim for the last name"
            value={draft.lastName}
            readOnly={readOnly}
            spellCheck={false}
            className="font-mono text-sm"
            onChange={(event) => onChange({ lastName: event.target.value })}
          />
          <Select
            label="Last name is refreshed at"
            value={draft.refreshLastName}
            choices={refreshes}
            disabled={readOnly}
            onChange={(refreshLastName) => onChange({ refreshLastName })}
          />
        </div>
      </div>
    </details>
  )
}
