import type { Provenance } from '../src/model/user.ts'

/** As what the identity provider does is noted, in tests of what a query reads. */
export const bySync: Provenance = {
  kind: 'scim',
  actor: 'SCIM',
  actorId: null,
  rule: null,
  requestId: null,
  at: 1,
}

/** How many rows a step of a plan of PostgreSQL read, as it ran: those that it gave, or those that it left out. */
export function rowsOf(line: string): number {
  const [, rows = 0, loops = 1] = /actual .*rows=([\d.]+) loops=(\d+)/.exec(line) ?? []
  const removed = Number(/Rows Removed by [\w ]+: (\d+)/.exec(line)?.[1] ?? 0)
  return Math.max(Number(rows) * Number(loops), removed)
}
