import { expect, test } from 'vitest'
import { environmentOf, runUsher } from '../../testing/command.ts'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'
import { callerByScim } from '../auth/index.ts'

const token = (acme: TestOrganisation, ...options: string[]) =>
  runUsher(['token', ...options], environmentOf(acme.usher.config))

test('DESIGN §7: an operator makes a token on the machine itself, and the audit says so', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })

  const made = await token(acme, '--organisation', acme.slug, '--label', 'ad', '--json')
  const again = await token(acme, '--organisation', acme.slug, '--label', 'ad')
  const shown = await token(acme, '--organisation', acme.slug)

  const json = JSON.parse(made.out)
  expect(json).toMatchObject({
    organisation: acme.slug,
    baseUrl: `https://usher.example/scim/${acme.id}/v2`,
    label: 'ad',
  })
  const { store, clock } = acme.usher
  const from = { ip: '203.0.113.7', requestId: 'r' }
  expect(
    await callerByScim(store, acme.id, `Bearer ${json.token}`, from, clock.now()),
  ).toMatchObject({
    credential: { label: 'ad' },
  })
  expect([again.code, again.err]).toEqual([1, 'ad is live already. Choose another label.\n'])
  expect(shown.out).toMatch(
    /^Base URL: https:.*\nSCIM token Operator: uss_\S{43}\nIt ends on \d{4}-/,
  )
  expect(await acme.events()).toMatchObject([
    { type: 'scim_token.created', actor_kind: 'operator', subject: 'ad' },
    { type: 'scim_token.created', actor_kind: 'operator', subject: 'Operator' },
  ])
})

test('an operator too is held to two tokens, and to organisations that are there', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  for (const label of ['One', 'Two'])
    await token(acme, '--organisation', acme.slug, '--label', label)

  const third = await token(acme, '--organisation', acme.slug, '--label', 'Three', '--json')
  const nowhere = await token(acme, '--organisation', 'nowhere')

  expect(third.code).toBe(1)
  expect(JSON.parse(third.out).error).toEqual({
    code: 'scim_token.limit',
    detail: 'Two are live: Two and One. Revoke the one that is no longer used.',
  })
  expect([nowhere.code, nowhere.err]).toEqual([1, 'There is no organisation nowhere.\n'])
})
