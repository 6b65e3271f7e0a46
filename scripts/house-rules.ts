import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseSync } from 'vite'

export type Fault = { path: string; line: number; says: string }

type Node = { type: string; start: number } & Record<string, unknown>

type HouseRule = {
  /** Where the rule holds, by path. */
  holdsIn(path: string): boolean
  /** What is wrong with this node, if it breaks the rule. */
  fault(node: Node): string | undefined
}

const isTest = (path: string) => /\.(test|story)\.tsx?$/.test(path)
const isServer = (path: string) => path.startsWith('server/src/')

/** The way out, and what it loads for the first request. */
const wayOut = ['server/src/lib/outbound.ts', 'server/src/lib/undici.ts']

/** Each rule gives one thing one home, so that whoever looks for it looks in one place. */
const rules: HouseRule[] = [
  {
    holdsIn: (path) => isServer(path) && path !== 'server/src/app/config.ts',
    fault: (node) =>
      member(node, 'process', 'env') || imports(node, /^(node:)?process$/)
        ? 'the environment is read in server/src/app/config.ts only; pass the setting in'
        : undefined,
  },
  {
    holdsIn: (path) => isServer(path) && !isTest(path) && path !== 'server/src/lib/clock.ts',
    fault: (node) =>
      asksTheTime(node)
        ? 'the time is asked in server/src/lib/clock.ts only; pass `now` in'
        : undefined,
  },
  {
    holdsIn: (path) => isServer(path) && !isTest(path) && !wayOut.includes(path),
    fault: (node) =>
      callsOut(node)
        ? 'requests leave by server/src/lib/outbound.ts only, which refuses private addresses'
        : undefined,
  },
  {
    holdsIn: isTest,
    fault: (node) =>
      leavesTestsOut(node) ? 'every test runs: no skip, only, todo or fails' : undefined,
  },
]

/** The house rules that no other check knows. */
export function faultsIn(path: string, text: string): Fault[] {
  const faults: Fault[] = []
  if (/^(utils?|helpers?|manager|service)\./.test(basename(path))) {
    faults.push({ path, line: 1, says: 'this name means that the noun has not been found yet' })
  }
  const inForce = rules.filter((rule) => rule.holdsIn(path))
  if (inForce.length === 0) return faults

  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) return [{ path, line: 1, says: 'this file cannot be parsed' }]
  for (const node of everyNode(program)) {
    for (const rule of inForce) {
      const says = rule.fault(node)
      if (says) faults.push({ path, line: text.slice(0, node.start).split('\n').length, says })
    }
  }
  return faults
}

export async function faultsInFiles(paths: string[]): Promise<Fault[]> {
  const source = paths.filter((path) => /\.(ts|tsx|js)$/.test(path) && !path.endsWith('.d.ts'))
  const found = await Promise.all(
    source.map(async (path) => faultsIn(path, await readFile(path, 'utf8'))),
  )
  return found.flat()
}

function* everyNode(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const item of value) yield* everyNode(item)
  } else if (isNode(value)) {
    yield value
    for (const child of Object.values(value)) yield* everyNode(child)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

function named(value: unknown, name: string): boolean {
  return isNode(value) && value.type === 'Identifier' && value.name === name
}

function member(value: unknown, object: string, property: string): boolean {
  if (!isNode(value) || value.type !== 'MemberExpression' || !named(value.object, object)) {
    return false
  }
  const key = value.property
  return named(key, property) || (isNode(key) && key.type === 'Literal' && key.value === property)
}

/** A type is erased and so neither reads nor sends anything. */
function imports(node: Node, source: RegExp): boolean {
  const statement = ['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration']
  const isImport = statement.includes(node.type) || node.type === 'ImportExpression'
  if (!isImport || node.importKind === 'type' || node.exportKind === 'type') return false
  return isNode(node.source) && source.test(String(node.source.value))
}

function asksTheTime(node: Node): boolean {
  if (node.type === 'CallExpression') {
    return member(node.callee, 'Date', 'now') || named(node.callee, 'Date')
  }
  const isBare = Array.isArray(node.arguments) && node.arguments.length === 0
  return node.type === 'NewExpression' && named(node.callee, 'Date') && isBare
}

function callsOut(node: Node): boolean {
  if (imports(node, /^undici$|\/undici[.]ts$|^(node:)?https?$/)) return true
  if (member(node, 'globalThis', 'fetch')) return true
  return node.type === 'CallExpression' && named(node.callee, 'fetch')
}

function leavesTestsOut(node: Node): boolean {
  const callers = ['test', 'it', 'describe', 'suite', 'context']
  const exits = ['skip', 'only', 'todo', 'fails']
  return callers.some((caller) => exits.some((exit) => member(node, caller, exit)))
}
