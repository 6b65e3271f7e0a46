import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'

/** Somebody else saved the same settings meanwhile (GE-5): nothing is lost, and nothing decided yet. */
export function Stale({
  open,
  onChoose,
  onClose,
}: {
  open: boolean
  onChoose: (keep: boolean) => Promise<void>
  onClose: () => void
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Changed by someone else meanwhile"
      about="Another manager saved these settings after you opened them. Nothing of yours has been saved, and nothing of theirs is lost."
      footer={
        <>
          <Button onClick={() => void onChoose(false)}>Load the new state</Button>
          <Button look="primary" onClick={() => void onChoose(true)}>
            Keep what I entered
          </Button>
        </>
      }
    >
      <p className="text-ink-2">
        “Keep what I entered” loads the new state underneath and leaves your changes as unsaved, so
        that you can look at both before you save again.
      </p>
    </Dialog>
  )
}
