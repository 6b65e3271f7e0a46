import { useBlocker } from '@tanstack/react-router'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'

/** Leaving with an unsaved change asks first (PV-3). */
export function LeaveGuard({ dirty, stays }: { dirty: boolean; stays: (path: string) => boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ next }) => dirty && !stays(next.pathname),
    enableBeforeUnload: dirty,
    withResolver: true,
  })
  if (blocker.status !== 'blocked') return null
  return (
    <Dialog
      open
      onClose={blocker.reset}
      title="Leave without saving?"
      about="What you changed here has not taken effect, and is lost when you leave."
      footer={
        <>
          <Button look="danger" onClick={blocker.proceed}>
            Leave
          </Button>
          <Button look="primary" onClick={blocker.reset}>
            Stay
          </Button>
        </>
      }
    />
  )
}
