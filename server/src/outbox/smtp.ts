import { isIP } from 'node:net'
import type { Transporter } from 'nodemailer'
import type { Smtp } from '../lib/smtp.ts'

const answersWithinMs = 10_000
const silentAtMostMs = 30_000
const longestMs = 60_000
const connections = 3
const longestWords = 500

/** Why a mail did not go; `what` says whom it concerns. */
export class MailFault extends Error {
  /** `refused`: this mail, for good. `later`: this mail, for now. `service`: every mail to this server. */
  readonly what: 'refused' | 'later' | 'service'

  constructor(words: string, what: MailFault['what']) {
    super(words)
    this.name = 'MailFault'
    this.what = what
  }
}

export type Parcel = {
  id: string
  to: string
  fromName: string
  subject: string
  text: string
  html: string
  at: number
}

export type MailConnection = {
  /** Resolves when the server has taken the mail. @throws MailFault with the server's words. */
  send(parcel: Parcel): Promise<void>
  close(): void
}

/** Connections to one mail server, kept while there is mail. @param address where its host is, when that was checked. */
export async function connect(smtp: Smtp, name: string, address?: string): Promise<MailConnection> {
  const { createTransport } = await import('./nodemailer.ts')
  const transport = createTransport({
    ...optionsFor(smtp, name, address),
    pool: true,
    maxConnections: connections,
  })
  return {
    async send({ id, to, fromName, subject, text, html, at }) {
      const sent = transport.sendMail({
        from: { name: fromName, address: smtp.from },
        to: { name: '', address: to },
        subject,
        text,
        html,
        date: new Date(at),
        // The same at every try: a mail server or a reader can tell a repetition by it.
        messageId: `<${id}@${name}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      })
      await within(sent, transport)
    },
    close: () => transport.close(),
  }
}

function optionsFor(smtp: Smtp, name: string, address?: string) {
  return {
    host: address ?? smtp.host,
    port: smtp.port,
    name,
    secure: smtp.tls,
    requireTLS: smtp.startTls,
    tls: isIP(smtp.host) ? {} : { servername: smtp.host },
    ...(smtp.login && { auth: credentials(smtp.login) }),
    connectionTimeout: answersWithinMs,
    greetingTimeout: answersWithinMs,
    dnsTimeout: answersWithinMs,
    socketTimeout: silentAtMostMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** Connects and signs in, and sends nothing. @throws MailFault with the server's words. */
export async function tryMailServer(smtp: Smtp, name: string): Promise<void> {
  const { createTransport } = await import('./nodemailer.ts')
  const transport = createTransport(optionsFor(smtp, name))
  await within(transport.verify(), transport).finally(() => transport.close())
}

function credentials(login: NonNullable<Smtp['login']>) {
  return login.kind === 'password'
    ? { user: login.username, pass: login.password }
    : { type: 'OAuth2' as const, user: login.username, accessToken: login.token }
}

/** A server that sends a byte now and then is never silent, and still may not hold a mail for ever. */
async function within(sent: Promise<unknown>, transport: Pick<Transporter, 'close'>) {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new MailFault('The mail server took longer than a minute.', 'service'))
      transport.close()
    }, longestMs)
  })
  try {
    await Promise.race([sent, late])
  } catch (error) {
    throw asFault(error)
  } finally {
    clearTimeout(timer)
  }
}

type SmtpError = Error & {
  code?: string
  responseCode?: number
  response?: string
  command?: string
}

/** RFC 5321 §4.2.1: what begins with 5 is final, but only what was said of this recipient or mail. */
function asFault(error: unknown): MailFault {
  if (error instanceof MailFault) return error
  if (!(error instanceof Error)) return new MailFault('The mail server failed.', 'service')
  const { responseCode = 0, response, message, command = '', code } = error as SmtpError
  const words = `${response ?? message}`
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, longestWords)
  const ofThisMail = /^(RCPT|DATA)/.test(command) || code === 'EENVELOPE' || code === 'EMESSAGE'
  if (!ofThisMail || responseCode < 400) return new MailFault(words, 'service')
  return new MailFault(words, responseCode >= 500 ? 'refused' : 'later')
}
