import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { Refused } from '../model/refusals.ts'

export type RateLimits = {
  /** Refuses when this network, or this network on this account, has failed too often. */
  beforeSignIn(ip: string, account: string): Promise<void>
  failed(ip: string, account: string): Promise<void>
  succeeded(ip: string, account: string): Promise<void>
  /**
   * Refuses to judge one more code of this account. Whoever comes here knows the password, so no
   * outsider can use it up; passkeys and recovery codes, which nobody guesses, stay open.
   */
  beforeCode(account: string): Promise<void>
  codeFailed(account: string): Promise<void>
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

  async function within(limiter: RateLimiterMemory, key: string, points: number): Promise<void> {
    try {
      await limiter.consume(key, points)
    } catch (over) {
      if (!(over instanceof RateLimiterRes)) throw over
      throw new Refused({
        code: 'rate.limited',
        detail: 'Too many attempts. Wait a little and try again.',
        retryAfterSeconds: Math.ceil(over.msBeforeNext / 1000),
      })
    }
  }
  async function refuseWhenSpent(limiter: RateLimiterMemory, key: string): Promise<void> {
    const spent = await limiter.get(key)
    if (!spent || spent.remainingPoints > 0) return
    throw new Refused({
      code: 'rate.limited',
      detail: 'Too many attempts. Wait a little and try again.',
      retryAfterSeconds: Math.ceil(spent.msBeforeNext / 1000),
    })
  }
  const key = (ip: string, account: string) => `${ip} ${account.toLowerCase()}`

  if (!on) {
    const free = async () => undefined
    const mayMail = async () => true
    return {
      beforeSignIn: free,
      failed: free,
      succeeded: free,
      beforeCode: free,
      codeFailed: free,
      call: free,
      pass: free,
      register: free,
      mayMail,
      testMail: free,
    }
  }
  return {
    async beforeSignIn(ip, account) {
      await refuseWhenSpent(network, ip)
      await refuseWhenSpent(pair, key(ip, account))
    },
    async failed(ip, account) {
      await network.penalty(ip, 1)
      await pair.penalty(key(ip, account), 1)
    },
    async succeeded(ip, account) {
      await pair.delete(key(ip, account))
    },
    beforeCode: (account) => refuseWhenSpent(codes, account),
    async codeFailed(account) {
      await codes.penalty(account, 1)
    },
    call: (ip, what) => within(calls, `${ip} ${what}`, 1),
    pass: (ip) => within(passes, ip, 1),
    async register(ip, address, link) {
      await within(registrations.address, key(link, address.trim()), 1)
      await within(registrations.network, ip, 1)
      await within(registrations.link, link, 1)
    },
    testMail: (organisationId) => within(testMails, organisationId, 1),
    mayMail: (organisationId, address) =>
      mails.consume(key(organisationId, address.trim())).then(
        () => true,
        (over: unknown) => {
          if (over instanceof RateLimiterRes) return false
          throw over
        },
      ),
  }
}
