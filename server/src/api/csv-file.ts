import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { byteOrderMark, csvLine } from '../lib/csv.ts'

const chunkBytes = 65_536

export type Columns<Row> = Record<string, (row: Row) => string>

/** A file that is handed out as fast as it is taken and never held whole. */
export function sendCsv<Row>(
  reply: FastifyReply,
  file: {
    /** `usher-users` becomes `usher-users-20260503T101500Z.csv`. */
    name: string
    now: number
    columns: Columns<Row>
    pages: AsyncGenerator<Row[]>
    /** However it ends, it is recorded how far it came. */
    ended(rows: number, complete: boolean): Promise<void>
  },
): FastifyReply {
  const at = new Date(file.now).toISOString().slice(0, 19).replace(/[-:]/g, '')
  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${file.name}-${at}Z.csv"`)
    .header('cache-control', 'no-store')
    .send(Readable.from(written(file), { objectMode: false, highWaterMark: chunkBytes }))
}

async function* written<Row>({
  columns,
  pages,
  ended,
}: Pick<
  Parameters<typeof sendCsv<Row>>[1],
  'columns' | 'pages' | 'ended'
>): AsyncGenerator<string> {
  let rows = 0
  let complete = false
  try {
    yield byteOrderMark + csvLine(Object.keys(columns))
    for await (const page of pages) {
      rows += page.length
      yield page.map((one) => csvLine(Object.values(columns).map((cell) => cell(one)))).join('')
      // The embedded database answers at once: others get their turn between two steps.
      await new Promise((resolve) => setImmediate(resolve))
    }
    complete = true
  } finally {
    await ended(rows, complete)
  }
}

export function csvMoment(at: number): string {
  return new Date(at).toISOString()
}
