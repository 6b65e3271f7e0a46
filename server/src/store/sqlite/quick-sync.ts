const quickMs = 0.4
/** What looking again may cost each sync on average. */
const lookMs = 0.02
const weight = 0.1
/** One that took longer, once among quick ones, says no more than this. */
const outlierMs = 2
const slowestMs = 20

type Disk = {
  /** Returns when the disk has everything. */
  here(): void
  /** The same in another thread. */
  beside(): Promise<void>
  /** Whether it is being given a lot to write. */
  isLoaded(): boolean
  now(): number
}

/**
 * Waits for a quick disk at once: that takes less than to have another thread wait, be woken by it and
 * pay for both. While the disk is slow or loaded somebody else waits, and the event loop goes on; a slow
 * one is tried again, the more rarely the slower it was.
 */
export function quickSync({ here, beside, isLoaded, now }: Disk): () => Promise<void> {
  let takesMs = 0
  let passedOn = 0
  return async () => {
    if (isLoaded()) return beside()
    if (takesMs > quickMs && passedOn * lookMs < takesMs) {
      passedOn += 1
      return beside()
    }
    const began = now()
    here()
    const tookMs = now() - began
    takesMs =
      takesMs > quickMs
        ? Math.min(tookMs, slowestMs)
        : takesMs + (Math.min(tookMs, outlierMs) - takesMs) * weight
    passedOn = 0
  }
}
