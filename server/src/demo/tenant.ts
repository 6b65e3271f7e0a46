import { createHash } from 'node:crypto'

export type Tenant = {
  id: string
  /** Also the issuer of everything it says. */
  entityId: string
}

/** The tenant that stands for this organisation's directory; the same one at every start. */
export function simulatedTenant(organisationId: string): Tenant {
  const id = stableGuid('tenant', organisationId)
  return { id, entityId: `https://sts.windows.net/${id}/` }
}

/** A UUID made from names (RFC 9562 §5.8, version 8), so that object ids survive a restart. */
export function stableGuid(...names: string[]): string {
  const bytes = createHash('sha256')
    .update(`usher demo\n${names.join('\n')}`)
    .digest()
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const cut = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...cut, hex.slice(20, 32)].join('-')
}
