/** What stands in the log for a value that nobody may read there. */
const masked = '***'
const notShown = '*** (not shown: it speaks of a password and is not JSON)'
const longestText = 4_000
/** Deeper than anything that SCIM sends. */
const deepest = 60
const longestSecret = 100

/** A secret of ours by its prefix: tokens, access tokens, client secrets, API keys. */
const secret = /\bus[sack]_[\w-]{20,}/g
/** A credential of whoever, in a query: RFC 6750 §2.3 is not spoken here, and tried. */
const credential = /([?&](?:access_token|token|client_secret|client_assertion)=)[^&]+/gi
/** What may be a secret of ours, and what not every database takes. */
const unusual = /us[sack]_|\0/
/** A name may be written with escapes: `pass\u0077ord`. */
const suspect = /password|\\u00/i
const escaped = /\\u([\da-f]{4})/gi
const password = /password/i
/** `password` by itself, after a URN or a dot. */
const passwordName = /(?:^|[:.])\s*password\s*$/i
/** A filter that compares a password, or a text that says what one is. */
const passwordSaid = /password["'\]\s]*(?:\b(?:eq|ne|co|sw|ew|gt|ge|lt|le)\b|[:=])/i

/**
 * A body as it may be kept: without passwords (SC-9), cut, and as text that every database takes.
 * Of a body of this length the text may be no more than its beginning.
 */
export function maskBody(text: string, length = text.length): string {
  const hidden = suspect.test(text) ? maskPasswords(text) : text
  return storable(hidden, longestText, length > text.length ? length : hidden.length)
}

/** A path with its query; where a password is searched for, without the query. */
export function maskPath(path: string, longest: number): string {
  const [before = '', query] = path.split(/\?(.*)/s)
  const shown = query !== undefined && speaksOfPassword(query) ? `${before}?${masked}` : path
  return storable(shown.replace(credential, `$1${masked}`), longest)
}

/** Any other text of a stranger. */
export function maskText(text: string, longest: number): string {
  return storable(text, longest)
}

function speaksOfPassword(query: string): boolean {
  try {
    return password.test(decodeURIComponent(query))
  } catch {
    // What cannot be decoded may hide anything.
    return query.includes('%')
  }
}

/**
 * PostgreSQL takes no NUL and no half of a surrogate pair. The copy lets go of a long original, which
 * a mere slice would hold in memory.
 */
function storable(text: string, longest: number, length = text.length): string {
  if (length <= longest && text.isWellFormed() && !unusual.test(text)) return text
  // A secret across the cut is seen as a whole.
  const shown = text.slice(0, longest + longestSecret).replace(secret, masked)
  const cut = length > longest ? `${shown.slice(0, longest)}… (cut: ${length} characters)` : shown
  return Buffer.from(cut.replaceAll('\0', '␀')).toString()
}

function maskPasswords(text: string): string {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    const plain = text.replace(escaped, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    return password.test(plain) ? notShown : text
  }
  return JSON.stringify(without(parsed, 0))
}

function without(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth > deepest) return masked
  if (Array.isArray(value)) return value.map((item) => without(item, depth + 1))
  const members = Object.entries(value)
  // A change of PATCH, and whatever else says what its value is.
  const aimed = members.some(
    ([name, said]) =>
      typeof said === 'string' &&
      (passwordName.test(said) || (name.toLowerCase() === 'path' && password.test(said))),
  )
  return Object.fromEntries(
    members.map(([name, one]) => {
      const hide = passwordName.test(name) || (aimed && name.toLowerCase() === 'value')
      return [name, hide ? masked : without(one, depth + 1)]
    }),
  )
}

/** Some identity providers send JSON as a text. */
function withoutText(text: string): string {
  if (!password.test(text)) return text
  if (/^\s*[[{]/.test(text)) return maskPasswords(text)
  return passwordSaid.test(text) ? masked : text
}
