import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useOrganisation } from '../../client/index.ts'
import { AccessChoices, Select, usualAccess } from '../../parts/index.ts'

const lifetimes = [1, 3, 7, 14, 30]

/** What the invited get, and how long they have. */
export function usePromise() {
  const [given, setGiven] = useState(usualAccess)
  const [days, setDays] = useState(7)
  return { given, setGiven, days, setDays }
}

export function PromiseFields({ promise }: { promise: ReturnType<typeof usePromise> }) {
  const { api, key } = useOrganisation()
  const groups = useQuery({ queryKey: key('groups'), queryFn: api.groups })
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools })
  return (
    <>
      <AccessChoices
        value={promise.given}
        groups={groups.data?.items}
        pools={pools.data?.items}
        onChange={promise.setGiven}
      />
      <Select
        label="The link works for"
        value={String(promise.days)}
        choices={lifetimes.map((days) => ({
          value: String(days),
          label: days === 1 ? '1 day' : `${days} days`,
        }))}
        onChange={(days) => promise.setDays(Number(days))}
      />
    </>
  )
}
