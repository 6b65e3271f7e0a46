const abortedByAnother = '25P02'

/**
 * Steps that do not wait for each other: PostgreSQL gets them in one packet. All of them have ended
 * when this fails, so that none runs on after its change was taken back.
 * @throws what failed first, and not what failed since.
 */
export async function together<const Steps extends readonly unknown[]>(
  ...steps: Steps
): Promise<{ -readonly [Step in keyof Steps]: Awaited<Steps[Step]> }> {
  const ended = await Promise.allSettled(steps)
  const reasons = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
  if (reasons.length > 0) throw whatFailed(reasons)
  return ended.map((end) => (end as PromiseFulfilledResult<unknown>).value) as {
    -readonly [Step in keyof Steps]: Awaited<Steps[Step]>
  }
}

/** PostgreSQL refuses whatever comes behind a statement that failed. */
export function whatFailed(reasons: unknown[]): unknown {
  return reasons.find((reason) => !isAftermath(reason)) ?? reasons[0]
}

function isAftermath(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === abortedByAnother
}
