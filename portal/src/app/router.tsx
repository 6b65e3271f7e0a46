import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { asProblem, meQuery, queries } from '../client/index.ts'
import { Doorstep, ErrorState } from '../parts/index.ts'
import { pageIn, parseSearch, stringifySearch, texts } from './addresses.ts'
import { SettingsFrame } from './SettingsFrame.tsx'
import { Shell } from './Shell.tsx'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/home/HomePage.tsx'), 'HomePage'),
})
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: (search) => texts(search, 'code'),
  component: lazyRouteComponent(() => import('../pages/setup/SetupPage.tsx'), 'SetupPage'),
})
const login = createRoute({
  getParentRoute: () => root,
  path: '/login/$slug',
  validateSearch: (search) => texts(search, 'returnTo', 'reauth', 'signedOut', 'goOn'),
  component: lazyRouteComponent(() => import('../pages/login/LoginPage.tsx'), 'LoginPage'),
})
const emergencyLogin = createRoute({
  getParentRoute: () => root,
  path: '/login/$slug/emergency',
  component: lazyRouteComponent(
    () => import('../pages/login/EmergencyLoginPage.tsx'),
    'EmergencyLoginPage',
  ),
})
const activate = createRoute({
  getParentRoute: () => root,
  path: '/activate/$token',
  component: lazyRouteComponent(() => import('../pages/activate/ActivatePage.tsx'), 'ActivatePage'),
})
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset/$token',
  component: lazyRouteComponent(() => import('../pages/activate/ActivatePage.tsx'), 'ActivatePage'),
})
const recover = createRoute({
  getParentRoute: () => root,
  path: '/recover/$token',
  component: lazyRouteComponent(() => import('../pages/recover/RecoverPage.tsx'), 'RecoverPage'),
})
const invite = createRoute({
  getParentRoute: () => root,
  path: '/invite/$token',
  component: lazyRouteComponent(() => import('../pages/invite/InvitePage.tsx'), 'InvitePage'),
})
const join = createRoute({
  getParentRoute: () => root,
  path: '/join/$slug/$token',
  component: lazyRouteComponent(() => import('../pages/join/JoinPage.tsx'), 'JoinPage'),
})
const platform = createRoute({
  getParentRoute: () => root,
  path: '/platform',
  component: lazyRouteComponent(() => import('../pages/platform/PlatformPage.tsx'), 'PlatformPage'),
})
const signedIn = createRoute({
  getParentRoute: () => root,
  path: '/o/$slug/signed-in',
  component: lazyRouteComponent(() => import('../pages/login/SignedInPage.tsx'), 'SignedInPage'),
})

const organisation = createRoute({
  getParentRoute: () => root,
  path: '/o/$slug',
  beforeLoad: async ({ params, location }) => {
    const signIn = redirect({
      to: '/login/$slug',
      params: { slug: params.slug },
      search: { returnTo: location.href },
    })
    const me = await queries.ensureQueryData(meQuery).catch((error: unknown) => {
      throw asProblem(error).status === 401 ? signIn : error
    })
    if (me.organisation.slug !== params.slug) throw signIn
  },
  component: Shell,
  errorComponent: ({ error, reset }) => (
    <main>
      <ErrorState problem={asProblem(error)} onRetry={reset} />
    </main>
  ),
})
const overview = createRoute({
  getParentRoute: () => organisation,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/overview/OverviewPage.tsx'), 'OverviewPage'),
})
const account = createRoute({
  getParentRoute: () => organisation,
  path: '/account',
  component: lazyRouteComponent(() => import('../pages/account/AccountPage.tsx'), 'AccountPage'),
})

const settings = createRoute({
  getParentRoute: () => organisation,
  path: '/settings',
  component: SettingsFrame,
})
const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/o/$slug/settings/identity', params, replace: true })
  },
})
const identity = createRoute({
  getParentRoute: () => settings,
  path: '/identity',
  component: lazyRouteComponent(() => import('../pages/identity/IdentityPage.tsx'), 'IdentityPage'),
})
/** The guide opens over the page, so that settings not yet saved stay as they are. */
const entra = createRoute({ getParentRoute: () => identity, path: '/entra' })
const scim = createRoute({
  getParentRoute: () => settings,
  path: '/identity/scim',
  validateSearch: (search) => texts(search, 'guide'),
  component: lazyRouteComponent(() => import('../pages/scim/ScimPage.tsx'), 'ScimPage'),
})
const selfService = createRoute({
  getParentRoute: () => settings,
  path: '/identity/self-service',
  component: lazyRouteComponent(
    () => import('../pages/self-service/SelfServicePage.tsx'),
    'SelfServicePage',
  ),
})
const simulation = createRoute({
  getParentRoute: () => settings,
  path: '/identity/scim/simulation',
  component: lazyRouteComponent(
    () => import('../pages/simulation/SimulationPage.tsx'),
    'SimulationPage',
  ),
})
const shadow = createRoute({
  getParentRoute: () => settings,
  path: '/identity/scim/shadow',
  validateSearch: (search) => texts(search, 'kind', 'difference'),
  component: lazyRouteComponent(() => import('../pages/scim/shadow/ShadowPage.tsx'), 'ShadowPage'),
})
const users = createRoute({
  getParentRoute: () => settings,
  path: '/users',
  validateSearch: (search) => ({
    ...texts(
      search,
      'search',
      'sort',
      'status',
      'managedBy',
      'notManagedBy',
      'role',
      'group',
      'pool',
      'lastSignIn',
    ),
    ...pageIn(search),
  }),
  component: lazyRouteComponent(() => import('../pages/users/UsersPage.tsx'), 'UsersPage'),
})
const invitations = createRoute({
  getParentRoute: () => settings,
  path: '/invitations',
  validateSearch: listSearch,
  component: lazyRouteComponent(
    () => import('../pages/invitations/InvitationsPage.tsx'),
    'InvitationsPage',
  ),
})
const user = createRoute({
  getParentRoute: () => settings,
  path: '/users/$id',
  component: lazyRouteComponent(() => import('../pages/user/UserPage.tsx'), 'UserPage'),
})
const groups = createRoute({
  getParentRoute: () => settings,
  path: '/groups',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('../pages/groups/GroupsPage.tsx'), 'GroupsPage'),
})
const group = createRoute({
  getParentRoute: () => settings,
  path: '/groups/$id',
  component: lazyRouteComponent(() => import('../pages/group/GroupPage.tsx'), 'GroupPage'),
})
const pools = createRoute({
  getParentRoute: () => settings,
  path: '/pools',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('../pages/pools/PoolsPage.tsx'), 'PoolsPage'),
})
const pool = createRoute({
  getParentRoute: () => settings,
  path: '/pools/$id',
  component: lazyRouteComponent(() => import('../pages/pool/PoolPage.tsx'), 'PoolPage'),
})
const accessCheck = createRoute({
  getParentRoute: () => settings,
  path: '/access-check',
  component: lazyRouteComponent(
    () => import('../pages/access-check/AccessCheckPage.tsx'),
    'AccessCheckPage',
  ),
})
const adoptions = createRoute({
  getParentRoute: () => settings,
  path: '/adoptions',
  component: lazyRouteComponent(
    () => import('../pages/adoptions/AdoptionsPage.tsx'),
    'AdoptionsPage',
  ),
})
const emergency = createRoute({
  getParentRoute: () => settings,
  path: '/emergency',
  component: lazyRouteComponent(
    () => import('../pages/emergency/EmergencyPage.tsx'),
    'EmergencyPage',
  ),
})
const domains = createRoute({
  getParentRoute: () => settings,
  path: '/domains',
  component: lazyRouteComponent(() => import('../pages/domains/DomainsPage.tsx'), 'DomainsPage'),
})
const mail = createRoute({
  getParentRoute: () => settings,
  path: '/mail',
  component: lazyRouteComponent(() => import('../pages/mail/MailPage.tsx'), 'MailPage'),
})
const signInLog = createRoute({
  getParentRoute: () => settings,
  path: '/sign-in-log',
  validateSearch: (search) => texts(search, 'search', 'result', 'attempt'),
  component: lazyRouteComponent(
    () => import('../pages/sign-in-log/SignInLogPage.tsx'),
    'SignInLogPage',
  ),
})
const provisioningLog = createRoute({
  getParentRoute: () => settings,
  path: '/provisioning-log',
  validateSearch: (search) => texts(search, 'person', 'result', 'method', 'since', 'call'),
  component: lazyRouteComponent(
    () => import('../pages/provisioning-log/ProvisioningLogPage.tsx'),
    'ProvisioningLogPage',
  ),
})
const audit = createRoute({
  getParentRoute: () => settings,
  path: '/audit',
  validateSearch: (search) => texts(search, 'actor', 'type', 'result', 'source', 'since'),
  component: lazyRouteComponent(() => import('../pages/audit/AuditPage.tsx'), 'AuditPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    setup,
    login,
    emergencyLogin,
    activate,
    recover,
    reset,
    invite,
    join,
    platform,
    signedIn,
    organisation.addChildren([
      overview,
      account,
      settings.addChildren([
        settingsHome,
        identity.addChildren([entra]),
        selfService,
        scim,
        simulation,
        shadow,
        users,
        user,
        invitations,
        groups,
        group,
        pools,
        pool,
        accessCheck,
        adoptions,
        emergency,
        domains,
        mail,
        signInLog,
        provisioningLog,
        audit,
      ]),
    ]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Broken,
})

router.subscribe('onResolved', ({ pathChanged, fromLocation }) => {
  if (pathChanged && fromLocation) requestAnimationFrame(focusPage)
})

/** After a navigation the keyboard continues at the new page's heading, unless a dialog has it. */
function focusPage(): void {
  if (document.activeElement?.closest('[role="dialog"]')) return
  const target = document.querySelector<HTMLElement>('main h1') ?? document.querySelector('main')
  if (!(target instanceof HTMLElement)) return
  target.tabIndex = -1
  target.focus({ preventScroll: true })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

/** A list with a search and pages. */
function listSearch(search: Record<string, unknown>): { search?: string; page?: number } {
  return { ...texts(search, 'search'), ...pageIn(search) }
}

/** A fault of the portal itself, or a part of it that could not be fetched. */
function Broken({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <div className="mx-auto w-full max-w-xl py-10">
      <ErrorState
        title="This page has stopped"
        problem={asProblem(error)}
        onRetry={() => {
          reset()
          location.reload()
        }}
      />
    </div>
  )
}

function NotFound() {
  return (
    <Doorstep
      title="Not found"
      heading="There is nothing here"
      about="The address may be mistyped, or what was here has been removed."
    />
  )
}
