import type { LoginMethodView } from '../../../../contract/src/index.ts'
import { Card, CopyField, TextField } from '../../parts/index.ts'
import { Part } from './SsoForm.tsx'
import { TestPanel } from './TestPanel.tsx'
import type { TestSignIn } from './testSignIn.ts'

/** Signing in with Google; its client was set up by the operator (LM-32). */
export function GoogleForm({
  view,
  workspaceDomain,
  readOnly,
  testing,
  onChange,
}: {
  view: LoginMethodView
  workspaceDomain: string
  readOnly: boolean
  testing: TestSignIn
  onChange: (workspaceDomain: string) => void
}) {
  return (
    <Card className="divide-y divide-line">
      <Part
        title="Who may continue with Google"
        about="Only people who are here already, with the Google account of their e-mail address."
      >
        <div className="grid gap-4 lg:grid-cols-2">
          <TextField
            label="Google Workspace domain"
            note="optional"
            value={workspaceDomain}
            readOnly={readOnly}
            spellCheck={false}
            placeholder="company.com"
            help="Only accounts of this Workspace. Empty: any Google account whose verified address is known here."
            onChange={(event) => onChange(event.target.value)}
          />
          <CopyField
            label="Redirect URI"
            value={view.google.redirectUri}
            help="Your operator has registered it at Google."
          />
        </div>
      </Part>
      <Part
        title="Test sign-in"
        about="Sign in with your own Google account once, so that you can come back. It creates no user and changes nothing."
      >
        <TestPanel testing={testing} readOnly={readOnly} />
      </Part>
    </Card>
  )
}
