import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { csvLine } from './csv.ts'

const cells = [
  'Ada',
  '=HYPERLINK("https://evil.test","click")',
  '+49 30 1234',
  '-1+1',
  '@SUM(A1)',
  '\t=1+1',
  '\r=1+1',
  '＝1+1',
  "'=1+1",
  "'Abd",
  "O'Brien",
  'a,b;c',
  'say "hi"',
  'two\nlines',
  ' blank ',
  '',
  'Zoë 🦊',
]

test('no cell begins as a formula does, whatever it held', () => {
  const [row = []] = parse(csvLine(cells)) as string[][]

  expect(row.filter((cell) => /^[=+\-@\t\r＝＋－＠]/.test(cell))).toEqual([])
})

test('taking one leading apostrophe away gives exactly what was written', () => {
  const [row = []] = parse(csvLine(cells)) as string[][]

  expect(row.map((cell) => cell.replace(/^'/, ''))).toEqual(cells)
})

test('a line ends as RFC 4180 has it', () => {
  expect(csvLine(['a', 'b'])).toBe('a,b\r\n')
})
