import { Banner } from './States.tsx'
import { countWords } from './words.ts'

/** Nothing when the last switch of the login method has been brought to everybody (LM-12). */
export function OnItsWay({ switching }: { switching: { done: number; total: number } | null }) {
  if (!switching) return null
  const [done, total] = [switching.done, switching.total].map((count) =>
    countWords({ count, exact: true }),
  )
  return (
    <Banner title="The new login method is in force for everyone">
      Status filters and totals are catching up: {done} of {total} people so far.
    </Banner>
  )
}
