/**
 * How much of something random a test tries: little at every check, as much as the variable says in
 * a long run.
 */
export function howMany(
  variable: 'USHER_SEQUENCES' | 'USHER_FILTERS' | 'USHER_WALK',
  usual: number,
) {
  return Number(process.env[variable] ?? usual)
}
