import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import { classes } from './classes.ts'

type Shown = {
  open: boolean
  onClose: () => void
  title: string
  about?: ReactNode
  children?: ReactNode
  footer?: ReactNode
}

/** The first thing to fill in, or else the dialog itself, so that it is read from its title. */
function firstField(popup: HTMLElement | null): HTMLElement | null {
  const field = popup?.querySelector<HTMLElement>(
    'input:not([readonly], [type="hidden"], [aria-hidden="true"]), textarea:not([readonly])',
  )
  return field ?? popup
}

const backdrop = 'fade fixed inset-0 z-40 bg-scrim'

function CloseButton() {
  return (
    <Base.Close
      aria-label="Close"
      className="-mt-1 -mr-1 inline-flex size-8 shrink-0 items-center justify-center rounded-lg text-ink-3 hover:bg-hover hover:text-ink"
    >
      <X className="size-4" aria-hidden="true" />
    </Base.Close>
  )
}

export function Dialog({
  open,
  onClose,
  title,
  about,
  children,
  footer,
  wide,
}: Shown & { wide?: boolean }) {
  const popup = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup
          ref={popup}
          initialFocus={() => firstField(popup.current)}
          className={classes(
            'rise outline-none fixed inset-x-3 bottom-3 z-40 m-auto flex max-h-[calc(100dvh-1.5rem)] flex-col overflow-hidden rounded-2xl bg-raised shadow-float',
            'sm:inset-0 sm:h-fit sm:max-h-[calc(100dvh-4rem)]',
            wide ? 'sm:w-[min(44rem,calc(100vw-3rem))]' : 'sm:w-[min(30rem,calc(100vw-3rem))]',
          )}
        >
          <div className="flex items-start justify-between gap-4 px-5 pt-5 sm:px-6 sm:pt-6">
            <div className="min-w-0">
              <Base.Title className="text-lg font-semibold text-ink">{title}</Base.Title>
              {about ? (
                <Base.Description render={<div />} className="mt-1 text-ink-2">
                  {about}
                </Base.Description>
              ) : null}
            </div>
            <CloseButton />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4 sm:px-6" tabIndex={0}>
            {children}
          </div>
          {footer ? (
            <div className="flex flex-wrap justify-end gap-2 border-t border-line bg-raised px-5 py-4 sm:px-6">
              {footer}
            </div>
          ) : null}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** A panel from the right edge for details beside the page. */
export function Sheet({ open, onClose, title, about, children, footer }: Shown) {
  const popup = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup
          ref={popup}
          initialFocus={popup}
          className="outline-none slide fixed inset-y-0 right-0 z-40 flex w-full max-w-2xl flex-col bg-raised shadow-float sm:w-[calc(100%-3rem)]"
        >
          <div className="flex items-start justify-between gap-4 border-b border-line px-5 py-4 sm:px-7 sm:py-5">
            <div className="min-w-0">
              <Base.Title className="text-lg font-semibold text-ink">{title}</Base.Title>
              {about ? (
                <Base.Description render={<div />} className="mt-0.5 text-ink-2">
                  {about}
                </Base.Description>
              ) : null}
            </div>
            <CloseButton />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-5 sm:px-7" tabIndex={0}>
            {children}
          </div>
          {footer ? (
            <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-4 sm:px-7">
              {footer}
            </div>
          ) : null}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** Navigation on narrow screens, from the left edge. */
export function Drawer({ open, onClose, title, children }: Shown) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup className="slide slide-left fixed inset-y-0 left-0 z-40 flex w-72 max-w-[85vw] flex-col bg-raised shadow-float">
          <div className="flex items-center justify-between px-4 py-3.5">
            <Base.Title className="font-semibold text-ink">{title}</Base.Title>
            <CloseButton />
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
