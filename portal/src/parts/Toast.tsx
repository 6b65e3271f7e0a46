import { Toast as Base } from '@base-ui/react/toast'
import { CircleAlert, CircleCheck, X } from 'lucide-react'
import type { ReactNode } from 'react'

const manager = Base.createToastManager()

type Said = { about?: string; undo?: { label: string; act: () => void } }

/** Says briefly what has happened; read out politely. */
export function toast(title: string, { about, undo }: Said = {}): void {
  const id = manager.add({
    title,
    description: about,
    timeout: undo ? 10_000 : 5_000,
    ...(undo
      ? {
          actionProps: {
            children: undo.label,
            onClick: () => {
              manager.close(id)
              undo.act()
            },
          },
        }
      : {}),
  })
}

export function toastProblem(title: string, about: string): void {
  manager.add({ title, description: about, type: 'problem', timeout: 9_000, priority: 'high' })
}

export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Base.Provider toastManager={manager} limit={3}>
      {children}
      <Base.Portal>
        <Base.Viewport className="fixed inset-x-3 bottom-3 z-60 flex flex-col gap-2 sm:inset-x-auto sm:right-5 sm:bottom-5 sm:w-96">
          <Shown />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  )
}

function Shown() {
  const { toasts } = Base.useToastManager()
  return toasts.map((shown) => (
    <Base.Root
      key={shown.id}
      toast={shown}
      swipeDirection={['right', 'down']}
      className="rise rounded-xl bg-raised shadow-float data-limited:hidden"
    >
      <Base.Content className="flex items-start gap-3 p-3.5">
        {shown.type === 'problem' ? (
          <CircleAlert className="mt-px size-5 shrink-0 text-bad" aria-hidden="true" />
        ) : (
          <CircleCheck className="mt-px size-5 shrink-0 text-good" aria-hidden="true" />
        )}
        <div className="min-w-0 flex-1">
          <Base.Title className="font-medium text-ink" />
          <Base.Description className="text-sm text-ink-2" />
        </div>
        <Base.Action className="inline-flex h-7 items-center rounded-md px-2 text-sm font-semibold text-accent-text hover:bg-hover" />
        <Base.Close
          aria-label="Dismiss"
          className="inline-flex size-7 items-center justify-center rounded-md text-ink-3 hover:bg-hover hover:text-ink"
        >
          <X className="size-4" aria-hidden="true" />
        </Base.Close>
      </Base.Content>
    </Base.Root>
  ))
}
