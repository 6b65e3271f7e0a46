import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

export type ReceivedMail = {
  to: string
  from: string
  subject: string
  text: string
  html: string
  headers: { key: string; value: string }[]
  /** Every address in the text, in order. */
  links: string[]
}

/** What the mail server does with the next mails. */
type Manners =
  | { takes: true; afterMs?: number }
  /** Such as 450 or 550, said of the recipient or after the mail. */
  | { refuses: number; words: string; at?: 'recipient' | 'data' }
  /** Hangs up in the middle of the mail. */
  | { hangsUp: true }

export type Mailbox = {
  port: number
  /** For SMTP_URL. */
  url: string
  /** The next unread mail to this address, which may still be on its way. */
  next(address: string): Promise<ReceivedMail>
  /** Every mail to this address so far, read or not. */
  all(address: string): ReceivedMail[]
  behave(manners: Manners): void
  /** How often a connection was opened. */
  connections(): number
  /** Whoever signed in, with what. */
  logins: { method: string; username: string; secret: string }[]
  close(): Promise<void>
}

/** An address of the loopback network that nothing else listens on. */
export const mailboxHost = '127.0.0.25'
const arrivesWithinMs = 15_000

/**
 * A real mail server on loopback that keeps what it takes. `await mailbox.next('ada@acme.test')` is
 * her next mail: `{ subject, text, html, links }`.
 */
export async function createMailbox({
  port = 0,
  login,
}: {
  port?: number
  /** The only credentials that it takes; without them it asks for none. */
  login?: { username: string; secret: string }
} = {}): Promise<Mailbox> {
  const received: ReceivedMail[] = []
  const read = new Set<ReceivedMail>()
  const waiting = new Set<() => void>()
  const logins: Mailbox['logins'] = []
  let manners: Manners = { takes: true }
  let opened = 0

  const server = new SMTPServer({
    hideSTARTTLS: true,
    // No certificate of a test is trusted by a product that checks them.
    allowInsecureAuth: true,
    authOptional: !login,
    authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect(_session, done) {
      opened += 1
      done()
    },
    onAuth({ method, username = '', password, accessToken }, _session, done) {
      const secret = password ?? accessToken ?? ''
      logins.push({ method, username, secret })
      const right = !login || (username === login.username && secret === login.secret)
      done(right ? null : answer(535, 'Authentication failed'), right ? { user: username } : {})
    },
    onRcptTo(_address, _session, done) {
      const refused = 'refuses' in manners && manners.at !== 'data'
      done(refused && 'refuses' in manners ? answer(manners.refuses, manners.words) : null)
    },
    onData(stream, session, done) {
      const now = manners
      if ('hangsUp' in now) {
        stream.resume()
        for (const connection of server.connections) connection.close()
        return
      }
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        if ('refuses' in now) return done(answer(now.refuses, now.words))
        const recipients = session.envelope.rcptTo.map(({ address }) => address)
        const keep = () => void take(Buffer.concat(chunks), recipients).then(() => done(), done)
        if (now.afterMs) setTimeout(keep, now.afterMs)
        else keep()
      })
    },
  })
  // A client that hangs up is what some tests are about.
  server.on('error', () => undefined)

  async function take(raw: Buffer, recipients: string[]): Promise<void> {
    const mail = await PostalMime.parse(raw)
    const text = mail.text ?? ''
    for (const to of recipients) {
      received.push({
        to,
        from: mail.from?.address ?? '',
        subject: mail.subject ?? '',
        text,
        html: mail.html ?? '',
        headers: mail.headers.map(({ key, value }) => ({ key, value })),
        links: text.match(/https?:\/\/\S+/g) ?? [],
      })
    }
    for (const look of waiting) look()
  }

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, mailboxHost, resolve)
  })
  const bound = server.server.address()
  if (!bound || typeof bound === 'string') throw new Error('The mailbox has no port.')

  return {
    port: bound.port,
    url: `smtp://${mailboxHost}:${bound.port}?from=usher@usher.test`,
    logins,
    connections: () => opened,
    behave: (wanted) => {
      manners = wanted
    },
    all: (address) => received.filter(({ to }) => to === address),
    next(address) {
      const unread = () => received.find((mail) => mail.to === address && !read.has(mail))
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(look)
          const came = received.map(({ to, subject }) => `${to}: ${subject}`).join('\n')
          reject(new Error(`No mail to ${address}. What came:\n${came}`))
        }, arrivesWithinMs)
        function look(): void {
          const mail = unread()
          if (!mail) return
          clearTimeout(late)
          waiting.delete(look)
          read.add(mail)
          resolve(mail)
        }
        waiting.add(look)
        look()
      })
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function answer(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode })
}
