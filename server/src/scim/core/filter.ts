/**
 * Filters (RFC 7644 §3.4.2.2): text to a tree that is typed against the schema. Whoever compiles the
 * tree to a query finds every attribute resolved and every value of the attribute's type.
 */
import { badRequest, quote, type ScimError } from './errors.ts'
import { isCleanText } from './json.ts'
import {
  type Attribute,
  type AttributeRef,
  attributeRef,
  findAttribute,
  findSub,
  leaf,
  type ResourceType,
} from './schema.ts'

export type Operator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'

/** Of the attribute's type; a point in time is in Unix milliseconds. */
export type FilterValue = string | number | boolean

export type Comparison = {
  kind: 'compare'
  attribute: AttributeRef
  operator: Operator
  value: FilterValue
}

/**
 * A comparison with a multi-valued attribute holds when it holds for any of its values. `value` holds
 * when all of `where` holds for one and the same value of the attribute.
 */
export type Filter =
  | Comparison
  | { kind: 'present'; attribute: AttributeRef }
  | { kind: 'value'; attribute: AttributeRef; where: Filter }
  | { kind: 'and' | 'or'; terms: Filter[] }
  | { kind: 'not'; term: Filter }

export const filterLimits = { length: 8192, depth: 32, conditions: 250 } as const

/** Throws `invalidFilter`: nothing in a filter is ever ignored. */
export function parseFilter(type: ResourceType, text: string): Filter {
  return parse(text, { of: type.name, find: (name) => findAttribute(type, name) })
}

/** The conditions between the brackets of a path: about one value of `owner`. */
export function parseValueFilter(owner: AttributeRef, text: string): Filter {
  return parse(text, insideOf(owner))
}

/** Whose attributes the names in this part of the filter are. */
type Scope = {
  of: string
  find(name: string): AttributeRef | undefined
  /** RFC 7644 figure 1: value paths do not nest. */
  owner?: AttributeRef
}

function insideOf(owner: AttributeRef): Scope {
  return {
    of: owner.path,
    owner,
    find(name) {
      const sub = findSub(owner.attribute, name)
      return sub && attributeRef(owner.extension, owner.attribute, sub)
    },
  }
}

function parse(text: string, scope: Scope): Filter {
  if (text.length > filterLimits.length)
    throw invalid(`it is longer than ${filterLimits.length} characters`)
  const reader = createReader(text)
  const filter = readOr(reader, scope, 1)
  reader.expectEnd()
  return filter
}

type Reader = ReturnType<typeof createReader>

function createReader(text: string) {
  let at = 0
  let conditions = 0

  const skipBlanks = () => {
    while (text[at] === ' ' || text[at] === '\t') at++
  }
  /** The next run of characters that are neither blank nor punctuation. */
  const peekWord = () => {
    skipBlanks()
    let end = at
    while (end < text.length && !' \t()[]"'.includes(text.charAt(end))) end++
    return text.slice(at, end)
  }
  const here = () => (at < text.length ? quote(text.slice(at)) : 'the end')

  return {
    here,
    word() {
      const word = peekWord()
      at += word.length
      return word
    },
    takeKeyword(keyword: string) {
      if (peekWord().toLowerCase() !== keyword) return false
      at += keyword.length
      return true
    },
    take(symbol: '(' | ')' | '[' | ']') {
      skipBlanks()
      if (text[at] !== symbol) return false
      at++
      return true
    },
    /** `.value` directly after a bracket, without the dot; undefined when there is none. */
    takeSuffix() {
      if (text[at] !== '.') return undefined
      at++
      return this.word()
    },
    /** The content of a JSON string; undefined when there is none here. */
    takeString() {
      skipBlanks()
      if (text[at] !== '"') return undefined
      let end = at + 1
      while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
      if (end >= text.length) throw invalid('a quotation mark is not closed')
      const literal = text.slice(at, end + 1)
      at = end + 1
      return readString(literal)
    },
    countCondition() {
      conditions++
      if (conditions > filterLimits.conditions)
        throw invalid(`it has more than ${filterLimits.conditions} conditions`)
    },
    expectEnd() {
      skipBlanks()
      if (at < text.length) throw invalid(`${here()} is one too many`)
    },
  }
}

/** `or` binds weakest, then `and`, then `not` (RFC 7644 §3.4.2.2). */
function readOr(reader: Reader, scope: Scope, depth: number): Filter {
  if (depth > filterLimits.depth) throw invalid(`it nests deeper than ${filterLimits.depth} levels`)
  const terms = [readAnd(reader, scope, depth)]
  while (reader.takeKeyword('or')) terms.push(readAnd(reader, scope, depth))
  return joined('or', terms)
}

function readAnd(reader: Reader, scope: Scope, depth: number): Filter {
  const terms = [readTerm(reader, scope, depth)]
  while (reader.takeKeyword('and')) terms.push(readTerm(reader, scope, depth))
  return joined('and', terms)
}

function joined(kind: 'and' | 'or', terms: Filter[]): Filter {
  const [only, second] = terms
  return only && !second ? only : { kind, terms }
}

function readTerm(reader: Reader, scope: Scope, depth: number): Filter {
  if (reader.takeKeyword('not')) {
    if (!reader.take('(')) throw invalid(`"not" needs parentheses before ${reader.here()}`)
    return { kind: 'not', term: readGroup(reader, scope, depth, ')') }
  }
  if (reader.take('(')) return readGroup(reader, scope, depth, ')')
  return readCondition(reader, scope, depth)
}

function readGroup(reader: Reader, scope: Scope, depth: number, end: ')' | ']'): Filter {
  const filter = readOr(reader, scope, depth + 1)
  if (!reader.take(end)) throw invalid(`"${end}" is missing before ${reader.here()}`)
  return filter
}

function readCondition(reader: Reader, scope: Scope, depth: number): Filter {
  reader.countCondition()
  const name = reader.word()
  if (!name) throw invalid(`an attribute is missing before ${reader.here()}`)
  const found = scope.find(name)
  // A password is compared with nothing: answers to guesses would give it away.
  if (!found || leaf(found).returned === 'never')
    throw invalid(`${quote(name)} is not an attribute of ${scope.of}`)
  return reader.take('[')
    ? readValuePath(reader, scope, found, depth)
    : readComparison(reader, found)
}

function readValuePath(reader: Reader, scope: Scope, owner: AttributeRef, depth: number): Filter {
  if (scope.owner || owner.sub || !owner.attribute.subAttributes)
    throw invalid(`${quote(owner.path)} has no values to choose from with "["`)
  const inside = insideOf(owner)
  const where = readGroup(reader, inside, depth, ']')
  const suffix = reader.takeSuffix()
  if (suffix === undefined) return ofOneValue(owner, where)

  // Not in the grammar, and what Entra ID asks for when `emails[type eq "work"].value` is mapped
  // as the matching attribute: one more condition on the same value.
  const sub = inside.find(suffix)
  if (!sub) throw invalid(`${quote(suffix)} is not an attribute of ${owner.path}`)
  reader.countCondition()
  const terms = [where, readComparison(reader, sub)]
  return ofOneValue(owner, { kind: 'and', terms })
}

/** Where there is only one value, `name[givenName eq "Ada"]`, it is there and is as its parts are. */
function ofOneValue(owner: AttributeRef, where: Filter): Filter {
  if (owner.attribute.multiValued) return { kind: 'value', attribute: owner, where }
  return { kind: 'and', terms: [{ kind: 'present', attribute: owner }, where] }
}

const operators = new Set<string>(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'])

function isOperator(word: string): word is Operator {
  return operators.has(word)
}

function readComparison(reader: Reader, named: AttributeRef): Filter {
  const word = reader.word()
  const operator = word.toLowerCase()
  if (operator === 'pr') return { kind: 'present', attribute: named }
  if (!isOperator(operator))
    throw invalid(`${quote(word)} is not an operator; one of ${[...operators].join(', ')}, pr is`)

  const attribute = withDefaultSub(named)
  const text = reader.takeString()
  const literal = text === undefined ? readBareLiteral(reader.word(), attribute) : text
  if (literal !== null)
    return { kind: 'compare', attribute, operator, value: typed(attribute, operator, literal) }

  // RFC 7643 §2.5: null and unassigned are the same.
  if (operator !== 'eq' && operator !== 'ne')
    throw invalid(`${operator} cannot compare ${attribute.path} with null`)
  const present = { kind: 'present', attribute } as const
  return operator === 'ne' ? present : { kind: 'not', term: present }
}

/** RFC 7644 §3.4.2.2: a complex attribute without sub-attribute stands for its `value`. */
function withDefaultSub(ref: AttributeRef): AttributeRef {
  if (leaf(ref).type !== 'complex') return ref
  const sub = findSub(ref.attribute, 'value')
  if (!sub) throw invalid(`${ref.path} needs a sub-attribute to compare`)
  return attributeRef(ref.extension, ref.attribute, sub)
}

function readString(literal: string): string {
  let text: unknown
  try {
    text = JSON.parse(literal)
  } catch {
    throw invalid(`${quote(literal)} is not a JSON string`)
  }
  if (typeof text !== 'string' || !isCleanText(text))
    throw invalid('a value holds NUL or half of a surrogate pair')
  return text
}

const number = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?$/

/** Microsoft's tutorial prints `userName eq jyoung`; the grammar wants quotation marks. */
function readBareLiteral(word: string, attribute: AttributeRef): string | number | boolean | null {
  const folded = word.toLowerCase()
  if (folded === 'true') return true
  if (folded === 'false') return false
  if (folded === 'null') return null
  if (number.test(word)) return Number(word)
  throw invalid(
    word
      ? `the value ${quote(word)} for ${attribute.path} needs quotation marks`
      : `${attribute.path} is compared with nothing`,
  )
}

const equality: readonly Operator[] = ['eq', 'ne']
const order: readonly Operator[] = [...equality, 'gt', 'ge', 'lt', 'le']
const text: readonly Operator[] = [...order, 'co', 'sw', 'ew']

/** RFC 7644 §3.4.2.2: what cannot be ordered or searched, booleans and binary values above all. */
const operatorsOf: Record<Attribute['type'], readonly Operator[]> = {
  string: text,
  reference: text,
  dateTime: order,
  integer: order,
  decimal: order,
  boolean: equality,
  binary: equality,
  complex: [],
}

function typed(ref: AttributeRef, operator: Operator, value: FilterValue): FilterValue {
  const { type } = leaf(ref)
  if (!operatorsOf[type].includes(operator))
    throw invalid(`${operator} cannot compare ${ref.path}, which is ${type}`)
  const converted = convert(type, value)
  if (converted === undefined)
    throw invalid(`${quote(value)} is not a value for ${ref.path}, which is ${type}`)
  return converted
}

function convert(type: Attribute['type'], value: FilterValue): FilterValue | undefined {
  if (type === 'boolean') return typeof value === 'string' ? readBoolean(value) : only(type, value)
  if (type === 'dateTime') return typeof value === 'string' ? readDateTime(value) : undefined
  if (type === 'integer') return Number.isInteger(value) ? value : undefined
  return only(type === 'decimal' ? 'number' : 'string', value)
}

function only(type: 'boolean' | 'number' | 'string', value: FilterValue): FilterValue | undefined {
  return typeof value === type ? value : undefined
}

/** Entra ID writes booleans as text: `roles[primary eq "True"]`, `"active": "False"`. */
export function readBoolean(text: string): boolean | undefined {
  const folded = text.toLowerCase()
  return folded === 'true' ? true : folded === 'false' ? false : undefined
}

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?$/

/** RFC 7643 §2.3.5, to Unix milliseconds; a time without zone is in UTC. */
export function readDateTime(text: string): number | undefined {
  if (!dateTime.test(text)) return undefined
  const time = Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : time
}

function invalid(why: string): ScimError {
  return badRequest('invalidFilter', `The filter cannot be used: ${why}.`)
}

/** The filter as text: what `parseFilter` reads as the same tree. */
export function printFilter(filter: Filter): string {
  return print(filter, (ref) => ref.path)
}

function print(filter: Filter, name: (ref: AttributeRef) => string): string {
  switch (filter.kind) {
    case 'compare':
      return `${name(filter.attribute)} ${filter.operator} ${printValue(filter)}`
    case 'present':
      return `${name(filter.attribute)} pr`
    case 'value':
      return `${name(filter.attribute)}[${print(filter.where, (ref) => ref.sub?.name ?? '')}]`
    case 'not':
      return `not (${print(filter.term, name)})`
    case 'and':
    case 'or':
      return filter.terms
        .map((term) =>
          term.kind === 'and' || term.kind === 'or' ? `(${print(term, name)})` : print(term, name),
        )
        .join(` ${filter.kind} `)
  }
}

function printValue({ attribute, value }: Comparison): string {
  const isTime = leaf(attribute).type === 'dateTime' && typeof value === 'number'
  return JSON.stringify(isTime ? new Date(value).toISOString() : value)
}
