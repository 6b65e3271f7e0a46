/** Object id of `text`, the same in every database. */
const textType = 25
const headerBytes = 20
const lengthBytes = 4
const isNull = -1

/**
 * Values of one column as PostgreSQL reads a `text[]` in binary (`array_recv`): nothing in it is
 * quoted, and so nothing is read twice, as it is in an array or a JSON that is text.
 */
export function textArray(values: readonly (string | number | null)[]): Buffer {
  const texts = values.map((value) => (value === null ? null : String(value)))
  const bytes = Buffer.allocUnsafe(
    texts.reduce(
      (sum, text) => sum + lengthBytes + (text === null ? 0 : Buffer.byteLength(text)),
      headerBytes,
    ),
  )
  const dimensions = 1
  const mayHoldNulls = 1
  const firstIndex = 1
  let at = 0
  for (const head of [dimensions, mayHoldNulls, textType, texts.length, firstIndex])
    at = bytes.writeInt32BE(head, at)
  for (const text of texts) {
    if (text === null) {
      at = bytes.writeInt32BE(isNull, at)
      continue
    }
    const length = bytes.write(text, at + lengthBytes)
    at = bytes.writeInt32BE(length, at) + length
  }
  return bytes
}
