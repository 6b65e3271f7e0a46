import { CopyField } from './Copy.tsx'
import { TextField } from './Field.tsx'

/** The secret of an authenticator app, to scan or to type, and the code that shows it is there. */
export function TotpSetup({
  secret,
  qr,
  code,
  error,
  onCode,
}: {
  secret: string
  qr: string
  code: string
  error?: string | undefined
  onCode: (code: string) => void
}) {
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col items-center gap-4">
        <img
          src={qr}
          alt="QR code with the secret, for an authenticator app"
          className="size-44 rounded-xl border border-line bg-white p-2"
        />
        <div className="w-full">
          <CopyField label="Or type this secret there" value={secret} />
        </div>
      </div>
      <CodeField label="Code from the app" value={code} error={error} onCode={onCode} />
    </div>
  )
}

export function CodeField({
  label,
  value,
  error,
  onCode,
}: {
  label: string
  value: string
  error?: string | undefined
  onCode: (code: string) => void
}) {
  return (
    <TextField
      label={label}
      name="code"
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={16}
      className="h-11 font-mono tracking-widest"
      help="Six digits. Each works once; the app shows a new one every 30 seconds."
      value={value}
      error={error}
      onChange={(event) => onCode(event.target.value)}
    />
  )
}
