import { ShieldCheck } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'
import { meQuery, queries } from '../client/index.ts'
import { Button, Dialog } from '../parts/index.ts'

/** Calls that wait for a fresh sign-in (SE-6); they all get the same answer. */
let waiting: ((confirmed: boolean) => void)[] = []
const listeners = new Set<() => void>()

export function confirmIdentity(): Promise<boolean> {
  return new Promise((resolve) => {
    waiting = [...waiting, resolve]
    for (const listener of listeners) listener()
  })
}

function settle(confirmed: boolean): void {
  const settled = waiting
  waiting = []
  for (const listener of listeners) listener()
  for (const resolve of settled) resolve(confirmed)
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

export function ConfirmIdentity() {
  const open = useSyncExternalStore(subscribe, () => waiting.length > 0)
  useEffect(() => {
    if (!open) return
    const channel = new BroadcastChannel('usher')
    channel.onmessage = async (message) => {
      if (message.data !== 'signed-in') return
      // The new session has a new CSRF token; the retried call needs it.
      const me = await queries.fetchQuery({ ...meQuery, staleTime: 0 }).catch(() => null)
      settle(me !== null)
    }
    return () => channel.close()
  }, [open])

  return (
    <Dialog
      open={open}
      onClose={() => settle(false)}
      title="Confirm it is you"
      about="This is a sensitive change, and you signed in more than 10 minutes ago. Sign in once more in a small window; what you entered here stays, and the change continues by itself."
      footer={
        <>
          <Button look="ghost" onClick={() => settle(false)}>
            Cancel
          </Button>
          <Button look="primary" onClick={openSignIn}>
            <ShieldCheck aria-hidden="true" />
            Sign in again
          </Button>
        </>
      }
    />
  )
}

function openSignIn(): void {
  const slug = queries.getQueryData(meQuery.queryKey)?.organisation.slug
  if (!slug) {
    settle(false)
    return
  }
  const search = new URLSearchParams({ reauth: '1', returnTo: `/o/${slug}/signed-in` })
  window.open(`/login/${slug}?${search}`, 'usher-sign-in', 'popup,width=520,height=680')
}
