import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../server/testing/free-port.ts'

const repository = join(import.meta.dirname, '..')
const parts = ['package.json', 'package-lock.json', 'contract', 'portal', 'scripts', 'server/src']

/** What a newcomer has after `npm ci`: nothing is built yet. */
function freshCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'usher-newcomer-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const part of parts) cpSync(join(repository, part), join(folder, part), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

test('OP-1: the very first start builds what it needs and offers the demo', {
  timeout: 120_000,
}, async () => {
  const folder = freshCopy()
  const port = await freePort()
  const server = spawn(process.execPath, ['scripts/start.ts'], {
    cwd: folder,
    // Of this process it gets nothing else: a test runner has an environment of its own.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: String(port) },
  })
  onTestFinished(() => void server.kill('SIGKILL'))
  let said = ''
  await new Promise<void>((resolve, reject) => {
    server.once('exit', () => reject(new Error(`It ended: ${said}`)))
    for (const stream of [server.stdout, server.stderr])
      stream.on('data', (chunk) => {
        said += chunk
        if (said.includes('Usher is ready')) resolve()
      })
  })

  const setup = await fetch(`http://127.0.0.1:${port}/api/v1/setup`)

  expect(said).toContain('Built the portal')
  expect(await setup.json()).toEqual({ open: true, demoAvailable: true })
})
