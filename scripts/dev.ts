import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createServer } from 'vite'

const repository = join(import.meta.dirname, '..')

/** The portal with hot replacement at the address people open; the server behind it, restarted on change. */
const portal = await createServer({ configFile: join(repository, 'portal/vite.config.ts') })
await portal.listen()
const address = portal.resolvedUrls?.local[0]?.replace(/\/$/, '') ?? 'http://localhost:5173'

const server = spawn(
  process.execPath,
  ['--watch', '--watch-preserve-output', 'server/src/main.ts', 'serve'],
  { cwd: repository, stdio: 'inherit', env: { BASE_URL: address, ...process.env } },
)
portal.printUrls()

let leaving = false
const leave = async () => {
  if (leaving) return
  leaving = true
  server.kill('SIGTERM')
  await portal.close()
}
process.on('SIGINT', () => void leave())
process.on('SIGTERM', () => void leave())
server.once('exit', () => void leave())
