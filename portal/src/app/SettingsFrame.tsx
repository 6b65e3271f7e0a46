import { Link, Outlet, useLocation } from '@tanstack/react-router'
import {
  ArrowLeftRight,
  ClipboardList,
  DoorOpen,
  Fingerprint,
  Globe,
  Group,
  Layers,
  Mail,
  MailPlus,
  Menu as MenuIcon,
  ShieldQuestion,
  Siren,
  UserRoundCheck,
  UsersRound,
} from 'lucide-react'
import { useState } from 'react'
import { useOrganisation } from '../client/index.ts'
import { Button, ButtonLink, classes, Drawer, useTitle } from '../parts/index.ts'

const places = [
  { to: '/o/$slug/settings/identity', label: 'Identity Configuration', Icon: Fingerprint },
  { to: '/o/$slug/settings/users', label: 'User Management', Icon: UsersRound },
  { to: '/o/$slug/settings/invitations', label: 'Invitations', Icon: MailPlus },
  { to: '/o/$slug/settings/groups', label: 'Groups', Icon: Group },
  { to: '/o/$slug/settings/pools', label: 'Pools', Icon: Layers },
  { to: '/o/$slug/settings/access-check', label: 'Access check', Icon: ShieldQuestion },
  { to: '/o/$slug/settings/domains', label: 'Domains', Icon: Globe },
  { to: '/o/$slug/settings/adoptions', label: 'Adoption queue', Icon: UserRoundCheck },
  { to: '/o/$slug/settings/emergency', label: 'Emergency access', Icon: Siren },
  { to: '/o/$slug/settings/mail', label: 'Mail', Icon: Mail },
  { to: '/o/$slug/settings/sign-in-log', label: 'Sign-in log', Icon: DoorOpen },
  { to: '/o/$slug/settings/provisioning-log', label: 'Provisioning log', Icon: ArrowLeftRight },
  { to: '/o/$slug/settings/audit', label: 'Audit events', Icon: ClipboardList },
] as const

const heading = 'Identity and Access Management'

/** Settings: "Identity and Access Management" with its pages at the side. */
export function SettingsFrame() {
  const [open, setOpen] = useState(false)
  const { reads } = useOrganisation()
  const { pathname } = useLocation()
  const here = places.find((place) => pathname.includes(place.to.replace('/o/$slug', '')))
  if (!reads) return <NotForYou />
  return (
    <div className="mx-auto flex w-full max-w-[88rem] flex-1 flex-col lg:flex-row">
      <div className="sticky top-14 z-20 border-b border-line bg-bg/95 px-4 py-2 backdrop-blur-sm sm:px-6 lg:hidden">
        <Button
          look="ghost"
          className="-mx-2.5"
          aria-haspopup="dialog"
          onClick={() => setOpen(true)}
        >
          <MenuIcon aria-hidden="true" />
          <span className="sr-only">{heading}: </span>
          {here?.label ?? heading}
        </Button>
        <Drawer open={open} onClose={() => setOpen(false)} title={heading}>
          <Places onGo={() => setOpen(false)} />
        </Drawer>
      </div>
      <aside className="sticky top-14 hidden h-[calc(100dvh-3.5rem)] w-66 shrink-0 overflow-y-auto px-6 py-8 lg:block">
        <h2 className="mb-2 px-2.5 text-xs font-medium text-ink-3">{heading}</h2>
        <Places />
      </aside>
      <main className="w-full min-w-0 flex-1 px-4 py-6 sm:px-6 lg:py-8 lg:pr-8 lg:pl-4">
        <Outlet />
      </main>
    </div>
  )
}

function Places({ onGo }: { onGo?: () => void }) {
  const { slug } = useOrganisation()
  return (
    <nav aria-label={heading}>
      <ul className="flex flex-col gap-0.5">
        {places.map(({ to, label, Icon }) => (
          <li key={to}>
            <Link
              to={to}
              params={{ slug }}
              {...(onGo ? { onClick: onGo } : {})}
              activeOptions={{ includeSearch: false }}
              className={classes(
                'flex h-9 items-center gap-2.5 rounded-lg px-2.5 font-medium text-ink-2 transition-colors lg:h-8.5',
                'hover:bg-hover hover:text-ink',
                'aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent-text',
              )}
            >
              <Icon className="size-4 shrink-0" aria-hidden="true" />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function NotForYou() {
  const { slug } = useOrganisation()
  useTitle('Settings')
  return (
    <main className="mx-auto w-full max-w-lg px-4 py-20 text-center">
      <h1 className="text-xl font-semibold text-ink">Settings are for managers</h1>
      <p className="mt-2 text-ink-2">
        Your roles do not include managing this organisation. A manager can show you what you need,
        or give you a role.
      </p>
      <ButtonLink className="mt-6" to="/o/$slug/account" params={{ slug }}>
        My account
      </ButtonLink>
    </main>
  )
}
