/** What a manager may see of a message: everything but the values that prove or unlock something. */

const longestRedacted = 64 * 1024
const kept = 12

const secret =
  /(<(?:[^\s<>:"'/]+:)?(?:SignatureValue|CipherValue|X509Certificate|X509CRL|Modulus|PublicKey|P|Q|G|Y)(?: [^<>]*)?>)([^<]+)/g

/** Takes canonical XML, in which these elements are never empty tags and hold text alone. */
export function redact(canonical: string): string {
  const short = canonical.replace(secret, (_, tag: string, value: string) => {
    const text = value.trim()
    return `${tag}${text.length > kept ? `${text.slice(0, kept)}…` : text}`
  })
  return fitting(short)
}

function fitting(text: string): string {
  if (Buffer.byteLength(text) <= longestRedacted) return text
  const ending = '\n… (shortened)'
  const room = Buffer.from(text).subarray(0, longestRedacted - Buffer.byteLength(ending))
  return `${new TextDecoder().decode(room, { stream: true })}${ending}`
}
