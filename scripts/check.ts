import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildPortalWhenStale, buildServerWhenStale } from './builds.ts'
import { type Fault, faultsInFiles } from './house-rules.ts'

const repository = join(import.meta.dirname, '..')
const trees = ['server', 'contract', 'portal', 'e2e', 'bench', 'scripts']

type Outcome = { passed: boolean; output: string }
type Check = { name: string; run(): Promise<Outcome> }
export type Tally = { passed: number; failed: number }

const checks: Check[] = [
  { name: 'types (tsc)', run: () => tool('tsc', ['--project', '.', '--noEmit', '--pretty']) },
  { name: 'format and lint (biome)', run: () => tool('biome', ['check', '--error-on-warnings']) },
  { name: 'lint with types (oxlint)', run: () => tool('oxlint', ['--type-aware']) },
  { name: 'import law (dependency-cruiser)', run: importLaw },
  { name: 'nothing unused (knip)', run: () => tool('knip', ['--no-progress']) },
  { name: 'house rules', run: houseRules },
  { name: 'portal builds (vite)', run: () => builds(buildPortalWhenStale) },
  { name: 'server builds (esbuild)', run: () => builds(buildServerWhenStale) },
]

/** Runs every check, a few at a time, and prints what is wrong followed by one line each. */
export async function runChecks(): Promise<Tally> {
  const waiting = [...checks]
  const lines: string[] = []
  const tally = { passed: 0, failed: 0 }

  const work = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const started = performance.now()
      const { passed, output } = await check.run()
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      tally[passed ? 'passed' : 'failed'] += 1
      lines.push(`${passed ? 'ok  ' : 'FAIL'} ${check.name.padEnd(34)} ${seconds.padStart(6)} s`)
      if (!passed) console.log(`\n── ${check.name}\n${output.trim()}\n`)
    }
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work))

  console.log(lines.join('\n'))
  return tally
}

async function tool(name: string, parameters: string[]): Promise<Outcome> {
  const command = join(repository, 'node_modules/.bin', name)
  const options = { cwd: repository, maxBuffer: 64 * 1024 * 1024, timeout: 300_000 }
  return new Promise((resolve) => {
    execFile(command, parameters, options, (error, stdout, stderr) => {
      const reason = error && !stdout && !stderr ? error.message : ''
      resolve({ passed: !error, output: `${stdout}${stderr}${reason}` })
    })
  })
}

async function importLaw(): Promise<Outcome> {
  const roots = trees.filter((tree) => existsSync(join(repository, tree)))
  return tool('depcruise', ['--config', '.dependency-cruiser.js', ...roots])
}

async function houseRules(): Promise<Outcome> {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', ...trees]
  const { stdout } = await promisify(execFile)('git', list, { cwd: repository })
  const paths = stdout.split('\0').filter((path) => path && existsSync(join(repository, path)))
  const faults = await faultsInFiles(paths)
  return { passed: faults.length === 0, output: faults.map(asLine).join('\n') }
}

async function builds(build: () => Promise<unknown>): Promise<Outcome> {
  try {
    await build()
    return { passed: true, output: '' }
  } catch (error) {
    return { passed: false, output: String(error) }
  }
}

function asLine({ path, line, says }: Fault): string {
  return `${path}:${line}  ${says}`
}

if (import.meta.main) {
  process.chdir(repository)
  const { failed } = await runChecks()
  process.exitCode = failed > 0 ? 1 : 0
}
