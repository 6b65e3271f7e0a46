import { parse } from 'csv-parse/sync'
import { Agent, request } from 'undici'
import { describe, expect, test, vi } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'

const people = [
  { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' },
  { email: 'bob@acme.test', firstName: '=HYPERLINK("http://x")', lastName: 'O’Brien, "Bob"' },
  { email: 'zoe@bücher.test', firstName: 'Zoë', lastName: '-Null' },
]

async function organisation() {
  const acme = await createOrganisation({ method: 'password' })
  for (const person of people) await acme.api('POST', '/users', person)
  return acme
}

/** The file as a program reads it, with the apostrophe that stops formulas taken away. */
async function exported(acme: TestOrganisation, query = '') {
  const file = await acme.api('GET', `/users/export${query}`)
  const rows: Record<string, string>[] = parse(file.text, { bom: true, columns: true })
  const plain = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell.replace(/^'/, '')])),
  )
  return { file, rows: plain, emails: plain.map((row) => row['E-mail']) }
}

describe('US-16: the list as CSV', () => {
  test('has everybody with what the list shows of them, and is named for its time', async () => {
    const acme = await organisation()

    const { file, rows } = await exported(acme)

    expect(file.status).toBe(200)
    expect(file.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="usher-users-\d{8}T\d{6}Z\.csv"$/,
      ),
      'cache-control': 'no-store',
    })
    expect(file.text.startsWith('\uFEFFId,First name,Last name,E-mail,Status,')).toBe(true)
    expect(rows).toHaveLength(4)
    expect(rows.find((row) => row['E-mail'] === 'ada@acme.test')).toMatchObject({
      'First name': 'Ada',
      Status: 'pending',
      'Pending reason': 'not_activated',
      Roles: 'ROLE_USER',
      'Managed by': 'portal',
      Groups: 'Default',
      'Created by': 'Ana Ruiz',
      'Last sign-in': 'Never',
    })
  })

  test('AU-3: no cell is a formula, and every name comes back as it was', async () => {
    const acme = await organisation()

    const { file, rows } = await exported(acme)

    const cells = (parse(file.text, { bom: true }) as string[][]).flat()
    expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([])
    const names = rows.map((row) => `${row['First name']} ${row['Last name']}`)
    expect(names).toEqual(
      expect.arrayContaining(people.map((one) => `${one.firstName} ${one.lastName}`)),
    )
  })

  test('follows the filters and the order of the list', async () => {
    const acme = await organisation()
    const groupId = await acme.makeGroup('Engineers')
    const id = (await acme.people()).find(({ email }) => email === 'ada@acme.test')?.id
    await acme.api('POST', `/groups/${groupId}/members`, { userId: id })

    const pending = await exported(acme, '?status=pending&sort=email,desc')
    const bySource = await exported(acme, '?status=pending&sort=managedBy&sort=email,asc')
    const group = await exported(acme, `?group=${groupId}`)
    const found = await exported(acme, '?search=love&lastSignIn=never&role=ROLE_USER')
    const none = await exported(acme, '?search=nobody-here')

    expect(pending.emails).toEqual(['zoe@xn--bcher-kva.test', 'bob@acme.test', 'ada@acme.test'])
    expect(bySource.emails).toEqual(pending.emails.toReversed())
    expect(group.emails).toEqual(['ada@acme.test'])
    expect(found.emails).toEqual(['ada@acme.test'])
    expect(none.rows).toEqual([])
  })

  test('AU-1: the filter is recorded before anything leaves, and how many left after', async () => {
    const acme = await organisation()
    const begun = (await acme.events()).length

    await exported(acme, '?status=pending&sort=email,desc')

    expect((await acme.events()).slice(begun)).toMatchObject([
      {
        type: 'users.exported',
        actor: 'Ana Ruiz',
        data: { filter: { status: 'pending' }, sort: { by: 'email', descending: true } },
      },
      { type: 'users.export_ended', data: { people: 3, complete: true } },
    ])
  })

  test.each([
    ['an unknown order', '?sort=shoeSize'],
    ['an order twice in one', '?sort=name,asc,email'],
    ['an unknown status', '?status=asleep'],
  ])('%s is refused, and nothing is recorded', async (_, query) => {
    const acme = await organisation()
    const begun = (await acme.events()).length

    const refused = await acme.api('GET', `/users/export${query}`)

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect((await acme.events()).slice(begun)).toEqual([])
  })

  test('AK-5: a key needs users:read', async () => {
    const acme = await organisation()

    const refused = await acme.byKey(await acme.apiKey(['access:read']), 'GET', '/users/export')
    const given = await acme.byKey(await acme.apiKey(['users:read']), 'GET', '/users/export')

    expect(refused).toMatchObject({ status: 403, body: { code: 'api_key.scope_missing' } })
    expect(given.status).toBe(200)
  })

  test('nobody of another organisation is in it', async () => {
    const [acme, other] = [await organisation(), await organisation()]

    const { rows, file } = await exported(acme)

    const ids = (await other.people()).map(({ id }) => id)
    expect(rows).toHaveLength(4)
    expect(ids.filter((id) => file.text.includes(id))).toEqual([])
  })
  test('a reader who goes away ends the questions, and it is recorded how far they came', async () => {
    const acme = await organisation()
    await multiply(acme, 25_000)
    const { app } = acme.usher
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const dispatcher = new Agent()

    const answer = await request(`${url}/api/v1/orgs/${acme.id}/users/export?sort=createdBy`, {
      dispatcher,
      headers: { cookie: `usher_session=${acme.session}` },
    })
    for await (const _ of answer.body) break
    await dispatcher.destroy()

    const ended = await vi.waitFor(async () => {
      const [event] = await acme.events('users.export_ended')
      expect(event).toBeDefined()
      return event?.data as { people: number; complete: boolean }
    })
    expect(ended.complete).toBe(false)
    expect(ended.people).toBeLessThan(25_000)
  })
})

/** So many more people like the manager, as no door makes them quickly enough. */
async function multiply(acme: TestOrganisation, people: number): Promise<void> {
  const same = `first_name, last_name, sort_name, search_text, status, held, managed_by, joined_by,
    created_by, created_at, updated_by, updated_at, active_assigned, version`
  await acme.store(`insert into users (org_id, id, email, email_folded, ${same})
    with recursive numbers(i) as (select 100000000001 union all
      select i + 1 from numbers where i < ${100_000_000_000 + people})
    select org_id, '0198eeee-0000-7000-8000-' || i, i || email, i || email_folded, ${same}
      from users, numbers where id = '${acme.manager.id}'`)
}
