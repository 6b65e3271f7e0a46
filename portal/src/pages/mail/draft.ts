import type {
  MailMode,
  MailServer,
  MailSettingsChange,
  MailSettingsView,
} from '../../../../contract/src/index.ts'

export type Encryption = 'starttls' | 'tls' | 'offered'

/** The settings as they are typed. */
export type Draft = {
  mode: MailMode
  host: string
  port: string
  from: string
  encryption: Encryption
  authentication: MailServer['authentication']
  username: string
  /** Nothing is typed while the stored one stays. */
  secret: string
}

export const usualPorts: Record<Encryption, string> = {
  starttls: '587',
  tls: '465',
  offered: '25',
}

export function draftOf({ mode, server }: MailSettingsView): Draft {
  return {
    mode,
    host: server?.host ?? '',
    port: String(server?.port ?? usualPorts.starttls),
    from: server?.from ?? '',
    encryption: server ? encryptionOf(server) : 'starttls',
    authentication: server?.authentication ?? 'password',
    username: server?.username ?? '',
    secret: '',
  }
}

function encryptionOf({ tls, startTls }: MailServer): Encryption {
  if (tls) return 'tls'
  return startTls ? 'starttls' : 'offered'
}

export function wishOf(draft: Draft): MailSettingsChange {
  if (draft.mode !== 'custom') return { mode: draft.mode }
  const signsIn = draft.authentication !== 'none'
  return {
    mode: 'custom',
    server: {
      host: draft.host.trim(),
      port: Number(draft.port),
      from: draft.from.trim(),
      tls: draft.encryption === 'tls',
      startTls: draft.encryption === 'starttls',
      authentication: draft.authentication,
      username: signsIn && draft.username.trim() !== '' ? draft.username.trim() : null,
    },
    ...(signsIn && draft.secret !== '' && { secret: draft.secret }),
  }
}

/** The stored secret goes to the server that it was given for and to no other. */
export function keepsSecret({ server, secretSet }: MailSettingsView, draft: Draft): boolean {
  const { server: wanted } = wishOf(draft)
  const parts = ['host', 'port', 'authentication', 'username'] as const
  return secretSet && parts.every((part) => server?.[part] === wanted?.[part])
}

/** A port that is another encryption's usual one follows the choice; one that was chosen stays. */
export function withEncryption(draft: Draft, encryption: Encryption): Draft {
  const usual = draft.port === usualPorts[draft.encryption]
  return { ...draft, encryption, port: usual ? usualPorts[encryption] : draft.port }
}

export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535
}
