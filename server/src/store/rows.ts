/** Rows come from both drivers as arrays: the objects that `node:sqlite` would make cost up to twice as much. */
export function objectOf(
  columns: readonly string[],
  row: readonly unknown[],
): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (let at = 0; at < columns.length; at += 1) object[columns[at] as string] = row[at]
  return object
}
