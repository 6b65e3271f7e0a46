import { Banner, PasswordField, Select, TextField } from '../../parts/index.ts'
import { type Draft, isPort, withEncryption } from './draft.ts'

/** The mail server and how it is spoken to (EM-1). */
export function ServerFields({
  draft,
  secretKept,
  readOnly,
  fault,
  onEdit,
}: {
  draft: Draft
  /** The stored password or token is used while nothing is typed. */
  secretKept: boolean
  readOnly: boolean
  fault: (pointer: string) => string | undefined
  onEdit: (draft: Draft) => void
}) {
  const edit = (change: Partial<Draft>) => onEdit({ ...draft, ...change })
  const signsIn = draft.authentication !== 'none'
  const word = draft.authentication === 'token' ? 'Access token' : 'Password'
  return (
    <div className="flex flex-col gap-5">
      <div className="grid gap-5 sm:grid-cols-[1fr_8rem]">
        <TextField
          label="Host"
          value={draft.host}
          readOnly={readOnly}
          placeholder="smtp.company.com"
          spellCheck={false}
          autoCapitalize="none"
          error={fault('/server/host')}
          onChange={(event) => edit({ host: event.target.value })}
        />
        <TextField
          label="Port"
          inputMode="numeric"
          value={draft.port}
          readOnly={readOnly}
          error={isPort(draft.port) ? fault('/server/port') : 'From 1 to 65535.'}
          onChange={(event) => edit({ port: event.target.value })}
        />
      </div>
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          label="From address"
          type="email"
          value={draft.from}
          readOnly={readOnly}
          placeholder="usher@company.com"
          spellCheck={false}
          error={fault('/server/from')}
          help="The mail server must be allowed to send for it (SPF, DKIM)."
          onChange={(event) => edit({ from: event.target.value })}
        />
        <Select
          label="Encryption"
          value={draft.encryption}
          disabled={readOnly}
          error={fault('/server/startTls')}
          choices={[
            { value: 'starttls', label: 'StartTLS', hint: 'Required before anything is said' },
            { value: 'tls', label: 'TLS', hint: 'From the first byte on' },
            { value: 'offered', label: 'None required', hint: 'Used when the server offers it' },
          ]}
          onChange={(encryption) => onEdit(withEncryption(draft, encryption))}
        />
      </div>
      <div className="grid gap-5 sm:grid-cols-2">
        <Select
          label="Authentication"
          value={draft.authentication}
          disabled={readOnly}
          choices={[
            { value: 'none', label: 'None' },
            { value: 'password', label: 'Password' },
            { value: 'token', label: 'Token', hint: 'OAuth 2.0 access token (XOAUTH2)' },
          ]}
          onChange={(authentication) => edit({ authentication, secret: '' })}
        />
        {signsIn ? (
          <TextField
            label="User name"
            value={draft.username}
            readOnly={readOnly}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            error={fault('/server/username')}
            onChange={(event) => edit({ username: event.target.value })}
          />
        ) : null}
        {signsIn ? (
          <PasswordField
            label={word}
            value={draft.secret}
            readOnly={readOnly}
            autoComplete="new-password"
            placeholder={secretKept ? '••••••••' : ''}
            error={fault('/secret')}
            help={
              secretKept
                ? 'Stored encrypted and never shown. Type a new one to replace it.'
                : 'Stored encrypted and never shown again. Another server or user needs it anew.'
            }
            onChange={(event) => edit({ secret: event.target.value })}
          />
        ) : null}
      </div>
      {signsIn && draft.encryption === 'offered' ? (
        <Banner tone="warn" title={`The ${word.toLowerCase()} may travel unencrypted`}>
          When the server offers no encryption, anybody on the way can read it. Choose StartTLS or
          TLS.
        </Banner>
      ) : null}
    </div>
  )
}
