import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { readEmailAddress } from '../lib/email-address.ts'
import { Refused } from '../model/refusals.ts'

/** Whose secret is tried: the name is read as the directory reads addresses, and is one for each organisation. */
export type Account = { organisationId: string; kind: string; name: string }

export type RateLimits = {
  /**
   * Counts an attempt as failed before it is judged, so that many at once are no way around, and
   * refuses it when this network, or this network on this account, has failed too often.
   */
  attempt(ip: string, account: Account): Promise<void>
  /** It was no attempt to guess after all; earlier failures stay. */
  takeBack(ip: string, account: Account): Promise<void>
  succeeded(ip: string, account: Account): Promise<void>
  /**
   * The same for a code of this account. Whoever comes here knows the password, so no outsider can
   * use it up; passkeys and recovery codes, which nobody guesses, stay open.
   */
  attemptCode(account: Account): Promise<void>
  codeSucceeded(account: Account): Promise<void>
  /** For endpoints that anyone may call; counts every call. */
  call(ip: string, what: string): Promise<void>
  /** For single sign-on, where a whole company comes from one address at nine in the morning. */
  pass(ip: string): Promise<void>
  /** For registering by a link: by network, by address and by link (SS-17). */
  register(ip: string, address: string, link: string): Promise<void>
  /** Whether this address may be mailed once more; says nothing to the one who asks (SE-4). */
  mayMail(organisationId: string, address: string): Promise<boolean>
  /** For test mails, which go to whatever server a manager names. */
  testMail(organisationId: string): Promise<void>
}

const quarterHour = 15 * 60

/**
 * Slows repeated failures down by network, and by account seen from that network: an outsider's
 * failures never lock the owner, who comes from elsewhere (SE-3).
 */
export function createRateLimits(on: boolean): RateLimits {
  const network = new RateLimiterMemory({ points: 60, duration: quarterHour })
  const pair = new RateLimiterMemory({ points: 8, duration: quarterHour })
  const codes = new RateLimiterMemory({ points: 30, duration: 60 * 60 })
  const calls = new RateLimiterMemory({ points: 300, duration: 60 })
  const passes = new RateLimiterMemory({ points: 6_000, duration: 60 })
  const registrations = {
    network: new RateLimiterMemory({ points: 300, duration: 60 * 60 }),
    address: new RateLimiterMemory({ points: 5, duration: quarterHour }),
    link: new RateLimiterMemory({ points: 3_000, duration: 60 * 60 }),
  }
  const testMails = new RateLimiterMemory({ points: 10, duration: quarterHour })
  const mails = new RateLimiterMemory({ points: 3, duration: quarterHour })

  async function within(limiter: RateLimiterMemory, key: string): Promise<void> {
    try {
      await limiter.consume(key)
    } catch (over) {
      if (!(over instanceof RateLimiterRes)) throw over
      throw new Refused({
        code: 'rate.limited',
        detail: 'Too many attempts. Wait a little and try again.',
        retryAfterSeconds: Math.ceil(over.msBeforeNext / 1000),
      })
    }
  }
  /** What is refused is not counted, so that as many are free again as are given back. */
  async function reserve(limiter: RateLimiterMemory, key: string): Promise<void> {
    try {
      await within(limiter, key)
    } catch (refused) {
      await limiter.reward(key)
      throw refused
    }
  }
  const keyOf = (account: Account) =>
    `${account.organisationId} ${account.kind} ${fold(account.name)}`
  const pairOf = (ip: string, account: Account) => `${ip} ${keyOf(account)}`

  if (!on) {
    const free = async () => undefined
    const mayMail = async () => true
    return {
      attempt: free,
      takeBack: free,
      succeeded: free,
      attemptCode: free,
      codeSucceeded: free,
      call: free,
      pass: free,
      register: free,
      mayMail,
      testMail: free,
    }
  }
  return {
    async attempt(ip, account) {
      await reserve(pair, pairOf(ip, account))
      try {
        await reserve(network, ip)
      } catch (refused) {
        await pair.reward(pairOf(ip, account))
        throw refused
      }
    },
    async takeBack(ip, account) {
      await pair.reward(pairOf(ip, account))
      await network.reward(ip)
    },
    async succeeded(ip, account) {
      await pair.delete(pairOf(ip, account))
      await network.reward(ip)
    },
    attemptCode: (account) => reserve(codes, keyOf(account)),
    async codeSucceeded(account) {
      await codes.reward(keyOf(account))
    },
    call: (ip, what) => within(calls, `${ip} ${what}`),
    pass: (ip) => within(passes, ip),
    async register(ip, address, link) {
      await within(registrations.address, `${link} ${fold(address)}`)
      await within(registrations.network, ip)
      await within(registrations.link, link)
    },
    testMail: (organisationId) => within(testMails, organisationId),
    mayMail: (organisationId, address) =>
      mails.consume(`${organisationId} ${fold(address)}`).then(
        () => true,
        (over: unknown) => {
          if (over instanceof RateLimiterRes) return false
          throw over
        },
      ),
  }
}

const fold = (name: string) => readEmailAddress(name)?.folded ?? name.trim().toLowerCase()
