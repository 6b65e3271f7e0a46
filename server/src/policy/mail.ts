import type { MailMode, MailServer, MailSettings } from '../model/mail.ts'
import type { FieldFault, Refusal } from '../model/refusals.ts'

export type MailWish = {
  mode: MailMode
  server: MailServer | null
  /** A new password or token, sealed; null leaves it as it is. */
  secret: string | null
}

/** May mail be sent like this, and with which secret (EM-1)? */
export function decideMailSettings(
  before: Pick<MailSettings, 'server' | 'secret'>,
  wish: MailWish,
): { settings: Omit<MailSettings, 'version'> } | { refusal: Refusal } {
  const { mode, server } = wish
  if (mode !== 'custom' || !server) {
    if (mode === 'custom') return refused(fault('/server', 'required', 'Enter the mail server.'))
    if (server || wish.secret) return refused(notCustom)
    return { settings: { mode, server: null, secret: null } }
  }
  const secret = wish.secret ?? (isSameLogin(before.server, server) ? before.secret : null)
  const faults = faultsOf(server, secret)
  if (wish.secret && server.authentication === 'none') faults.push(unasked)
  if (faults.length > 0) return refused(...faults)
  if (server.authentication !== 'none') return { settings: { mode, server, secret } }
  return { settings: { mode, server: { ...server, username: null }, secret: null } }
}

/**
 * A stored secret goes to the server that it was given for and to no other: whoever may change the
 * settings must not be able to have it sent to a server of their own.
 */
function isSameLogin(before: MailServer | null, after: MailServer): boolean {
  const parts = ['host', 'port', 'authentication', 'username'] as const
  return before !== null && parts.every((part) => before[part] === after[part])
}

function faultsOf(server: MailServer, secret: string | null): FieldFault[] {
  const faults: FieldFault[] = []
  if (server.tls && server.startTls) {
    faults.push(fault('/server/startTls', 'conflict', 'Choose TLS or StartTLS, not both.'))
  }
  if (server.authentication === 'none') return faults
  if (!server.username) {
    faults.push(fault('/server/username', 'required', 'Enter the user name for the mail server.'))
  }
  if (!secret) {
    const what = server.authentication === 'token' ? 'token' : 'password'
    faults.push(fault('/secret', 'required', `Enter the ${what} for this mail server.`))
  }
  return faults
}

const notCustom = fault(
  '/server',
  'not_accepted',
  'A mail server of your own goes with Custom alone.',
)
const unasked = fault('/secret', 'not_accepted', 'A server without authentication takes no secret.')

function fault(pointer: string, code: string, detail: string): Required<FieldFault> {
  return { pointer, code, detail }
}

function refused(...errors: FieldFault[]): { refusal: Refusal } {
  const detail = errors.flatMap((error) => error.detail ?? []).join(' ')
  return { refusal: { code: 'request.invalid', detail, errors } }
}
