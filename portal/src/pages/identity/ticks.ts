import type { LoginMethodPreview } from '../../../../contract/src/index.ts'

type Waiting = LoginMethodPreview['waiting']

/** Whose first sign-in by the new connection is approved with the switch (JI-20). */
export type Ticks = { everyone: boolean; users: string[] }
export const nobody: Ticks = { everyone: false, users: [] }

const isManager = ({ risk }: Waiting['people'][number]) => risk === 'high'

/** Managers are ticked one by one; everyone else also by "everyone". */
export function isTicked({ everyone, users }: Ticks, person: Waiting['people'][number]): boolean {
  return users.includes(person.id) || (everyone && !isManager(person))
}

export function tickEveryone({ users }: Ticks, waiting: Waiting, everyone: boolean): Ticks {
  const managers = waiting.people.filter(isManager).map(({ id }) => id)
  return noneAsNobody({ everyone, users: users.filter((id) => managers.includes(id)) })
}

/** Whoever is taken out of everyone leaves the others who are shown ticked by name. */
export function tickOne(ticks: Ticks, waiting: Waiting, id: string, on: boolean): Ticks {
  const before = waiting.people.filter((person) => isTicked(ticks, person)).map((one) => one.id)
  const person = waiting.people.find((one) => one.id === id)
  if (!person || isTicked(ticks, person) === on) return ticks
  if (isManager(person) || on) {
    const { everyone, users } = ticks
    return noneAsNobody({
      everyone,
      users: on ? [...users, id] : users.filter((one) => one !== id),
    })
  }
  return noneAsNobody({ everyone: false, users: before.filter((one) => one !== id) })
}

export function countTicked(ticks: Ticks, waiting: Waiting): number {
  if (!ticks.everyone) return ticks.users.length
  return waiting.others + ticks.users.length
}

function noneAsNobody(ticks: Ticks): Ticks {
  return ticks.everyone || ticks.users.length > 0 ? ticks : nobody
}
