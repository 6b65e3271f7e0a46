/**
 * Canonical XML, read into plain objects and written back.
 *
 * libxml2 decides whether a document is XML at all and puts it into canonical form; this file reads
 * that form and nothing else. Canonical XML without comments and processing instructions has one
 * way to write each thing (W3C Canonical XML 1.0 §1.1, §2.3), so the reader is short, and it accepts
 * only a text that it can write back letter by letter.
 */
import { Fault } from './faults.ts'
import { knownName, namespaces } from './names.ts'

export type XmlAttribute = { prefix: string; name: string; namespace: string; value: string }

export type XmlElement = {
  prefix: string
  /** The local name. */
  name: string
  namespace: string
  /** `saml:Assertion` by the namespace, not by the prefix the document happens to use. */
  known: string
  attributes: XmlAttribute[]
  /** Namespace declarations written on this element, in canonical order: prefix and URI. */
  declarations: [string, string][]
  /** All namespaces in scope, prefix to URI. */
  scope: ReadonlyMap<string, string>
  children: (XmlElement | string)[]
}

/** Deeper than any honest message: Response, Assertion, Signature, KeyInfo, X509Data … is six. */
const maximumDepth = 40

const tag = /<([^\s<>"'=/&:]+)(?::([^\s<>"'=/&:]+))?/y
const attribute = / ([^\s<>"'=/&:]+)(?::([^\s<>"'=/&:]+))?="([^"<\t\n\r]*)"/y
const escapes = /&(amp|lt|gt|quot|#x9|#xA|#xD);|&/g
const characters: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#x9': '\t',
  '#xA': '\n',
  '#xD': '\r',
}

export function readCanonical(text: string): XmlElement {
  const open: XmlElement[] = []
  let root: XmlElement | undefined
  let at = 0
  while (at < text.length) {
    const start = text.indexOf('<', at)
    if (start < 0) throw notCanonical()
    const parent = open.at(-1)
    if (start > at) {
      if (!parent) throw notCanonical()
      parent.children.push(unescaped(text.slice(at, start)))
    }
    if (text.charCodeAt(start + 1) === 0x2f) {
      if (!parent) throw notCanonical()
      const end = `</${qualified(parent.prefix, parent.name)}>`
      if (!text.startsWith(end, start)) throw notCanonical()
      open.pop()
      at = start + end.length
    } else {
      const opened = readTag(text, start, parent)
      if (parent) parent.children.push(opened.element)
      else if (root) throw notCanonical()
      else root = opened.element
      if (open.push(opened.element) > maximumDepth) throw new Fault('xml.limits')
      at = opened.end
    }
  }
  if (!root || open.length > 0) throw notCanonical()
  if (writeAsRead(root) !== text) throw notCanonical()
  return root
}

function readTag(text: string, start: number, parent: XmlElement | undefined) {
  tag.lastIndex = start
  const name = tag.exec(text)
  if (!name) throw notCanonical()
  const [prefix, local] = name[2] === undefined ? ['', name[1] ?? ''] : [name[1] ?? '', name[2]]
  let end = tag.lastIndex
  const declarations: [string, string][] = []
  const attributes: XmlAttribute[] = []
  while (text.charCodeAt(end) === 0x20) {
    attribute.lastIndex = end
    const found = attribute.exec(text)
    if (!found) throw notCanonical()
    end = attribute.lastIndex
    const [, first = '', second, raw = ''] = found
    const value = unescaped(raw)
    if (second === undefined) {
      if (first === 'xmlns') declarations.push(['', value])
      else attributes.push({ prefix: '', name: first, namespace: '', value })
    } else if (first === 'xmlns') {
      declarations.push([second, value])
    } else {
      attributes.push({ prefix: first, name: second, namespace: '', value })
    }
  }
  if (text.charCodeAt(end) !== 0x3e) throw notCanonical()

  const inherited = parent?.scope ?? noNamespaces
  const scope = declarations.length === 0 ? inherited : new Map([...inherited, ...declarations])
  // Namespaces in Names §6.2: the default namespace is not for attributes.
  for (const one of attributes) if (one.prefix !== '') one.namespace = resolve(scope, one.prefix)
  const namespace = resolve(scope, prefix)
  const element: XmlElement = {
    prefix,
    name: local,
    namespace,
    known: knownName(namespace, local),
    attributes,
    declarations,
    scope,
    children: [],
  }
  return { element, end: end + 1 }
}

const noNamespaces: ReadonlyMap<string, string> = new Map()

function resolve(scope: ReadonlyMap<string, string>, prefix: string): string {
  if (prefix === 'xml') return namespaces.xml
  const uri = scope.get(prefix)
  if (uri === undefined && prefix !== '') throw notCanonical()
  return uri ?? ''
}

function notCanonical(): Fault {
  return new Fault('xml.wellFormed')
}

function unescaped(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(escapes, (_, name: string | undefined) => {
    const character = name === undefined ? undefined : characters[name]
    if (character === undefined) throw notCanonical()
    return character
  })
}

function writeAsRead(element: XmlElement): string {
  return write(element, (element) => element.declarations)
}

export type Canonicalization = {
  mode: 'exclusive' | 'inclusive'
  /** Exclusive XML Canonicalization §3: `InclusiveNamespaces`, `#default` given as the empty prefix. */
  inclusivePrefixes?: string[]
}

/**
 * The canonical form of an element of a larger document, without `omit` (the enveloped signature).
 * Inclusive canonicalisation would carry `xml:` attributes of ancestors along; the structure rules
 * leave none there.
 */
export function canonicalize(
  element: XmlElement,
  how: Canonicalization,
  omit?: XmlElement,
): string {
  const rendered = new Map<XmlElement, ReadonlyMap<string, string>>()
  return write(
    element,
    (current, parent) => {
      const above = (parent && rendered.get(parent)) ?? noNamespaces
      const declare = neededPrefixes(current, how)
        .map((prefix): [string, string] => [prefix, current.scope.get(prefix) ?? ''])
        .filter(([prefix, uri]) => (above.get(prefix) ?? '') !== uri)
      rendered.set(current, declare.length === 0 ? above : new Map([...above, ...declare]))
      return declare.sort(([one], [other]) => (one < other ? -1 : 1))
    },
    omit,
  )
}

function neededPrefixes(element: XmlElement, how: Canonicalization): string[] {
  if (how.mode === 'inclusive') return [...element.scope.keys()]
  const needed = [element.prefix]
  for (const { prefix } of element.attributes) {
    if (prefix !== '' && !needed.includes(prefix)) needed.push(prefix)
  }
  for (const prefix of how.inclusivePrefixes ?? []) {
    if (element.scope.has(prefix) && !needed.includes(prefix)) needed.push(prefix)
  }
  return needed.filter((prefix) => prefix !== 'xml')
}

function write(
  element: XmlElement,
  declarations: (element: XmlElement, parent?: XmlElement) => [string, string][],
  omit?: XmlElement,
  parent?: XmlElement,
): string {
  const name = qualified(element.prefix, element.name)
  let out = `<${name}`
  for (const [prefix, uri] of declarations(element, parent)) {
    out += ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(uri)}"`
  }
  // The order of attributes does not depend on what surrounds them, so it stays as read.
  for (const { prefix, name, value } of element.attributes) {
    out += ` ${qualified(prefix, name)}="${escapeAttribute(value)}"`
  }
  out += '>'
  for (const child of element.children) {
    if (typeof child === 'string') out += escapeText(child)
    else if (child !== omit) out += write(child, declarations, omit, element)
  }
  return `${out}</${name}>`
}

function qualified(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}:${name}`
}

const inAttribute: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}
const inText: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }

export function escapeAttribute(value: string): string {
  return /[&<"\t\n\r]/.test(value)
    ? value.replace(/[&<"\t\n\r]/g, (character) => inAttribute[character] ?? character)
    : value
}

export function escapeText(value: string): string {
  return /[&<>\r]/.test(value)
    ? value.replace(/[&<>\r]/g, (character) => inText[character] ?? character)
    : value
}

/**
 * One element of a document of our own, in canonical form: declarations first, then attributes, each
 * in order. Attributes that are undefined are left out; children are markup already.
 */
export function markup(
  name: string,
  attributes: Record<string, string | undefined>,
  ...children: string[]
): string {
  const isDeclaration = (attribute: string) =>
    attribute === 'xmlns' || attribute.startsWith('xmlns:')
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .sort(([one], [other]) =>
      isDeclaration(one) === isDeclaration(other)
        ? one < other
          ? -1
          : 1
        : isDeclaration(one)
          ? -1
          : 1,
    )
    .map(([attribute, value]) => ` ${attribute}="${escapeAttribute(value)}"`)
  return `<${name}${written.join('')}>${children.join('')}</${name}>`
}

export function attributeOf(element: XmlElement, name: string): string | undefined {
  for (const attribute of element.attributes) {
    if (attribute.namespace === '' && attribute.name === name) return attribute.value
  }
  return undefined
}

/** The children of one known name, such as `saml:Audience`. */
export function childrenOf(element: XmlElement, known: string): XmlElement[] {
  return element.children.filter(
    (child): child is XmlElement => typeof child !== 'string' && child.known === known,
  )
}

export function childOf(element: XmlElement, known: string): XmlElement | undefined {
  return childrenOf(element, known)[0]
}

/** The text of an element that the structure rules allow to hold nothing else. */
export function textOf(element: XmlElement): string {
  let text = ''
  for (const child of element.children) {
    if (typeof child !== 'string') throw new Fault('xml.structure', { received: child.known })
    text += child
  }
  return text
}
