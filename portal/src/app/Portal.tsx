import { CSPProvider } from '@base-ui/react/csp-provider'
import { Tooltip } from '@base-ui/react/tooltip'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { appointDoorman, queries } from '../client/index.ts'
import { Toasts } from '../parts/index.ts'
import { ConfirmIdentity, confirmIdentity } from './ConfirmIdentity.tsx'
import { router } from './router.tsx'

appointDoorman({
  confirmIdentity,
  signInAgain() {
    const { pathname, href } = router.state.location
    const slug = /^\/o\/([^/]+)/.exec(pathname)?.[1]
    if (!slug) return
    void router
      .navigate({ to: '/login/$slug', params: { slug }, search: { returnTo: href } })
      .then(() => {
        for (const known of ['me', 'organisation']) queries.removeQueries({ queryKey: [known] })
      })
  },
})

export function Portal() {
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <Tooltip.Provider delay={300}>
          <Toasts>
            <RouterProvider router={router} />
            <ConfirmIdentity />
          </Toasts>
        </Tooltip.Provider>
      </QueryClientProvider>
    </CSPProvider>
  )
}
