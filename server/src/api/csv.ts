import { parse } from 'csv-parse/sync'
import { Refused } from '../model/refusals.ts'
import type { Role } from '../model/user.ts'

/** A row as somebody typed it; `line` counts from 1, the headings included. */
export type CsvRow = {
  line: number
  email: string
  firstName: string
  lastName: string
  roles: string[]
  groups: string[]
}

const rowsAtMost = 1_000
const columns: Record<keyof Omit<CsvRow, 'line'>, string[]> = {
  email: ['email', 'mail', 'emailaddress', 'username', 'userprincipalname'],
  firstName: ['first', 'firstname', 'givenname', 'vorname'],
  lastName: ['last', 'lastname', 'surname', 'familyname', 'nachname'],
  roles: ['roles', 'role'],
  groups: ['groups', 'group'],
}
const roleNames: Record<string, Role> = {
  user: 'ROLE_USER',
  viewer: 'ROLE_VIEWER',
  manager: 'ROLE_MANAGER',
  groupadmin: 'ROLE_GROUP_ADMIN',
}

/**
 * People from a file with headings (IN-12): comma or semicolon between columns, as spreadsheets write
 * them; several roles or groups in one cell are parted by `;`, `|` or `,`.
 * @throws Refused `request.invalid` when it is no such file.
 */
export function readPeople(csv: string): CsvRow[] {
  const firstLine = csv.slice(0, csv.search(/\r?\n|$/))
  const delimiter = firstLine.split(';').length > firstLine.split(',').length ? ';' : ','
  const rows = parsed(csv, delimiter)
  const [head, ...body] = rows
  const places = Object.fromEntries(
    Object.entries(columns).map(([name, names]) => [
      name,
      head?.cells.findIndex((heading) => names.includes(plain(heading))) ?? -1,
    ]),
  ) as Record<keyof typeof columns, number>
  if (places.email < 0)
    throw unreadable('Its first line names the columns: email, first, last, roles, groups.')
  if (body.length === 0) throw unreadable('It has no rows below its headings.')
  if (body.length > rowsAtMost) throw unreadable(`It has more than ${rowsAtMost} rows. Split it.`)
  return body.map(({ line, cells }) => {
    const cell = (name: keyof typeof columns) => cells[places[name]]?.trim() ?? ''
    const several = (name: keyof typeof columns) =>
      cell(name)
        .split(/[;|,]/)
        .map((one) => one.trim())
        .filter(Boolean)
    return {
      line,
      email: cell('email'),
      firstName: cell('firstName'),
      lastName: cell('lastName'),
      roles: several('roles'),
      groups: several('groups'),
    }
  })
}

/** `ROLE_VIEWER`, `viewer` and `Viewer` are the same; undefined for what is no role. */
export function readRole(typed: string): Role | undefined {
  return roleNames[plain(typed).replace(/^role/, '')]
}

function parsed(csv: string, delimiter: string): { line: number; cells: string[] }[] {
  try {
    const records = parse(csv, {
      delimiter,
      bom: true,
      info: true,
      trim: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      relax_column_count: true,
    }) as unknown as { info: { lines: number }; record: string[] }[]
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }))
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : '')
  }
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '')
}

function unreadable(why: string): Refused {
  return new Refused({
    code: 'request.invalid',
    detail: `This is no file of people. ${why}`,
    errors: [{ pointer: '/csv', code: 'csv' }],
  })
}
