import { classes } from './classes.ts'
import { Scroller } from './Scroller.tsx'

type Line = { path: string; before: string | null; after: string | null }

/** What a change did, attribute by attribute. */
export function Diff({ before, after }: { before: unknown; after: unknown }) {
  const lines = compare(before, after)
  if (lines.length === 0) return <p className="text-ink-3">No attribute changed.</p>
  return (
    <Scroller label="Before and after" className="rounded-lg border border-line bg-surface">
      <table className="w-full text-left text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-ink-3">
            {['Attribute', 'Before', 'After'].map((heading) => (
              <th key={heading} scope="col" className="px-3 py-2 font-medium">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.path} className="border-b border-line align-top last:border-0">
              <th scope="row" className="px-3 py-2 font-mono text-xs/5 font-normal text-ink-2">
                {line.path}
              </th>
              <Side value={line.before} look="bg-bad-soft text-bad" />
              <Side value={line.after} look="bg-good-soft text-good" />
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  )
}

function Side({ value, look }: { value: string | null; look: string }) {
  return (
    <td className="px-3 py-2">
      {value === null ? (
        <span className="text-ink-3">–</span>
      ) : (
        <span className={classes('rounded px-1 font-mono text-xs/5 wrap-anywhere', look)}>
          {value}
        </span>
      )}
    </td>
  )
}

function compare(before: unknown, after: unknown): Line[] {
  const old = flatten(before)
  const next = flatten(after)
  return [...new Set([...old.keys(), ...next.keys()])]
    .map((path) => ({ path, before: old.get(path) ?? null, after: next.get(path) ?? null }))
    .filter((line) => line.before !== line.after)
}

function flatten(value: unknown, path = '', into = new Map<string, string>()) {
  if (value === null || value === undefined) return into
  if (typeof value === 'object' && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) {
      flatten(inner, path === '' ? name : `${path}.${name}`, into)
    }
    return into
  }
  into.set(path === '' ? 'value' : path, typeof value === 'string' ? value : JSON.stringify(value))
  return into
}
