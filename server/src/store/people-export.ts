import type { User } from '../model/user.ts'
import type { Db } from './dialect.ts'
import * as people from './people.ts'

const atOnce = 500

/**
 * Everybody whom the filter finds, in the order of the list, a few hundred at a time: each step
 * begins behind the last person of the one before, so that it costs the same at any size and place,
 * and holds no more of the directory than itself. Who changes meanwhile may be missed or come twice.
 */
export async function* eachFound(
  db: Db,
  organisationId: string,
  filter: people.PeopleFilter,
  sort: people.PeopleSort,
): AsyncGenerator<User[]> {
  const few = await people.findFew(db, organisationId, filter, sort)
  if (few) {
    for (let from = 0; from < few.length; from += atOnce) {
      yield await people.byIds(db, organisationId, few.slice(from, from + atOnce), sort)
    }
    return
  }
  let after: people.Place | undefined
  for (;;) {
    const step = await people.placesAfter(db, organisationId, sort, after, atOnce)
    if (step.length === 0) return
    after = step.at(-1)
    const ids = step.map(({ id }) => id)
    yield await people.amongIds(db, organisationId, ids, filter, sort)
  }
}
