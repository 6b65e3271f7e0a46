import { Fault } from './faults.ts'

/** LM-26: the difference between two clocks that is forgiven. */
export const skew = 60_000

/** An assertion whose id would have to be remembered for longer than this is refused. */
export const longestLifetime = 24 * 60 * 60 * 1000

const instant =
  /^([1-9][0-9]{3})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,12}))?(?:Z|[+-]00:00)$/

/**
 * SAML core §1.3.3: xs:dateTime in UTC; local times and leap seconds cannot be compared with our
 * clock. Unix milliseconds.
 */
export function readInstant(text: string): number {
  const found = instant.exec(text)
  if (!found) throw notAnInstant(text)
  const [, year, month, day, hour, minute, second, fraction = ''] = found
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  // The 30th of February would quietly become the 1st of March.
  const exists =
    midnight.getUTCDate() === Number(day) && midnight.getUTCMonth() + 1 === Number(month)
  if (!exists || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    throw notAnInstant(text)
  }
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second)
  return midnight.getTime() + seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3))
}

function notAnInstant(text: string): Fault {
  return new Fault('time', {
    expected: 'a time in UTC such as 2031-01-31T12:00:00Z',
    received: text,
  })
}

export function writeInstant(at: number): string {
  return new Date(at).toISOString()
}
