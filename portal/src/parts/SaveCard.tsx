import type { Problem } from '../../../contract/src/index.ts'
import { Button } from './Button.tsx'
import { Card } from './Card.tsx'
import { classes } from './classes.ts'
import { ProblemBanner } from './States.tsx'

/** "Save" and "Discard" of a form; it stays in sight while there is something to save (PV-3). */
export function SaveCard({
  dirty,
  blocked,
  busy,
  problem,
  onDiscard,
  onSave,
}: {
  dirty: boolean
  /** What was typed cannot be saved; the fields say why. */
  blocked: boolean
  busy: boolean
  problem: Problem | null
  onDiscard: () => void
  onSave: () => void
}) {
  return (
    <div className={classes('z-20', dirty && 'sticky bottom-3 sm:bottom-4')}>
      <Card
        className={classes(
          'flex flex-col gap-3 px-4 py-3 sm:px-5',
          dirty && 'border-transparent bg-raised shadow-float',
        )}
      >
        {problem ? <ProblemBanner problem={problem} /> : null}
        <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <p role="status" className={dirty ? 'font-medium' : 'text-ink-3'}>
            {dirty ? 'Unsaved changes' : 'Everything is saved.'}
          </p>
          <div className="ml-auto flex gap-2">
            {dirty ? (
              <Button look="ghost" onClick={onDiscard}>
                Discard
              </Button>
            ) : null}
            <Button look="primary" disabled={!dirty || blocked} busy={busy} onClick={onSave}>
              Save
            </Button>
          </div>
        </div>
      </Card>
    </div>
  )
}
