import { useEffect } from 'react'
import { Doorstep } from '../../parts/index.ts'

/** Where the small sign-in window ends: it tells the page that waits for it, and closes. */
export function SignedInPage() {
  useEffect(() => {
    const channel = new BroadcastChannel('usher')
    channel.postMessage('signed-in')
    const timer = setTimeout(() => window.close(), 300)
    return () => {
      clearTimeout(timer)
      channel.close()
    }
  }, [])
  return (
    <Doorstep
      title="Signed in"
      heading="Thank you, it is you"
      about="You can close this window and continue where you were."
    />
  )
}
