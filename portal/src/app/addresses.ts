/**
 * The query of an address as it stands there: `?page=2&search=007`. Read as JSON, as the router would
 * have it, a code or a search of digits would become a number, and `signedOut=1` be written `%221%22`.
 */
export function parseSearch(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query))
}

/** @returns with its question mark, or nothing when there is nothing to say. */
export function stringifySearch(search: Record<string, unknown>): string {
  const said = Object.entries(search).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString()
  return query === '' ? '' : `?${query}`
}

/** The named parameters that say something. */
export function texts<Name extends string>(
  search: Record<string, unknown>,
  ...names: Name[]
): { [Each in Name]?: string } {
  const found: { [Each in Name]?: string } = {}
  for (const name of names) {
    const value = search[name]
    if (typeof value === 'string' && value !== '') found[name] = value
  }
  return found
}

/** Which page of a list; the first one is not named. */
export function pageIn(search: Record<string, unknown>): { page?: number } {
  const page = Number(search.page)
  return Number.isSafeInteger(page) && page > 0 ? { page } : {}
}
