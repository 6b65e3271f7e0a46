/** The only place that asks the machine for the time; everything else is given a clock. */
export type Clock = {
  /** Unix milliseconds. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

export const minutes = (count: number): number => count * 60_000
export const hours = (count: number): number => count * 3_600_000
export const days = (count: number): number => count * 86_400_000

const day = days(1)
const datesKept = 1_000
const dates = new Map<number, string>()
const digits = (length: number, from: number) =>
  Array.from({ length: from }, (_, number) => String(number).padStart(length, '0'))
const two = digits(2, 60)
const three = digits(3, 1_000)

/**
 * As `toISOString`, whose many steps are a twentieth of a long list: a date is written once a day.
 *
 * @param at Unix milliseconds, a whole number.
 */
export function isoTime(at: number): string {
  const number = Math.floor(at / day)
  const rest = at - number * day
  let date = dates.get(number)
  if (date === undefined) {
    if (dates.size === datesKept) dates.clear()
    date = new Date(at).toISOString().split('T', 1)[0] as string
    dates.set(number, date)
  }
  const minute = Math.floor(rest / 60_000)
  const second = Math.floor(rest / 1_000)
  return `${date}T${two[Math.floor(minute / 60)]}:${two[minute % 60]}:${two[second % 60]}.${
    three[rest % 1_000]
  }Z`
}
