import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { Refused } from '../model/refusals.ts'

// OWASP Password Storage Cheat Sheet: argon2id (the library's default) with 19 MiB, 2 passes, 1 lane.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
// One core stays free for everybody else's requests.
const atOnce = Math.max(1, Math.min(2, availableParallelism() - 1))
const waitingAtMost = 200

let running = 0
const waiting: (() => void)[] = []

/** A hash or two at a time and a bounded queue, so that sign-ins never starve other requests. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) {
    if (waiting.length >= waitingAtMost) {
      throw new Refused({
        code: 'rate.limited',
        detail: 'Too many people are signing in at this moment. Try again shortly.',
        retryAfterSeconds: 5,
      })
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  running += 1
  try {
    return await work()
  } finally {
    running -= 1
    waiting.shift()?.()
  }
}

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password.normalize('NFC'), cost))
}

let decoy: Promise<string> | undefined

/** Takes the same time for a person without a password and for nobody at all (SE-4). */
export async function checkPassword(password: string, known: string | undefined): Promise<boolean> {
  decoy ??= hash('nobody has this password', cost)
  const against = known ?? (await decoy)
  const right = await inTurn(() => verify(against, password.normalize('NFC')))
  return right && known !== undefined
}

let leakedList: Set<string> | undefined

/** The bundled list of leaked passwords, read when it is first needed. */
export async function leakedPasswords(): Promise<(password: string) => boolean> {
  if (!leakedList) {
    const { dictionary } = await import('@zxcvbn-ts/language-common')
    leakedList = new Set(dictionary['passwords-common'])
  }
  const list = leakedList
  return (password) => list.has(password.toLowerCase())
}
