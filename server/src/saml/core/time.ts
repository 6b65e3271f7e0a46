import { Fault } from './faults.ts'

/** LM-26: the difference between two clocks that is forgiven. */
export const skew = 60_000

/** An assertion whose id would have to be remembered for longer than this is refused. */
export const longestLifetime = 24 * 60 * 60 * 1000

const instant =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,12}))?(?:Z|[+-]00:00)$/

/**
 * SAML core §1.3.3: xs:dateTime in UTC; local times and leap seconds cannot be compared with our
 * clock. Unix milliseconds.
 */
export function readInstant(text: string): number {
  const found = instant.exec(text)
  if (!found) throw new Fault('time', { expected: '2031-01-31T12:00:00Z', received: text })
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day ?? 0)
  date.setUTCHours(
    hour ?? 0,
    minute ?? 0,
    second ?? 0,
    Number((found[7] ?? '').padEnd(3, '0').slice(0, 3)),
  )
  if (!date.toISOString().startsWith(text.slice(0, 19))) {
    throw new Fault('time', { expected: '2031-01-31T12:00:00Z', received: text })
  }
  return date.getTime()
}

export function writeInstant(at: number): string {
  return new Date(at).toISOString()
}
