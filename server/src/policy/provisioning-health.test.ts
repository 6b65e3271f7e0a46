import { expect, test } from 'vitest'
import { type Call, describeHealth } from './provisioning-health.ts'

const now = 1_800_000_000_000
const minute = 60_000
const day = 1_440 * minute
const conflict = 'provisioning.method_conflict'
const call = (status: number, minutesAgo: number, known = true): Call => ({
  at: now - minutesAgo * minute,
  status,
  known,
})

test.each<[string, Call[], string, RegExp]>([
  ['no call yet', [], 'never_called', /not called yet/],
  ['an answered call', [call(200, 1)], 'healthy', /is answered/],
  ['a person who is not here', [call(404, 1), call(200, 2)], 'healthy', /is answered/],
  ['a name that is taken', [call(409, 1), call(200, 2)], 'healthy', /is answered/],
  ['a wrong token from the beginning', [call(401, 1, false)], 'failing', /live token/],
  ['an expired token', [call(401, 1), call(200, 50)], 'failing', /expired/],
  [
    'another source',
    [{ ...call(403, 1), code: conflict }, call(200, 50)],
    'failing',
    /Choose SCIM/,
  ],
  ['calls that are too fast', [call(429, 1)], 'failing', /try again by itself/],
  [
    'a pause',
    [{ ...call(503, 1), code: 'provisioning.paused' }, call(200, 2)],
    'failing',
    /comes again by itself/,
  ],
  ['an error of this server', [call(500, 1), call(200, 2)], 'failing', /operator/],
  ['refusals alone', Array.from({ length: 20 }, (_, i) => call(400, i)), 'failing', /log/],
  ['refusals after a success', [...Array(19).fill(call(400, 1)), call(200, 2)], 'healthy', /is/],
  ['a stranger beside a good one', [call(401, 0, false), call(200, 5)], 'healthy', /is answered/],
  ['a wrong token after a good one', [call(401, 1, false), call(200, 90)], 'failing', /live token/],
  ['silence for a day', [call(200, 1_441)], 'silent', /No call for a day/],
  ['groups that are switched off', [call(403, 1), call(200, 2)], 'healthy', /is answered/],
  [
    'silence after a refusal',
    [{ ...call(403, 1_441), code: conflict }],
    'silent',
    /No call for a day/,
  ],
  ['strangers long ago', [call(401, 1_441, false)], 'silent', /No call for a day/],
])('the health of the connection after %s', (_, latest, state, sentence) => {
  const health = describeHealth(latest, now)

  expect(health.state).toBe(state)
  expect(health.sentence).toMatch(sentence)
  expect(describeHealth(latest, now + 2 * day).state).toBe(latest[0] ? 'silent' : 'never_called')
})
