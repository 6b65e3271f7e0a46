import { spawnSync } from 'node:child_process'
import { buildPortalWhenStale, buildServerWhenStale } from './builds.ts'

await buildPortalWhenStale()

const main = await buildServerWhenStale()
// With less than 16 MB of short-lived objects, an import copies again and again what it is still at work on.
const command = ['--max-semi-space-size=16', '--expose-gc', main, 'serve', ...process.argv.slice(2)]
if (process.execve) {
  // The server takes the place of this process, so that signals and exit codes are its own.
  process.execve(process.execPath, [process.execPath, ...command])
} else {
  process.exitCode = spawnSync(process.execPath, command, { stdio: 'inherit' }).status ?? 1
}
