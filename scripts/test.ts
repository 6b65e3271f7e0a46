import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChecks, type Tally } from './check.ts'
import { setUpTests } from './setup-tests.ts'
import { type Report, tallyOf } from './tally.ts'

const repository = join(import.meta.dirname, '..')

/** Everything that must hold, in order. A step that crashes is one failure, and the next still runs. */
const steps: { name: string; run(): Promise<Tally> }[] = [
  {
    name: 'setting up',
    run: async () => {
      setUpTests()
      return { passed: 0, failed: 0 }
    },
  },
  { name: 'checks', run: runChecks },
  { name: 'tests', run: runTests },
]

async function runTests(): Promise<Tally> {
  const directory = mkdtempSync(join(tmpdir(), 'usher-report-'))
  const file = join(directory, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  try {
    const code = await vitest(['run', ...reporters, ...process.argv.slice(2)])
    const report: Report = JSON.parse(readFileSync(file, 'utf8'))
    return tallyOf(report, code)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
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
