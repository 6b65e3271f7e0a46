/**
 * The form in which text is compared, sorted and searched: without case and accents. Made here and
 * not in the database, so that both databases agree.
 */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .trim()
}
