import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { TestView } from '../../../../contract/src/index.ts'
import { asProblem, type MethodSettings, type Seen, useOrganisation } from '../../client/index.ts'
import { toastProblem } from '../../parts/index.ts'

export type Test = Seen<typeof TestView>
type Started = { id: string; settings: string }

/** "Test sign-in" of settings not saved yet: starts it in a small window and follows it. */
export function useTestSignIn(settings: MethodSettings | null) {
  const { api, key, id: organisationId } = useOrganisation()
  const opened = useRef<Window | null>(null)
  const place = `usher.test.${organisationId}`
  const [started, setStarted] = useState<Started | null>(() => kept(place))
  useEffect(() => {
    if (started) sessionStorage.setItem(place, JSON.stringify(withoutSecret(started)))
  }, [started, place])

  const test = useQuery({
    queryKey: key('test', started?.id),
    queryFn: () => api.test(started?.id ?? ''),
    enabled: started !== null,
    refetchInterval: ({ state }) => (state.data?.state === 'pending' ? 1500 : false),
    refetchIntervalInBackground: true,
  })
  const finished = test.data !== undefined && test.data.state !== 'pending'
  useEffect(() => {
    if (!finished) return
    // Everything the small window has to say is shown here.
    opened.current?.close()
    opened.current = null
  }, [finished])

  const start = useMutation({
    mutationFn: async () => {
      if (!settings) return
      // Opened before the call, while the browser still sees the click that asked for it.
      const popup = window.open('', 'usher-test', 'popup,width=520,height=680')
      opened.current = popup
      try {
        const begun = await api.startTest(settings)
        setStarted({ id: begun.id, settings: JSON.stringify(settings) })
        if (popup) popup.location.href = begun.startUrl
      } catch (error) {
        popup?.close()
        throw error
      }
    },
    onError: (error) => toastProblem('The test did not start', asProblem(error).detail),
  })
  return {
    test: started ? (test.data ?? null) : null,
    /** The settings have changed since; the test no longer proves them (LM-17). */
    stale: started !== null && settings !== null && started.settings !== JSON.stringify(settings),
    ready: settings !== null,
    starting: start.isPending,
    start: () => start.mutate(),
  }
}
export type TestSignIn = ReturnType<typeof useTestSignIn>

/** What outlives the page holds no secret; after a reload the typed one is gone as well. */
function withoutSecret({ id, settings }: Started): Started {
  const { oidc, ...others } = JSON.parse(settings) as MethodSettings
  if (!oidc) return { id, settings }
  const { clientSecret: _, ...kept } = oidc
  return { id, settings: JSON.stringify({ ...others, oidc: kept }) }
}

function kept(place: string): Started | null {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? 'null')
  } catch {
    return null
  }
}
