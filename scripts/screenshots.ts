import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildPortalWhenStale } from './builds.ts'
import { photographMails } from './mail-sheet.ts'

// `npm run screenshots`: each page in light, dark and at 360 px, for the documentation.
const pages = [
  'setup',
  'login-sso',
  'login-password',
  'login-emergency',
  'activate',
  'join',
  'invite',
  'invitations',
  'invitations-file',
  'platform',
  'overview',
  'overview-new',
  'account',
  'identity',
  'identity-new',
  'identity-choosing-sso',
  'identity-tested',
  'identity-error',
  'entra',
  'identity-scim',
  'self-service',
  'scim',
  'scim-guide-entra',
  'simulation',
  'users',
  'users-empty',
  'users-create',
  'user',
  'user-managed',
  'groups',
  'group',
  'group-scim',
  'pools',
  'pool',
  'access-check',
  'adoptions',
  'emergency',
  'domains',
  'mail',
  'mail-new',
  'sign-in-log',
  'sign-in-attempt',
  'provisioning-log',
  'provisioning-call',
  'audit',
]
const repository = join(import.meta.dirname, '..')
const folder = join(repository, 'docs/screenshots')

await buildPortalWhenStale()
rmSync(folder, { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  [join(repository, 'portal/dev/screens.ts'), `^(${pages.join('|')})$`],
  { stdio: 'inherit', env: { ...process.env, SCREENS: folder } },
)
await photographMails(folder)
process.exitCode = status ?? 1
