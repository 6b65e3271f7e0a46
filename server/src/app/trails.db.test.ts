import { expect, test } from 'vitest'
import { environmentOf, runUsher } from '../../testing/command.ts'
import { createOrganisation, startUsherAlone } from '../../testing/organisation.ts'

test('usher audit verify compares every trail, names the first fault, and ends with 1 then', async () => {
  const usher = await startUsherAlone()
  const env = environmentOf(usher.config)
  const sound = await createOrganisation({ method: 'password' })
  const broken = await createOrganisation({ method: 'password' })
  usher.clock.advance(5 * 60_000)
  for (const acme of [sound, broken]) await acme.sealTrail()
  const before = await runUsher(['audit', 'verify'], env)
  const [first] = await broken.usher.store.read
    .selectFrom('events')
    .select('id')
    .where('org_id', '=', broken.id)
    .orderBy('id')
    .execute()
  await broken.store(`delete from events where id = '${first?.id}'`)

  const whole = await runUsher(['audit', 'verify'], env)
  const one = await runUsher(['audit', 'verify', '--organisation', sound.slug, '--json'], env)
  const other = await runUsher(['audit', 'verify', '--organisation', broken.slug, '--json'], env)
  const nobody = await runUsher(['audit', 'verify', '--organisation', 'nobody-here'], env)

  expect(before).toMatchObject({ code: 0, err: '' })
  expect(before.out).toMatch(/^the platform: 0 events in 0 seals are as they were; \d+ are not/)
  expect(before.out).toMatch(
    new RegExp(`${broken.slug}: \\d+ events in 1 seals are as they were; 0 are not sealed yet`),
  )
  expect(whole.code).toBe(1)
  expect(whole.out).toContain(`${broken.slug}: event ${first?.id} (seal 1) is missing; 0 events`)
  expect(whole.out).toContain(`${sound.slug}: `)
  expect(whole.err).toBe(`Not as it was written: the audit trail of ${broken.slug}.\n`)
  expect(one).toMatchObject({ code: 0, json: { trails: [{ organisation: sound.slug, seals: 1 }] } })
  expect(other).toMatchObject({
    code: 1,
    json: {
      trails: [{ fault: { kind: 'missing', eventId: first?.id, seal: 1 } }],
      error: { code: 'audit.broken' },
    },
  })
  expect(nobody).toMatchObject({ code: 1, err: 'There is no organisation nobody-here.\n' })
})
