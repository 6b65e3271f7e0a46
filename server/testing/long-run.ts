/**
 * How much of something a test tries or a bench sends: what is usual, or as much as the variable says.
 */
export function howMany(
  variable:
    | 'USHER_SEQUENCES'
    | 'USHER_SHADOWS'
    | 'USHER_FILTERS'
    | 'USHER_WALK'
    | 'USHER_SYNC'
    | 'USHER_IMPORT'
    | 'USHER_TRIES',
  usual: number,
) {
  return Number(process.env[variable] ?? usual)
}
