import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Bench, Row } from './measure.ts'

// `npm run bench [-- name …]`: each bench in a run of its own, figures as tables and in RESULTS.md.
const benches: Record<string, () => Promise<{ run(): Promise<Bench | Bench[]> }>> = {
  saml: () => import('./saml-validation.ts'),
  arrivals: () => import('./arrivals.ts'),
  creates: () => import('./creates.ts'),
  passwords: () => import('./passwords.ts'),
  directory: () => import('./directory.ts'),
  'access-check': () => import('./access-check.ts'),
  scim: () => import('./scim.ts'),
}
// Minutes each, and so only by name.
const longer: typeof benches = {
  'scim-sync': () => import('./scim-sync.ts'),
  'scim-import': () => import('./scim-import.ts'),
}

const wanted = process.argv.slice(2)
const names = wanted.length > 0 ? wanted : Object.keys(benches)
const sections: string[] = []
for (const name of names) {
  const load = benches[name] ?? longer[name]
  if (!load) {
    console.error(
      `There is no bench ${name}; there are ${Object.keys({ ...benches, ...longer }).join(', ')}.`,
    )
    process.exit(1)
  }
  for (const { title, rows } of [await (await load()).run()].flat()) {
    console.log(`\n${title}`)
    console.table(rows)
    sections.push(`## ${title}\n\n${markdown(rows)}`)
  }
}
if (wanted.length === 0) {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}`
  const day = new Date().toISOString().slice(0, 10)
  const head = `# Figures\n\nMeasured on ${day} on ${machine}, by \`npm run bench\`. Ratios and CPU move less than wall time.`
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), `${[head, ...sections].join('\n\n')}\n`)
}
process.exit(0)

function markdown(rows: Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const line = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((column) => row[column] ?? ''))),
  ].join('\n')
}
