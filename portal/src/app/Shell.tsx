import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import {
  LifeBuoy,
  LogOut,
  Monitor,
  Moon,
  PauseCircle,
  Settings,
  Siren,
  Sun,
  UserRound,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { asProblem, signOut, useMe, useOrganisation } from '../client/index.ts'
import {
  Avatar,
  ButtonLink,
  Mark,
  Menu,
  MenuChoices,
  MenuItem,
  MenuSeparator,
  Moment,
  TextLink,
  toastProblem,
} from '../parts/index.ts'
import { useTheme } from './theme.ts'

/** What surrounds every page of a signed-in person. */
export function Shell() {
  const me = useMe()
  const { slug, name, reads } = useOrganisation()
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#content"
        className="sr-only rounded-lg bg-raised px-4 py-2 font-medium text-ink shadow-float focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:z-60"
      >
        Skip to content
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-surface/95 backdrop-blur-sm">
        <div className="mx-auto flex h-14 max-w-[88rem] items-center justify-between gap-3 px-4 sm:px-6">
          <Link
            to="/o/$slug"
            params={{ slug }}
            className="-mx-1 flex min-w-0 items-center gap-2.5 rounded-lg px-1 py-1"
          >
            <Mark />
            <span className="truncate font-semibold text-ink">{name}</span>
          </Link>
          <div className="flex shrink-0 items-center gap-1.5">
            {reads ? (
              <ButtonLink
                look="ghost"
                to="/o/$slug/settings"
                params={{ slug }}
                activeProps={{ className: 'bg-hover text-ink' }}
              >
                <Settings aria-hidden="true" />
                Settings
              </ButtonLink>
            ) : null}
            <AccountMenu />
          </div>
        </div>
      </header>
      {me.user.breakGlass ? (
        <Notice Icon={Siren}>
          Emergency access is open until <Moment at={me.session.expiresAt} />. All managers have
          been told, and everything done here is recorded.
        </Notice>
      ) : null}
      {me.session.method === 'assist' ? (
        <Notice Icon={LifeBuoy}>
          You assist {name} as its manager until <Moment at={me.session.expiresAt} />. Its managers
          have been told why, and everything done here is recorded. Sign out when you are done.
        </Notice>
      ) : null}
      {me.session.method === 'recovery' ? (
        <Notice Icon={LifeBuoy}>
          You got back in by the operator’s link, until <Moment at={me.session.expiresAt} />. All
          managers have been told. Make an emergency account before this session ends.
        </Notice>
      ) : null}
      {reads ? <PausedNotice /> : null}
      <div id="content" className="flex flex-1 flex-col">
        <Outlet />
      </div>
    </div>
  )
}

/** PV-15: whoever looks after people has to know that those who leave are not taken out now. */
function PausedNotice() {
  const { api, key, slug } = useOrganisation()
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const { paused, source } = provisioning.data?.value ?? {}
  if (!paused) return null
  return (
    <Notice Icon={PauseCircle}>
      Provisioning is paused: nobody new can enter
      {source === 'scim' || source === 'ldap'
        ? ', and people who leave in the identity provider stay here'
        : ''}
      .{' '}
      <TextLink to="/o/$slug/settings/identity" params={{ slug }}>
        Identity Configuration
      </TextLink>
    </Notice>
  )
}

/** Above every page, while something is not as usual. */
function Notice({ Icon, children }: { Icon: typeof Siren; children: ReactNode }) {
  return (
    <div role="status" className="border-b border-warn-line bg-warn-soft text-ink">
      <p className="mx-auto flex max-w-[88rem] items-center gap-2.5 px-4 py-2 text-sm sm:px-6">
        <Icon className="size-4 shrink-0 text-warn" aria-hidden="true" />
        <span>{children}</span>
      </p>
    </div>
  )
}

function AccountMenu() {
  const { user } = useMe()
  const { slug } = useOrganisation()
  const [theme, setTheme] = useTheme()
  const name = user.breakGlass ? 'Emergency access' : `${user.firstName} ${user.lastName}`
  const leave = useMutation({
    mutationFn: () => signOut(slug),
    // Loading afresh leaves nothing of the session in memory.
    onSuccess: (next) => location.assign(next),
    onError: (error) => toastProblem('You are still signed in', asProblem(error).detail),
  })
  return (
    <Menu
      trigger={
        <button type="button" aria-label={`Account menu, ${name}`} className="rounded-full p-0.5">
          <Avatar name={name} />
        </button>
      }
    >
      <div className="px-2.5 pt-2 pb-1.5">
        <div className="truncate font-medium text-ink">{name}</div>
        <div className="truncate text-sm text-ink-3">{user.email}</div>
      </div>
      <MenuSeparator />
      <MenuItem
        icon={<UserRound aria-hidden="true" />}
        render={<Link to="/o/$slug/account" params={{ slug }} />}
      >
        My account
      </MenuItem>
      <MenuSeparator />
      <MenuChoices
        label="Theme"
        value={theme}
        onChange={setTheme}
        choices={[
          { value: 'light', label: 'Light', icon: <Sun aria-hidden="true" /> },
          { value: 'dark', label: 'Dark', icon: <Moon aria-hidden="true" /> },
          { value: 'system', label: 'As on this device', icon: <Monitor aria-hidden="true" /> },
        ]}
      />
      <MenuSeparator />
      <MenuItem icon={<LogOut aria-hidden="true" />} onSelect={() => leave.mutate()}>
        Sign out
      </MenuItem>
    </Menu>
  )
}
