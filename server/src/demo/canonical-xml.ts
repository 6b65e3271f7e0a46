/** XML in the form that exclusive canonicalisation would give it, so that it is signed as written. */
export type Xml = { readonly xml: string }

/**
 * Exclusive XML Canonicalization 1.0 §2: namespace declarations before attributes, both in order,
 * no empty-element tags. Declarations must stand where they are first used and nowhere else, and
 * attributes have no prefix.
 */
export function element(name: string, attributes: Record<string, string>, ...children: Xml[]): Xml {
  const written = Object.entries(attributes)
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([attribute, value]) => ` ${attribute}="${escapeAttribute(value)}"`)
  const content = children.map((child) => child.xml).join('')
  return { xml: `<${name}${written.join('')}>${content}</${name}>` }
}

export function text(value: string): Xml {
  const xml = legal(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#xD;')
  return { xml }
}

function rank(attribute: string): number {
  return attribute === 'xmlns' || attribute.startsWith('xmlns:') ? 0 : 1
}

function escapeAttribute(value: string): string {
  return legal(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\t', '&#x9;')
    .replaceAll('\n', '&#xA;')
    .replaceAll('\r', '&#xD;')
}

/** XML 1.0 §2.2: these characters cannot be written, not even as references. */
function legal(value: string): string {
  return value
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
}
