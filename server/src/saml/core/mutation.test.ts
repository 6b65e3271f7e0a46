import fc from 'fast-check'
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm'
import { expect, test } from 'vitest'
import {
  createWorld,
  hostileResponses,
  legalResponses,
} from '../../../testing/saml-corpus/index.ts'
import { canonicalize, readCanonical, type XmlElement } from './canonical.ts'
import { decodeText, messageLimits, parseDocument } from './document.ts'
import { loadParser, readResponse } from './index.ts'

await loadParser()

const world = createWorld()
const serviceProvider = { ...world.sp, signing: world.decryption, decryption: [world.decryption] }
const encrypt = { certificatePem: world.encryptionCertificatePem }

function goodResponse(overrides: object = {}): string {
  return world.idp.respondXml({
    sp: world.sp,
    now: world.now,
    inResponseTo: world.inResponseTo,
    nameId: 'ada@acme.example',
    attributes: { firstName: 'Ada', lastName: ["O'Neill", '<b>&'] },
    sessionIndex: '_session-1',
    ...overrides,
  })
}

const goods = [
  goodResponse(),
  goodResponse({ sign: 'response' }),
  goodResponse({ sign: 'both' }),
  goodResponse({ signing: { c14n: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' } }),
  goodResponse({ encrypt }),
  goodResponse({ encrypt: { ...encrypt, cipher: 'http://www.w3.org/2009/xmlenc11#aes256-gcm' } }),
]

function read(xml: string | Buffer) {
  return readResponse(Buffer.from(xml as string).toString('base64'), {
    serviceProvider,
    settings: world.idp.settings(),
    now: world.now,
  })
}

/** What the identity provider vouched for; the id of an unsigned envelope is nobody's promise. */
function vouched(xml: string) {
  const reading = read(xml)
  if (!reading.ok) throw new Error(reading.refusal.rule)
  return { ...reading.identity, responseId: '', attributes: [...reading.identity.attributes] }
}

const promises = goods.map(vouched)

/** Refused, or accepted as exactly the person who was signed in. */
function expectNobodyElse(mutant: string | Buffer, good: number) {
  const reading = read(mutant)
  if (!reading.ok) return
  const { identity } = reading
  expect({ ...identity, responseId: '', attributes: [...identity.attributes] }).toEqual(
    promises[good],
  )
}

const anyGood = fc.nat(goods.length - 1)
const runs = { numRuns: 400 }

test('no change of bytes lets in anyone else', () => {
  fc.assert(
    fc.property(
      anyGood,
      fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
        minLength: 1,
        maxLength: 3,
      }),
      (good, changes) => {
        const bytes = Buffer.from(goods[good] ?? '')
        for (const [at, value] of changes) bytes[Math.floor(at * bytes.length)] = value
        expectNobodyElse(bytes, good)
      },
    ),
    runs,
  )
})

const fragment = fc.constantFrom(
  '<saml:NameID>mallory@acme.example</saml:NameID>',
  '<saml:Attribute Name="firstName"><saml:AttributeValue>Mallory</saml:AttributeValue></saml:Attribute>',
  '<saml:AttributeValue>Mallory</saml:AttributeValue>',
  '<saml:Assertion ID="_evil"/>',
  '<x/>',
  'mallory',
  '&#x6d;',
  '\r\n',
  ' ',
  '<!-- -->',
  '<![CDATA[x]]>',
  '<?x?>',
)

test('nothing put in anywhere lets in anyone else', () => {
  fc.assert(
    fc.property(
      anyGood,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fragment,
      fc.boolean(),
      (good, where, what, atTag) => {
        const xml = goods[good] ?? ''
        const near = Math.floor(where * xml.length)
        const at = atTag ? Math.max(0, xml.indexOf('<', near)) : near
        expectNobodyElse(xml.slice(0, at) + what + xml.slice(at), good)
      },
    ),
    runs,
  )
})

test('no element or attribute taken away, doubled or moved lets in anyone else', () => {
  fc.assert(
    fc.property(
      anyGood,
      fc.nat(),
      fc.nat(),
      fc.constantFrom('remove', 'double', 'move', 'swap'),
      fc.constantFrom(/<([\w:]+)[^>]*>[^<]*<\/\1>/g, /<[\w:]+ [^>]*\/>/g, / [\w:]+="[^"]*"/g),
      (good, from, to, how, pattern) => {
        const xml = goods[good] ?? ''
        const pieces = [...xml.matchAll(pattern)]
        const one = pieces[from % pieces.length]
        const other = pieces[to % pieces.length]
        if (!one || !other) return
        const [text] = one
        const before = xml.slice(0, one.index)
        const after = xml.slice(one.index + text.length)
        const mutants = {
          remove: () => before + after,
          double: () => before + text + text + after,
          move: () => (before + after).replace(other[0], () => other[0] + text),
          swap: () => before + other[0] + after,
        }
        expectNobodyElse(mutants[how](), good)
      },
    ),
    runs,
  )
})

test('no character reference or entity in a signed text changes who is read', () => {
  fc.assert(
    fc.property(
      anyGood,
      fc.nat(),
      fc.constantFrom('dec', 'hex', 'drop', 'upper'),
      (good, at, how) => {
        const xml = goods[good] ?? ''
        const index = at % xml.length
        const character = xml[index] ?? ''
        const code = character.codePointAt(0) ?? 0
        const written = {
          dec: `&#${code};`,
          hex: `&#x${code.toString(16)};`,
          drop: '',
          upper: character.toUpperCase(),
        }
        expectNobodyElse(xml.slice(0, index) + written[how] + xml.slice(index + 1), good)
      },
    ),
    runs,
  )
})

test('no text at all makes the reader throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 300 }), fc.base64String(), markupSoup), (text) => {
      expect(readResponse(text, context()).ok).toBe(false)
      expect(read(text).ok).toBe(false)
    }),
    runs,
  )
})

function context() {
  return { serviceProvider, settings: world.idp.settings(), now: world.now }
}

const name = fc.constantFrom('a', 'b', 'p:a', 'q:b', 'saml:Assertion', 'samlp:Response')
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('&', '<', '>', '"', "'", '\t', '\n', '\r', ']]>', '\u0085', '\u2028'),
)
const declarations = fc.array(
  fc.constantFrom(
    'xmlns="urn:a"',
    'xmlns=""',
    'xmlns:p="urn:p"',
    'xmlns:q="urn:p"',
    'xmlns:r="urn:r"',
  ),
  { maxLength: 3 },
)

/** Well-formed elements, most of the time. */
const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .record({
      name: fc.constantFrom('a', 'b', 'p:a', 'q:b'),
      declarations,
      attributes: fc.dictionary(fc.constantFrom('x', 'y', 'p:x', 'q:y', 'xml:lang'), text, {
        maxKeys: 3,
      }),
      children: fc.array(fc.oneof({ maxDepth: 4 }, text.map(escaped), tie('element')), {
        maxLength: 3,
      }),
    })
    .map(({ name, declarations, attributes, children }) => {
      const written = Object.entries(attributes).map(([key, value]) => `${key}="${escaped(value)}"`)
      const head = [name, ...new Set(declarations), ...written].join(' ')
      return `<${head}>${children.join('')}</${name}>`
    }),
}))

function escaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll('\r', '&#13;')
}

const markupSoup = fc
  .array(
    fc.oneof(
      name.map((one) => `<${one}>`),
      name.map((one) => `</${one}>`),
      text,
    ),
    {
      maxLength: 20,
    },
  )
  .map((pieces) => pieces.join(''))

const wrapped = element.map(
  (inner) => `<root xmlns:p="urn:outer" xmlns:q="urn:q" xmlns:unused="urn:unused">${inner}</root>`,
)

function parsed(xml: string): { root: XmlElement } | undefined {
  try {
    return parseDocument(xml, messageLimits)
  } catch {
    return undefined
  }
}

function elementsOf(element: XmlElement): XmlElement[] {
  return element.children
    .filter((child) => typeof child !== 'string')
    .flatMap((child) => [child, ...elementsOf(child)])
}

test('our canonical forms are those of libxml2, for every element of any document', () => {
  fc.assert(
    fc.property(wrapped, fc.subarray(['p', 'r', 'unused', 'nowhere']), (xml, prefixes) => {
      const document = parsed(xml)
      if (!document) return
      using reference = XmlDocument.fromString(xml)
      const others = reference.find('/root//*')
      for (const [at, element] of elementsOf(document.root).entries()) {
        const other = others[at]
        if (hasXmlAttributeAbove(document.root, element)) continue
        expect(canonicalize(element, { mode: 'inclusive' })).toBe(
          other?.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_1_0 }),
        )
        expect(canonicalize(element, { mode: 'exclusive', inclusivePrefixes: prefixes })).toBe(
          other?.canonicalizeToString({
            mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0,
            ...(prefixes.length > 0 ? { inclusiveNamespacePrefixes: prefixes } : {}),
          }),
        )
      }
    }),
    { numRuns: 500 },
  )
})

/** Inclusive canonicalisation inherits `xml:` attributes, which no message may have up there. */
function hasXmlAttributeAbove(root: XmlElement, element: XmlElement): boolean {
  const above = [root, ...elementsOf(root)].filter(
    (candidate) => candidate !== element && elementsOf(candidate).includes(element),
  )
  return above.some((one) => one.attributes.some((attribute) => attribute.prefix === 'xml'))
}

test('what we read from canonical XML is what libxml2 reads from the document', () => {
  fc.assert(
    fc.property(wrapped, (xml) => {
      const document = parsed(xml)
      if (!document) return
      using reference = XmlDocument.fromString(xml)
      const others = reference.find('/root//*')
      const ours = elementsOf(document.root)
      expect(ours.length).toBe(others.length)
      for (const [at, element] of ours.entries()) {
        const content = (one: XmlElement): string =>
          one.children.map((child) => (typeof child === 'string' ? child : content(child))).join('')
        expect(content(element)).toBe(others[at]?.content)
      }
    }),
    { numRuns: 500 },
  )
})

test('the whole corpus is canonicalised as libxml2 does it', () => {
  const fields = [...legalResponses, ...hostileResponses]
    .map((one) => one.build(world))
    .filter((field) => field.length < 100_000)
  let compared = 0
  for (const field of fields) {
    let xml: string
    try {
      xml = decodeText(Buffer.from(field, 'base64'))
    } catch {
      continue
    }
    const document = parsed(xml)
    if (!document) continue
    using reference = XmlDocument.fromString(xml)
    const mode = XmlC14NMode.XML_C14N_EXCLUSIVE_1_0
    expect(canonicalize(document.root, { mode: 'exclusive' })).toBe(
      reference.canonicalizeToString({ mode }),
    )
    compared += 1
  }
  expect(compared).toBeGreaterThan(300)
})

test.each([
  '<a/>',
  '<a></a><b></b>',
  '<a b="1" ></a>',
  "<a b='1'></a>",
  '<a>&#65;</a>',
  '<a>&quot;</a>',
  '<a>\r</a>',
  '<a>></a>',
  '<a b="\t"></a>',
  '<a b="&gt;"></a>',
  '<a></b>',
  '<a>',
  'a',
  '',
  '<p:a></p:a>',
  '<a p:b="1"></a>',
  '<a>&amp</a>',
  '<a><!-- --></a>',
  '<a></a>\n',
  '<a xmlns="urn:x" ></a>',
  '<a b="1" xmlns="urn:x"></a>',
  '<a:b:c xmlns:a="urn:x"></a:b:c>',
])('%j is not canonical XML and is not read', (text) => {
  expect(() => readCanonical(text)).toThrow()
})
