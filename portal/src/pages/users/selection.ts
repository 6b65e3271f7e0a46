import { useMemo, useState } from 'react'

/** The people who are chosen in the list, over its pages. */
export type Selection = {
  ids: ReadonlySet<string>
  choose: (ids: string[], on: boolean) => void
}

/** As many as the server takes at a time (US-16). */
export const chosenAtMost = 200

export function useSelection(): Selection & { clear: () => void } {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  return useMemo(
    () => ({
      ids,
      choose: (chosen, on) =>
        setIds((before) => {
          const after = new Set(before)
          for (const id of chosen) {
            if (on) after.add(id)
            else after.delete(id)
          }
          return after
        }),
      clear: () => setIds(new Set()),
    }),
    [ids],
  )
}
