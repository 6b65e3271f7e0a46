/** Says to spreadsheets that this is UTF-8; other readers leave it out. */
export const byteOrderMark = '\uFEFF'

// What a spreadsheet would run as a formula, in plain and in full-width signs, and the sign that
// stops it, so that reading takes away exactly what writing put there.
const risky = /^[=+\-@\t\r'＝＋－＠]/
const needsQuotes = /[",;\r\n\t]|^\s|\s$/

/**
 * One line of RFC 4180. A cell that a spreadsheet would run is text behind an apostrophe; a reader
 * takes one leading apostrophe away and has what was written.
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(written).join(',')}\r\n`
}

function written(cell: string): string {
  const text = risky.test(cell) ? `'${cell}` : cell
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
