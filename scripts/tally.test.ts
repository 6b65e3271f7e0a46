import { expect, test } from 'vitest'
import { missingFrom, tallyOf } from './tally.ts'

const file = (status: string, ...tests: string[]) => ({
  name: '/usher/some.test.ts',
  status,
  assertionResults: tests.map((one) => ({ status: one })),
})

test.each([
  ['all is well', [file('passed', 'passed', 'passed')], 0, { passed: 2, failed: 0 }],
  ['a test fails', [file('failed', 'passed', 'failed')], 1, { passed: 1, failed: 1 }],
  ['a test was left out', [file('passed', 'passed', 'skipped')], 0, { passed: 1, failed: 1 }],
  ['a file cannot be loaded', [file('failed')], 1, { passed: 0, failed: 1 }],
  ['a file fails after its tests', [file('failed', 'passed')], 1, { passed: 1, failed: 1 }],
  ['the run itself ends badly', [file('passed', 'passed')], 1, { passed: 1, failed: 1 }],
  ['the run is killed', [file('passed', 'passed')], null, { passed: 1, failed: 1 }],
])('the tally is right when %s', (_when, testResults, exitCode, expected) => {
  expect(tallyOf({ testResults }, exitCode)).toEqual(expected)
})

test('a test file that did not run is missed, and so is one that ran on a single store', () => {
  const ran = (name: string) => ({ ...file('passed', 'passed'), name: `/usher/${name}` })
  const report = { testResults: ['a.test.ts', 'b.db.test.ts', 'c.db.test.ts'].map(ran) }
  report.testResults.push(ran('c.db.test.ts'))

  const missing = missingFrom(report, ['a.test.ts', 'b.db.test.ts', 'c.db.test.ts', 'd.story.ts'])

  expect(missing).toEqual(['b.db.test.ts', 'd.story.ts'])
})
