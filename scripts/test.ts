import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tally } from './check.ts'
import { missingFrom, type Report, tallyOf } from './tally.ts'

const repository = join(import.meta.dirname, '..')

/**
 * Everything that must hold, in order. A step that crashes, or cannot even be loaded, is one failure
 * and the next still runs.
 */
const steps: { name: string; run(): Promise<Tally> }[] = [
  {
    name: 'setting up',
    run: async () => {
      const { setUpTests } = await import('./setup-tests.ts')
      setUpTests()
      return { passed: 0, failed: 0 }
    },
  },
  { name: 'checks', run: async () => (await import('./check.ts')).runChecks() },
  { name: 'tests', run: runTests },
]

async function runTests(): Promise<Tally> {
  const directory = mkdtempSync(join(tmpdir(), 'usher-report-'))
  const file = join(directory, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const filters = process.argv.slice(2)
  const isPart = filters.length > 0
  try {
    const code = await vitest(['run', ...reporters, ...filters])
    const report: Report = JSON.parse(readFileSync(file, 'utf8'))
    const { passed, failed } = tallyOf(report, code)
    const missing = isPart ? [] : missingFrom(report, testFiles())
    for (const path of missing) console.log(`This test file did not run as it should: ${path}`)
    return { passed, failed: failed + missing.length }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function testFiles(): string[] {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard']
  const paths = execFileSync('git', list, { encoding: 'utf8' }).split('\n')
  return paths.filter((path) => /\.(test|story)\.tsx?$/.test(path) && existsSync(path))
}

function vitest(parameters: string[]): Promise<number | null> {
  const command = join(repository, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [command, ...parameters], { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
}

process.chdir(repository)
const total = { passed: 0, failed: 0 }
for (const { name, run } of steps) {
  console.log(`\n── ${name}`)
  try {
    const { passed, failed } = await run()
    total.passed += passed
    total.failed += failed
  } catch (error) {
    console.log(`${name} crashed:`, error)
    total.failed += 1
  }
}
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
