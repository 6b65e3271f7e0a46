import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { useOrganisation } from '../../client/index.ts'

export type ListState = {
  search?: string | undefined
  sort?: string | undefined
  status?: string | undefined
  managedBy?: string | undefined
  notManagedBy?: string | undefined
  role?: string | undefined
  group?: string | undefined
  pool?: string | undefined
  lastSignIn?: string | undefined
}

const names = [
  'sort',
  'status',
  'managedBy',
  'notManagedBy',
  'role',
  'group',
  'pool',
  'lastSignIn',
] as const

/** What is kept per user of the list's state (US-3): sorting and filters, not search and page. */
export function kept(state: Record<string, unknown>): ListState {
  const found: ListState = {}
  for (const name of names) {
    const value = state[name]
    if (typeof value === 'string' && value !== '') found[name] = value
  }
  return found
}

/**
 * Restores the kept filters when the page is opened without any, and keeps every change.
 * Answers whether the list may be loaded: an address that names filters never waits.
 */
export function useKeptFilters(state: ListState, restore: (filters: ListState) => void): boolean {
  const { api } = useOrganisation()
  const current = JSON.stringify(kept(state))
  const [ready, setReady] = useState(current !== '{}' || Boolean(state.search))
  const stored = useRef(ready ? null : current)

  const open = useEffectEvent((value: unknown) => {
    const filters = kept(Object(value))
    stored.current = JSON.stringify(filters)
    if (stored.current !== '{}') restore(filters)
    setReady(true)
  })
  const load = useEffectEvent(() => api.preference('user-list').catch(() => null))
  useEffect(() => {
    let gone = false
    if (stored.current === null) return
    void load().then((value) => {
      if (!gone) open(value)
    })
    return () => {
      gone = true
    }
  }, [])

  // A convenience: failing to keep it is no reason to disturb anyone.
  const keep = useEffectEvent((state: string) => {
    stored.current = state
    api.keepPreference('user-list', JSON.parse(state)).catch(() => null)
  })
  useEffect(() => {
    if (!ready || stored.current === current) return
    const timer = setTimeout(() => keep(current), 800)
    return () => clearTimeout(timer)
  }, [ready, current])

  return ready
}
