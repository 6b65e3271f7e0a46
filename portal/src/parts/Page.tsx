import { type ReactNode, useEffect } from 'react'
import { Mark } from './Mark.tsx'

/** A page of the portal: its document title and its heading. */
export function Page({
  title,
  about,
  action,
  children,
}: {
  title: string
  about?: ReactNode
  action?: ReactNode
  children: ReactNode
}) {
  useTitle(title)
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold text-ink">{title}</h1>
          {about ? <div className="mt-1 max-w-2xl text-ink-2">{about}</div> : null}
        </div>
        {action ? <div className="flex flex-wrap gap-2">{action}</div> : null}
      </div>
      {children}
    </div>
  )
}

/** A page outside the shell: one calm column. */
export function Doorstep({
  title,
  heading,
  about,
  children,
  wide,
}: {
  title: string
  heading: string
  about?: ReactNode
  children?: ReactNode
  wide?: boolean
}) {
  useTitle(title)
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 py-10 sm:justify-center sm:py-16">
      <div className={wide ? 'w-full max-w-4xl' : 'w-full max-w-sm'}>
        <div className={wide ? 'mb-8 max-w-xl' : 'mb-7'}>
          <Mark size={36} />
          <h1 className="mt-5 text-2xl font-semibold text-ink">{heading}</h1>
          {about ? <div className="mt-1.5 text-ink-2">{about}</div> : null}
        </div>
        {children}
      </div>
    </main>
  )
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === 'Usher' ? title : `${title} · Usher`
  }, [title])
}
