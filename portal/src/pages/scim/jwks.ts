type Read = { keys: Record<string, unknown>[] } | { fault: string }

/** A JWK set (RFC 7517 §5), or one key alone; the server judges whether the keys are good. */
export function readJwks(text: string): Read {
  if (text.trim() === '') return { fault: 'Paste or upload the public keys.' }
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return { fault: 'This is not JSON. It begins with {"keys": [ and ends with ]}.' }
  }
  const keys = isRecord(found) ? (found.keys ?? ('kty' in found ? [found] : undefined)) : undefined
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isRecord)) {
    return { fault: 'There is no list "keys" with a key in it.' }
  }
  if (keys.some((key) => 'd' in key || 'k' in key)) {
    return { fault: 'This has a private or secret key in it. Give the public keys alone.' }
  }
  return { keys }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
