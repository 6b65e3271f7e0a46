import type { Tally } from './check.ts'

/** The part of Vitest's JSON report that is counted. */
export type Report = {
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[]
}

/** Test files that the report does not speak of as often as they should have run. */
export function missingFrom(report: Report, testFiles: string[]): string[] {
  const runs = (path: string) =>
    report.testResults.filter(({ name }) => name.endsWith(`/${path}`)).length
  return testFiles.filter((path) => runs(path) < (path.endsWith('.db.test.ts') ? 2 : 1))
}

/**
 * Counts what a test run proved. What did not run proved nothing: a skipped test, a file that could
 * not be loaded and a run that ended badly for no named reason each count as a failure.
 */
export function tallyOf(report: Report, exitCode: number | null): Tally {
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const brokenFiles = report.testResults.filter(
    (file) =>
      file.status === 'failed' && file.assertionResults.every(({ status }) => status === 'passed'),
  )

  const failed = tests.length - passed + brokenFiles.length
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed }
}
