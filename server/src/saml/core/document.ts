/** From the bytes of a message to a tree in canonical form, or a fault. DESIGN §4, steps 1 and 2. */
import { readCanonical, type XmlElement } from './canonical.ts'
import { Fault } from './faults.ts'

/** An honest response is 5 to 40 kB; the form field is at most as long as the form body. */
const maximumFieldLength = 512 * 1024

type Limits = { characters: number; elements: number; comments: boolean }

/** A message of the SAML protocol. Honest identity providers send no comments at all. */
export const messageLimits: Limits = { characters: 400_000, elements: 5_000, comments: false }

/** Metadata files are written by tools and people, and some of them carry comments. */
export const metadataLimits: Limits = { characters: 2_000_000, elements: 20_000, comments: true }

const attributesInOneTag = 64
const namespacesInScope = 64
const deepest = 40

/** Base64 of a form field: blanks and line breaks are legal, everything else is taken strictly. */
export function decodeField(field: string): Uint8Array {
  if (field.length > maximumFieldLength) throw new Fault('form.size')
  return decodeBase64(field) ?? fail('form.base64')
}

/** RFC 4648 §4, XML white space ignored; undefined for anything that is not the one right form. */
export function decodeBase64(text: string): Buffer | undefined {
  const packed = /[\t\n\r ]/.test(text) ? text.replace(/[\t\n\r ]+/g, '') : text
  if (packed === '' || packed.length % 4 !== 0) return undefined
  const bytes = Buffer.from(packed, 'base64')
  return bytes.toString('base64') === packed ? bytes : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Fatal UTF-8; a byte order mark is taken off, any other encoding fails here or at its label. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Fault('form.encoding')
  }
}

export type Document = { root: XmlElement; canonical: string }

export function parseDocument(text: string, limits: Limits): Document {
  if (text.length > limits.characters) throw new Fault('xml.limits')
  scan(text, limits)
  const canonical = canonicalForm(text)
  return { root: readCanonical(canonical), canonical }
}

/** XML 1.0 §2.8; libxml2 would also take XML 1.1 and other encodings. */
const declaration =
  /^<\?xml[\t\n\r ]+version[\t\n\r ]*=[\t\n\r ]*(?:"1\.0"|'1\.0')(?:[\t\n\r ]+encoding[\t\n\r ]*=[\t\n\r ]*(?:"utf-8"|'utf-8'))?(?:[\t\n\r ]+standalone[\t\n\r ]*=[\t\n\r ]*(?:"(?:yes|no)"|'(?:yes|no)'))?[\t\n\r ]*\?>/i

/**
 * Looks at the markup before any parser does, so that nothing forbidden or excessive is ever parsed.
 *
 * Without document types, comments and CDATA, a `<` in well-formed XML is always the start of a tag,
 * and any other `<!` or `<?` is what it looks like: the search cannot be fooled. The limits keep the
 * parser's and the canonicaliser's work, which grows with the square of attributes and namespaces in
 * one place, within milliseconds.
 */
function scan(text: string, limits: Limits): void {
  let at = declaration.exec(text)?.[0].length ?? 0
  let elements = 0
  const scopes: number[] = [0]
  for (;;) {
    const start = text.indexOf('<', at)
    if (start < 0) return
    const next = text[start + 1]
    if (next === '!') {
      if (!limits.comments || !text.startsWith('<!--', start)) fail('xml.forbidden')
      const end = text.indexOf('-->', start + 4)
      if (end < 0) fail('xml.wellFormed')
      at = end + 3
    } else if (next === '?') {
      fail('xml.forbidden')
    } else if (next === '/') {
      scopes.pop()
      at = start + 2
    } else {
      const tag = scanTag(text, start)
      elements += 1
      const inScope = (scopes.at(-1) ?? 0) + tag.declarations
      if (elements > limits.elements || tag.attributes > attributesInOneTag) fail('xml.limits')
      if (inScope > namespacesInScope || scopes.length > deepest) fail('xml.limits')
      if (text[tag.end - 1] !== '/') scopes.push(inScope)
      at = tag.end + 1
    }
  }
}

function scanTag(text: string, start: number) {
  let attributes = 0
  let declarations = 0
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at]
    if (character === '>') return { end: at, attributes, declarations }
    if (character === '<') break
    if (character === '"' || character === "'") {
      const close = text.indexOf(character, at + 1)
      if (close < 0) break
      attributes += 1
      at = close
    } else if (character === 'x' && text.startsWith('xmlns', at)) {
      declarations += 1
      at += 4
    }
  }
  return fail('xml.wellFormed')
}

/** The encoding is said here, so that no label in the document has a say in it. */
let parser: typeof import('libxml2-wasm') | undefined

/**
 * Loads the parser, once: nothing is read before. It takes 17 MB, for which an installation where
 * nobody signs in by SAML has no use.
 */
export async function loadParser(): Promise<void> {
  parser ??= await import('libxml2-wasm')
}

function canonicalForm(text: string): string {
  if (!parser) throw new Error('The XML parser is not loaded.')
  const { ParseOption, XmlC14NMode, XmlDocument, XmlError } = parser
  const parseOptions = {
    encoding: 'utf-8',
    option: ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE,
  }
  try {
    const document = XmlDocument.fromBuffer(Buffer.from(text), parseOptions)
    try {
      // Warnings concern namespace names that are no absolute URIs, which canonical XML excludes.
      if (document.warnings.length > 0) throw new Fault('xml.wellFormed')
      const chunks: Buffer[] = []
      document.canonicalize(
        {
          write: (chunk) => {
            chunks.push(Buffer.from(chunk))
            return chunk.length
          },
          close: () => true,
        },
        { mode: XmlC14NMode.XML_C14N_1_0 },
      )
      return Buffer.concat(chunks).toString('utf8')
    } finally {
      document.dispose()
    }
  } catch (error) {
    if (error instanceof XmlError) throw new Fault('xml.wellFormed')
    throw error
  }
}

function fail(rule: 'form.base64' | 'xml.forbidden' | 'xml.limits' | 'xml.wellFormed'): never {
  throw new Fault(rule)
}
