import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const repository = join(import.meta.dirname, '..')
const sources = ['portal', 'contract', 'package-lock.json']

/** Builds the portal into dist/portal unless what is there is newer than everything it is made of. */
export async function buildPortalWhenStale(): Promise<void> {
  const built = modifiedAt(join(repository, 'dist/portal/index.html'))
  const newest = Math.max(...sources.map((source) => newestIn(join(repository, source))))
  if (built > newest) return

  const { build } = await import('vite')
  const started = performance.now()
  await build({ configFile: join(repository, 'portal/vite.config.ts'), logLevel: 'warn' })
  console.log(`Built the portal in ${((performance.now() - started) / 1000).toFixed(1)} s.`)
}

function newestIn(path: string): number {
  if (!existsSync(path) || !statSync(path).isDirectory()) return modifiedAt(path)
  const inside = readdirSync(path).map((name) => newestIn(join(path, name)))
  return Math.max(0, ...inside)
}

/** Zero when there is no such file. */
function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
