import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'

const url = '/audit-events/export'
type Line = Record<string, string>

const linesOf = (text: string) => parse(text, { columns: true, bom: true }) as Line[]

async function exported(acme: TestOrganisation, query = ''): Promise<Line[]> {
  const answer = await acme.api('GET', `${url}${query}`)
  expect(answer.status).toBe(200)
  return linesOf(answer.text)
}

const types = (lines: Line[]) => lines.map(({ Type }) => Type)

describe('AU-3: the audit as CSV', () => {
  test('has every event with all that it says, newest first, and is named for its time', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const group = await acme.api('POST', '/groups', { name: 'Engineers' })

    const answer = await acme.api('GET', url)
    const line = linesOf(answer.text).find(({ Type }) => Type === 'group.created')

    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'cache-control': 'no-store',
    })
    expect(answer.headers['content-disposition']).toMatch(
      /^attachment; filename="usher-audit-\d{8}T\d{6}Z\.csv"$/,
    )
    expect(line).toEqual({
      Id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      Time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      Type: 'group.created',
      Result: 'success',
      'Actor kind': 'user',
      'Actor id': acme.manager.id,
      Actor: 'Ana Ruiz',
      Address: '127.0.0.1',
      Source: '',
      'Subject kind': 'group',
      'Subject id': group.body.id,
      Subject: 'Engineers',
      Before: '',
      After: '{"name":"Engineers"}',
      Data: '',
      Emergency: 'no',
      'Request id': expect.any(String),
    })
  })

  test('honours the conditions of the page, all together', async () => {
    const acme = await createOrganisation({ method: 'password' })
    await acme.api('POST', '/groups', { name: 'Engineers' })
    const pool = await acme.api('POST', '/pools', { name: 'Live' })
    const from = acme.usher.clock.now()
    await acme.api('POST', '/groups', { name: 'Motors' })

    expect(types(await exported(acme, '?type=group.created'))).toHaveLength(2)
    expect(await exported(acme, `?type=group.created&from=${from}`)).toMatchObject([
      { Subject: 'Motors' },
    ])
    expect(types(await exported(acme, `?userId=${pool.body.id}`))).toEqual(['pool.created'])
    expect(types(await exported(acme, '?type=group.created&result=failure'))).toEqual([])
    expect(types(await exported(acme, '?actor=nobody'))).toEqual([])
    expect((await acme.api('GET', `${url}?result=perhaps`)).body.code).toBe('request.invalid')
  })

  test('has no row cap, and holds nothing of another organisation', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const other = await createOrganisation({ method: 'password' })
    const ids = await acme.fillTrail(1_234, 'group.renamed')

    const lines = await exported(acme, '?type=group.renamed')

    expect(lines.map(({ Id }) => Id)).toEqual(ids.toReversed())
    expect(types(await exported(other, '?type=group.renamed'))).toEqual([])
  })

  test('runs nothing in a spreadsheet', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const name = '=HYPERLINK("https://evil.test","Click"), more'
    await acme.api('POST', '/groups', { name })

    const { text } = await acme.api('GET', `${url}?type=group.created`)

    expect(text).toContain(`"'=HYPERLINK(""https://evil.test"",""Click""), more"`)
    expect(text).not.toMatch(/(?:^|,)"?[=+@-]/m)
  })

  test('is recorded: by which conditions, and how far it came', async () => {
    const acme = await createOrganisation({ method: 'password' })
    await acme.api('POST', '/groups', { name: 'Engineers' })

    await exported(acme, '?type=group.created')

    expect((await acme.events()).slice(1)).toMatchObject([
      { type: 'audit.exported', data: { filter: { type: 'group.created' } } },
      { type: 'audit.export_ended', data: { events: 1, complete: true } },
    ])
  })
})
