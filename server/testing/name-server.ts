import { createSocket } from 'node:dgram'

/** What is said of a name: its TXT records, each in strings; an alias; or why nothing is said. */
type Said = { texts: string[][] } | { alias: string } | 'no such name' | 'failure' | 'silence'

export type NameServer = {
  /** For DNS_SERVERS. */
  address: string
  /** Until something else is said of it; of all other names there is none. */
  say(name: string, said: Said): void
  asked(name: string): number
  close(): Promise<void>
}

/** An address of the loopback network that nothing else listens on. */
const host = '127.0.0.26'
const txt = 16
const cname = 5
const noSuchName = 3
const failure = 2

/** A real name server on loopback that knows TXT records and aliases (RFC 1035 §4). */
export async function createNameServer(): Promise<NameServer> {
  const known = new Map<string, Said>()
  const questions: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, end } = readName(query)
    questions.push(name)
    const said = known.get(name) ?? 'no such name'
    if (said === 'silence') return
    socket.send(answerTo(query, end + 4, name, said, known), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, host, resolve))
  return {
    address: `${host}:${socket.address().port}`,
    say: (name, said) => void known.set(name.toLowerCase(), said),
    asked: (name) => questions.filter((one) => one === name).length,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function answerTo(
  query: Buffer,
  questionEnd: number,
  name: string,
  said: Exclude<Said, 'silence'>,
  known: Map<string, Said>,
): Buffer {
  const records: Buffer[] = []
  let code = 0
  let now: Said = said
  let owner = name
  while (typeof now === 'object' && 'alias' in now) {
    records.push(record(owner, cname, writeName(now.alias)))
    owner = now.alias
    now = known.get(owner) ?? 'no such name'
  }
  if (now === 'no such name') code = noSuchName
  else if (typeof now === 'string') code = failure
  else {
    for (const strings of now.texts) {
      const parts = strings.map((text) =>
        Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]),
      )
      records.push(record(owner, txt, Buffer.concat(parts)))
    }
  }
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  // A response that recursion was asked for and is available.
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(records.length, 6)
  return Buffer.concat([header, query.subarray(12, questionEnd), ...records])
}

function record(owner: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt32BE(0, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([writeName(owner), fixed, data])
}

function readName(message: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (;;) {
    const length = message[at] ?? 0
    at += 1
    if (length === 0) return { name: labels.join('.').toLowerCase(), end: at }
    labels.push(message.toString('ascii', at, at + length))
    at += length
  }
}

function writeName(name: string): Buffer {
  const labels = name.split('.').map((label) => {
    return Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])
  })
  return Buffer.concat([...labels, Buffer.from([0])])
}
