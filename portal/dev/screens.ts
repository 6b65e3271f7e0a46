/**
 * Photographs every page of the built portal, in its faces, themes and widths, and holds each
 * against axe and the content policy: `vite build portal && node portal/dev/screens.ts [name]`.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { answer, type Face } from './fixtures.ts'

type Scene = { name: string; path: string; face?: Face; act?: (page: Page) => Promise<void> }

const settings = '/o/acme/settings'
const shadow = `${settings}/identity/scim/shadow`
const press = (name: string | RegExp) => (page: Page) =>
  page.getByRole('button', { name }).first().click()

/** What changes the source is looked at first. */
async function saveSource(page: Page, verb = 'Save'): Promise<void> {
  await press('Save')(page)
  await page.getByText('Change the source to').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: verb, exact: true }).click()
}

async function fillInGrace(page: Page): Promise<void> {
  await press('Create a user')(page)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('First name').fill('Grace')
  await dialog.getByLabel('Last name').fill('Kim')
  await dialog.getByLabel('E-mail').fill('grace.kim@acme.example')
  await press('Create')(page)
}

const scenes: Scene[] = [
  { name: 'setup', path: '/setup?code=K7F2-9QXM', face: 'new' },
  { name: 'setup-closed', path: '/setup' },
  { name: 'home', path: '/' },
  { name: 'login-sso', path: '/login/acme', face: 'signed-out' },
  {
    name: 'login-password',
    path: '/login/acme',
    face: 'new',
    async act(page) {
      await page.getByLabel('E-mail').fill('ana@acme.example')
      await page.getByLabel('Password', { exact: true }).fill('wrong')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('E-mail or password is not right').waitFor()
    },
  },
  {
    name: 'login-forgot',
    path: '/login/acme',
    face: 'new',
    act: press('Forgot password?'),
  },
  {
    name: 'login-code',
    path: '/login/prove?goOn=1',
    async act(page) {
      await page.getByLabel('Code from your app').fill('000000')
      await press('Continue')(page)
      await page.getByText('That did not work').waitFor()
    },
  },
  {
    name: 'login-recovery-code',
    path: '/login/prove?goOn=1',
    act: press('Use a recovery code'),
  },
  { name: 'login-enrol', path: '/login/enrol?goOn=1' },
  {
    name: 'login-enrol-app',
    path: '/login/enrol?goOn=1',
    act: press('Set up an authenticator app'),
  },
  {
    name: 'login-recovery-codes',
    path: '/login/enrol?goOn=1',
    async act(page) {
      await press('Set up an authenticator app')(page)
      await page.getByLabel('Code from the app').fill('123456')
      await press('Continue')(page)
      await page.getByText('It is set up').waitFor()
    },
  },
  {
    name: 'login-new-password',
    path: '/login/given?goOn=1',
    act: (page) => page.getByLabel('New password', { exact: true }).fill('Quiet'),
  },
  { name: 'login-unknown', path: '/login/nobody' },
  { name: 'login-emergency', path: '/login/acme/emergency' },
  {
    name: 'activate',
    path: '/activate/good',
    act: (page) => page.getByLabel('Password', { exact: true }).fill('Quiet'),
  },
  { name: 'activate-expired', path: '/activate/dead' },
  { name: 'platform', path: '/platform' },
  {
    name: 'platform-assist',
    path: '/platform',
    async act(page) {
      await page.getByRole('button', { name: 'Assist Northwind' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Assist' }).click()
      await page.getByText('Say why').waitFor()
    },
  },
  { name: 'recover', path: '/recover/0190a000.token', face: 'signed-out' },
  { name: 'overview', path: '/o/acme' },
  { name: 'overview-new', path: '/o/acme', face: 'new' },
  { name: 'account', path: '/o/acme/account', face: 'member' },
  { name: 'account-without-factor', path: '/o/acme/account', face: 'new' },
  {
    name: 'account-add-app',
    path: '/o/acme/account',
    face: 'new',
    async act(page) {
      await press('Set up')(page)
      await page.getByLabel('Code from the app').fill('123456')
    },
  },
  {
    name: 'account-key',
    path: '/o/acme/account',
    face: 'new',
    async act(page) {
      await press('Create a key')(page)
      await page.getByLabel('Label').fill('Monthly report')
    },
  },
  {
    name: 'account-new-codes',
    path: '/o/acme/account',
    async act(page) {
      await press('Make new ones')(page)
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'account-everywhere',
    path: '/o/acme/account',
    face: 'member',
    act: press('Sign out everywhere'),
  },
  { name: 'settings-member', path: `${settings}/users`, face: 'member' },
  { name: 'users-viewer', path: `${settings}/users?status=active`, face: 'viewer' },
  { name: 'account-menu', path: '/o/acme', act: press(/Account menu/) },
  { name: 'identity', path: `${settings}/identity` },
  { name: 'identity-new', path: `${settings}/identity`, face: 'new' },
  { name: 'identity-loading', path: `${settings}/identity`, face: 'loading' },
  { name: 'identity-error', path: `${settings}/identity`, face: 'error' },
  {
    name: 'identity-choosing-sso',
    path: `${settings}/identity`,
    face: 'new',
    async act(page) {
      await page.getByRole('radio', { name: /Single sign-on/ }).click()
      await page.getByLabel('Metadata URL of the identity provider').fill('https://idp.example/m')
      await press('Read metadata')(page)
      await page.getByText('SHA-256').first().waitFor()
    },
  },
  {
    name: 'identity-tested',
    path: `${settings}/identity`,
    async act(page) {
      await page.getByText('Advanced').click()
      await page.getByRole('switch', { name: 'Allow IdP-initiated sign-in' }).click()
      await press('Test sign-in')(page)
      await page.getByText('It works, and it is you').waitFor()
    },
  },
  {
    name: 'identity-oidc',
    path: `${settings}/identity`,
    face: 'oidc',
    async act(page) {
      await page.getByText('Set up with Microsoft Entra ID').click()
      await page.getByText('claims, refresh').click()
    },
  },
  {
    name: 'identity-oidc-key',
    path: `${settings}/identity`,
    face: 'oidc',
    async act(page) {
      await page.getByLabel('Client authentication').click()
      await page.getByRole('option', { name: /Private key/ }).click()
      await page.getByText('run “Test sign-in”').or(page.getByText('Run “Test sign-in”')).waitFor()
    },
  },
  {
    name: 'identity-google',
    path: `${settings}/identity`,
    face: 'oidc',
    async act(page) {
      await page.getByRole('radio', { name: /Google/ }).click()
      await page.getByLabel('Google Workspace domain').fill('acme.example')
      await press('Test sign-in')(page)
      await page.getByText('It works, and it is you').waitFor()
    },
  },
  {
    name: 'identity-confirm',
    path: `${settings}/identity`,
    async act(page) {
      await page.getByRole('radio', { name: /E-mail and password/ }).click()
      await saveSource(page, 'Next')
      await page.getByText('people affected').waitFor()
    },
  },
  {
    name: 'identity-first-password',
    path: `${settings}/identity`,
    face: 'new',
    async act(page) {
      await page.getByRole('radio', { name: /E-mail and password/ }).click()
      await press('Save')(page)
      await page.getByText('Nothing changes').waitFor()
    },
  },
  {
    name: 'identity-ticks',
    path: `${settings}/identity`,
    face: 'password',
    async act(page) {
      await page.getByRole('radio', { name: /Single sign-on/ }).click()
      await press('Test sign-in')(page)
      await page.getByText('It works, and it is you').waitFor()
      await press('Save')(page)
      await page.getByRole('checkbox', { name: /Everyone but managers/ }).click()
    },
  },
  {
    name: 'identity-hand-over',
    path: `${settings}/identity`,
    face: 'password',
    async act(page) {
      await page.getByRole('radio', { name: /Single sign-on/ }).click()
      await press('Test sign-in')(page)
      await page.getByText('It works, and it is you').waitFor()
      await press('Save')(page)
      await page.getByRole('checkbox', { name: /Everyone but managers/ }).waitFor()
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
      await page.getByText('Hand over the activation links').waitFor()
    },
  },
  { name: 'identity-switching', path: `${settings}/identity`, face: 'switching' },
  { name: 'users-switching', path: `${settings}/users`, face: 'switching' },
  {
    name: 'identity-leave',
    path: `${settings}/identity`,
    async act(page) {
      await page.getByRole('switch', { name: 'SAML JIT' }).click()
      await page.getByRole('link', { name: 'Acme Robotics' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'identity-password',
    path: `${settings}/identity`,
    face: 'new',
    async act(page) {
      await page.getByRole('radio', { name: /E-mail and password/ }).click()
      await page.getByRole('switch', { name: 'Require a second factor' }).click()
    },
  },
  { name: 'identity-viewer', path: `${settings}/identity`, face: 'viewer' },
  {
    name: 'identity-stale',
    path: `${settings}/identity`,
    face: 'stale',
    async act(page) {
      await page.getByRole('switch', { name: 'SAML JIT' }).click()
      await saveSource(page)
      await page.getByText('Changed by someone else meanwhile').waitFor()
    },
  },
  {
    name: 'identity-stale-kept',
    path: `${settings}/identity`,
    face: 'stale',
    async act(page) {
      await page.getByRole('switch', { name: 'SAML JIT' }).click()
      await saveSource(page)
      await press('Keep what I entered')(page)
      await page.getByText('Unsaved changes').waitFor()
    },
  },
  {
    name: 'confirm-identity',
    path: `${settings}/identity`,
    face: 'reauth',
    async act(page) {
      await page.getByRole('switch', { name: 'SAML JIT' }).click()
      await saveSource(page)
      await page.getByText('Confirm it is you').waitFor()
    },
  },
  {
    name: 'identity-scim',
    path: `${settings}/identity`,
    async act(page) {
      await page.getByRole('switch', { name: 'SCIM' }).click()
      await page.getByText('What changes when you save').waitFor()
    },
  },
  { name: 'join', path: '/join/acme/open' },
  {
    name: 'join-sent',
    path: '/join/acme/open',
    async act(page) {
      await page.getByLabel('First name').fill('Grace')
      await page.getByLabel('Last name').fill('Kim')
      await page.getByLabel('Work e-mail').fill('grace.kim@acme.example')
      await page.getByRole('checkbox').check()
      await press('Register')(page)
      await page.getByText('Check your mail').first().waitFor()
    },
  },
  { name: 'join-closed', path: '/join/acme/dead' },
  {
    name: 'invite',
    path: '/invite/good',
    act: (page) => page.getByLabel('Password', { exact: true }).fill('Quiet'),
  },
  { name: 'invite-sso', path: '/invite/sso' },
  { name: 'invite-gone', path: '/invite/dead' },
  { name: 'invitations', path: `${settings}/invitations`, face: 'link' },
  { name: 'invitations-empty', path: `${settings}/invitations`, face: 'new' },
  { name: 'invitations-viewer', path: `${settings}/invitations`, face: 'viewer' },
  { name: 'invitations-error', path: `${settings}/invitations`, face: 'error' },
  {
    name: 'invitations-new',
    path: `${settings}/invitations`,
    async act(page) {
      await press('+ Invite users')(page)
      await page.getByLabel('E-mail addresses').fill('noa.levi@acme.example, lea.kim@acme.example')
      await page.getByText('Groups and pools').click()
    },
  },
  {
    name: 'invitations-results',
    path: `${settings}/invitations`,
    async act(page) {
      await press('+ Invite users')(page)
      await page.getByLabel('E-mail addresses').fill('noa.levi@acme.example')
      await page.getByRole('button', { name: 'Invite', exact: true }).click()
      await page.getByText('1 of 4 are invited').waitFor()
    },
  },
  {
    name: 'invitations-file',
    path: `${settings}/invitations`,
    async act(page) {
      await press('Invite from a file')(page)
      await page.getByLabel('File of people').setInputFiles({
        name: 'people.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from('email\nnoa.levi@acme.example'),
      })
      await page.getByText('2 of 4 would be invited').waitFor()
    },
  },
  { name: 'identity-paused', path: `${settings}/identity`, face: 'paused' },
  { name: 'audit-verified', path: `${settings}/audit`, act: press('Verify') },
  { name: 'audit-broken', path: `${settings}/audit`, face: 'scim', act: press('Verify') },
  { name: 'identity-rollback', path: `${settings}/identity`, face: 'scim' },
  {
    name: 'identity-source',
    path: `${settings}/identity`,
    face: 'scim',
    async act(page) {
      await page.getByRole('switch', { name: 'SCIM' }).click()
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.getByRole('checkbox', { name: /Deactivate Bob/ }).click()
    },
  },
  {
    name: 'identity-rolling-back',
    path: `${settings}/identity`,
    face: 'scim',
    async act(page) {
      await press('Roll back')(page)
      await page.getByText('People enter Acme Robotics when a manager').waitFor()
    },
  },
  { name: 'users-paused', path: `${settings}/users`, face: 'paused' },
  {
    name: 'identity-pausing',
    path: `${settings}/identity`,
    face: 'link',
    act: (page) => page.getByRole('button', { name: 'Pause provisioning' }).click(),
  },
  { name: 'identity-link', path: `${settings}/identity`, face: 'link' },
  { name: 'self-service', path: `${settings}/identity/self-service`, face: 'link' },
  { name: 'self-service-new', path: `${settings}/identity/self-service`, face: 'new' },
  {
    name: 'self-service-any-domain',
    path: `${settings}/identity/self-service`,
    face: 'link',
    async act(page) {
      await page.getByText('Of any domain').click()
      await page.getByText('Anyone on the internet could join').waitFor()
      await page.getByText('Who came by the link').scrollIntoViewIfNeeded()
    },
  },
  { name: 'scim', path: `${settings}/identity/scim`, face: 'scim' },
  { name: 'scim-new', path: `${settings}/identity/scim`, face: 'new' },
  { name: 'scim-loading', path: `${settings}/identity/scim`, face: 'loading' },
  { name: 'scim-error', path: `${settings}/identity/scim`, face: 'error' },
  { name: 'scim-viewer', path: `${settings}/identity/scim`, face: 'viewer' },
  {
    name: 'scim-token',
    path: `${settings}/identity/scim`,
    face: 'scim',
    async act(page) {
      await press('Create a token')(page)
      await press('Create')(page)
      await page.getByLabel('Label').fill('?')
      await page.getByText('a letter or digit first').waitFor()
    },
  },
  {
    name: 'scim-token-once',
    path: `${settings}/identity/scim`,
    face: 'scim',
    async act(page) {
      await press('Create a token')(page)
      await page.getByLabel('Label').fill('Entra ID 2027')
      await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
      await page.getByText('I have copied it').waitFor()
    },
  },
  {
    name: 'scim-revoke',
    path: `${settings}/identity/scim`,
    face: 'scim',
    async act(page) {
      await press('Revoke Entra ID production')(page)
      await page.getByText('It was last used').waitFor()
    },
  },
  {
    name: 'scim-client',
    path: `${settings}/identity/scim`,
    face: 'scim',
    async act(page) {
      await press('Create a client')(page)
      await page.getByRole('combobox', { name: 'How it proves itself' }).click()
      await page.getByRole('option', { name: /private key/ }).click()
      await page.getByLabel('Public keys (JWKS)').fill('{"keys": [')
      await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
      await page.getByText('This is not JSON').waitFor()
    },
  },
  {
    name: 'scim-unsaved',
    path: `${settings}/identity/scim`,
    face: 'scim',
    async act(page) {
      await page.getByRole('switch', { name: 'Sync roles' }).click()
      await page.getByLabel('Grace days').fill('900')
      await page.getByText('Unsaved changes').waitFor()
    },
  },
  {
    name: 'scim-stale',
    path: `${settings}/identity/scim`,
    face: 'stale',
    async act(page) {
      await page.getByRole('switch', { name: 'Sync roles' }).click()
      await press('Save')(page)
      await page.getByText('Changed by someone else meanwhile').waitFor()
    },
  },
  ...['entra', 'okta', 'onelogin', 'ping', 'jumpcloud', 'google'].map((guide) => ({
    name: `scim-guide-${guide}`,
    path: `${settings}/identity/scim?guide=${guide}`,
    face: 'scim' as const,
  })),
  { name: 'shadow-none', path: `${settings}/identity/scim` },
  { name: 'shadow-blocked', path: `${settings}/identity/scim`, face: 'new' },
  { name: 'shadow-viewer', path: `${settings}/identity/scim`, face: 'viewer' },
  { name: 'shadow-discarded', path: `${settings}/identity/scim`, face: 'shadow-discarded' },
  {
    name: 'shadow-rolled-back',
    path: `${settings}/identity/scim`,
    face: 'shadow-rolled-back',
    act: (page) => page.getByText('2 more').click(),
  },
  { name: 'shadow-live', path: `${settings}/identity/scim`, face: 'shadow-live' },
  { name: 'shadow-copying', path: `${settings}/identity/scim`, face: 'shadow-copying' },
  { name: 'shadow-empty', path: `${settings}/identity/scim`, face: 'shadow-empty' },
  { name: 'shadow-open', path: `${settings}/identity/scim`, face: 'shadow' },
  { name: 'shadow-applying', path: `${settings}/identity/scim`, face: 'shadow-applying' },
  {
    name: 'shadow-error',
    path: `${settings}/identity/scim`,
    face: 'shadow-error',
    act: (page) => page.getByText('This could not be loaded').waitFor(),
  },
  {
    name: 'shadow-stop',
    path: `${settings}/identity/scim`,
    face: 'shadow-applying',
    act: press('Stop'),
  },
  {
    name: 'shadow-discard',
    path: `${settings}/identity/scim`,
    face: 'shadow',
    act: press('Discard'),
  },
  {
    name: 'shadow-discarding',
    path: `${settings}/identity/scim`,
    face: 'shadow',
    async act(page) {
      await press('Discard')(page)
      await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
      await page.locator('#shadow:focus').waitFor()
      await page.getByText('The last one was discarded').waitFor()
    },
  },
  {
    name: 'shadow-starting',
    path: `${settings}/identity/scim`,
    face: 'shadow-discarded',
    async act(page) {
      await press('Start shadow')(page)
      await page.locator('#shadow:focus').waitFor()
      await page.getByText('31,200 of 50,000 people').waitFor()
    },
  },
  {
    name: 'shadow-go-live',
    path: shadow,
    face: 'shadow',
    async act(page) {
      await press('Go live')(page)
      await page.getByText('open invitations closed').waitFor()
    },
  },
  {
    name: 'shadow-page-discarding',
    path: shadow,
    face: 'shadow',
    async act(page) {
      await press('Discard')(page)
      await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
      await page.locator('h1:focus').waitFor()
      await page.getByRole('heading', { name: 'SCIM connection' }).waitFor()
    },
  },
  { name: 'shadow-differences', path: shadow, face: 'shadow' },
  {
    name: 'shadow-differences-more',
    path: shadow,
    face: 'shadow',
    async act(page) {
      await press('Load more')(page)
      await page.getByText('Zoë Nakamura').waitFor()
    },
  },
  {
    name: 'shadow-differences-filtered',
    path: shadow,
    face: 'shadow',
    async act(page) {
      await press('12 deactivated')(page)
      await page.getByRole('heading', { name: 'People: deactivated' }).waitFor()
    },
  },
  { name: 'shadow-differences-groups', path: `${shadow}?kind=group`, face: 'shadow' },
  {
    name: 'shadow-differences-no-match',
    path: `${shadow}?kind=group&difference=deleted`,
    face: 'shadow',
  },
  { name: 'shadow-differences-empty', path: shadow, face: 'shadow-empty' },
  { name: 'shadow-differences-loading', path: shadow, face: 'shadow-reading' },
  {
    name: 'shadow-differences-error',
    path: shadow,
    face: 'shadow-unread',
    act: (page) => page.getByText('This could not be loaded').waitFor(),
  },
  { name: 'shadow-page-loading', path: shadow, face: 'loading' },
  { name: 'shadow-page-error', path: shadow, face: 'error' },
  { name: 'shadow-page-none', path: shadow },
  { name: 'shadow-page-copying', path: shadow, face: 'shadow-copying' },
  { name: 'shadow-page-applying', path: shadow, face: 'shadow-applying' },
  {
    name: 'simulation',
    path: `${settings}/identity/scim/simulation`,
    face: 'scim',
    async act(page) {
      await page.getByRole('button', { name: /Update Priya Raman/ }).click()
      await page.getByText('What was answered').waitFor()
    },
  },
  { name: 'simulation-new', path: `${settings}/identity/scim/simulation`, face: 'new' },
  { name: 'simulation-error', path: `${settings}/identity/scim/simulation`, face: 'error' },
  { name: 'provisioning-log', path: `${settings}/provisioning-log`, face: 'scim' },
  { name: 'provisioning-log-empty', path: `${settings}/provisioning-log`, face: 'new' },
  {
    name: 'provisioning-log-no-match',
    path: `${settings}/provisioning-log?person=zed&result=refused`,
    face: 'new',
  },
  { name: 'provisioning-log-loading', path: `${settings}/provisioning-log`, face: 'loading' },
  { name: 'provisioning-log-error', path: `${settings}/provisioning-log`, face: 'error' },
  {
    name: 'provisioning-call',
    path: `${settings}/provisioning-log?call=0190a000-0000-7000-8000-000000000651`,
    face: 'scim',
  },
  { name: 'entra', path: `${settings}/identity/entra` },
  { name: 'users', path: `${settings}/users?status=active` },
  { name: 'users-scim', path: `${settings}/users?notManagedBy=scim`, face: 'scim' },
  {
    name: 'users-scim-menu',
    path: `${settings}/users`,
    face: 'scim',
    act: press(/Actions for Dmitri/),
  },
  {
    name: 'users-chosen',
    path: `${settings}/users?notManagedBy=scim`,
    face: 'scim',
    async act(page) {
      await page
        .getByRole('checkbox', { name: 'Choose Ana Ruiz' })
        .filter({ visible: true })
        .click()
      await page
        .getByRole('checkbox', { name: 'Choose Björn Lindqvist' })
        .filter({ visible: true })
        .click()
      await press('Deactivate')(page)
      await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click()
      await page.getByText('1 deactivated, 1 not').waitFor()
    },
  },
  {
    name: 'users-choosing',
    path: `${settings}/users?notManagedBy=scim`,
    face: 'scim',
    async act(page) {
      await page
        .getByRole('checkbox', { name: 'Choose Ana Ruiz' })
        .filter({ visible: true })
        .click()
      await page.getByText('1 person chosen').waitFor()
    },
  },
  {
    name: 'users-chosen-links',
    path: `${settings}/users`,
    async act(page) {
      for (const name of ['Choose Ana Ruiz', 'Choose Björn Lindqvist']) {
        await page.getByRole('checkbox', { name }).filter({ visible: true }).click()
      }
      await press('Resend activation')(page)
      await page.getByRole('dialog').getByRole('button', { name: 'Resend activation' }).click()
      await page.getByText('1 with a new link, 1 not').waitFor()
    },
  },
  {
    name: 'users-export',
    path: `${settings}/users?status=active&search=an`,
    async act(page) {
      await press('Export CSV')(page)
      await page.getByRole('dialog').getByRole('link', { name: 'Download' }).waitFor()
    },
  },
  {
    name: 'users-chosen-group',
    path: `${settings}/users`,
    async act(page) {
      await page
        .getByRole('checkbox', { name: 'Choose Ana Ruiz' })
        .filter({ visible: true })
        .click()
      await press('Add to group')(page)
      await page.getByRole('dialog').getByLabel('Group').waitFor()
    },
  },
  { name: 'users-empty', path: `${settings}/users`, face: 'new' },
  { name: 'users-loading', path: `${settings}/users?status=active`, face: 'loading' },
  { name: 'users-error', path: `${settings}/users?status=active`, face: 'error' },
  { name: 'users-menu', path: `${settings}/users`, act: press(/Actions for Dmitri/) },
  {
    name: 'users-create',
    path: `${settings}/users`,
    async act(page) {
      await press('Create a user')(page)
      await press('Create')(page)
      await page.getByText('Please enter an e-mail address.').waitFor()
    },
  },
  {
    name: 'users-restore',
    path: `${settings}/users`,
    async act(page) {
      await fillInGrace(page)
      await page.getByText('This person was here before').waitFor()
    },
  },
  {
    name: 'users-restored',
    path: `${settings}/users`,
    async act(page) {
      await fillInGrace(page)
      await press('Restore')(page)
      await page.getByRole('textbox', { name: 'Activation link' }).waitFor()
    },
  },
  {
    name: 'users-delete',
    path: `${settings}/users`,
    async act(page) {
      await press(/Actions for Dmitri/)(page)
      await page.getByRole('menuitem', { name: 'Delete user' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'user',
    path: `${settings}/users/0190a000-0000-7000-8000-000000000011`,
    act: (page) => page.getByText('on pool Production').click(),
  },
  {
    name: 'user-managed',
    path: `${settings}/users/0190a000-0000-7000-8000-000000000014`,
    face: 'scim',
  },
  {
    name: 'user-hold',
    path: `${settings}/users/0190a000-0000-7000-8000-000000000014`,
    face: 'scim',
    async act(page) {
      await press('Lift hold')(page)
      await page.getByRole('dialog').waitFor()
    },
  },
  { name: 'groups', path: `${settings}/groups` },
  { name: 'groups-empty', path: `${settings}/groups`, face: 'new' },
  { name: 'groups-loading', path: `${settings}/groups`, face: 'loading' },
  { name: 'groups-error', path: `${settings}/groups`, face: 'error' },
  { name: 'groups-viewer', path: `${settings}/groups`, face: 'viewer' },
  { name: 'group', path: `${settings}/groups/0190a000-0000-7000-8000-000000000103` },
  {
    name: 'group-scim',
    path: `${settings}/groups/0190a000-0000-7000-8000-000000000102`,
    face: 'scim',
  },
  { name: 'group-default', path: `${settings}/groups/0190a000-0000-7000-8000-000000000101` },
  {
    name: 'group-add',
    path: `${settings}/groups/0190a000-0000-7000-8000-000000000103`,
    async act(page) {
      await press('Add people')(page)
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /Lindqvist/ })
        .click()
    },
  },
  {
    name: 'group-delete',
    path: `${settings}/groups/0190a000-0000-7000-8000-000000000103`,
    async act(page) {
      await press('Actions')(page)
      await page.getByRole('menuitem', { name: 'Delete group' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  { name: 'pools', path: `${settings}/pools` },
  { name: 'pools-empty', path: `${settings}/pools`, face: 'new' },
  { name: 'pool', path: `${settings}/pools/0190a000-0000-7000-8000-000000000202` },
  {
    name: 'access-check',
    path: `${settings}/access-check`,
    async act(page) {
      await press('Choose a person')(page)
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /Lindqvist/ })
        .click()
      await page.getByRole('dialog').getByRole('button', { name: 'Choose', exact: true }).click()
      await press('Check access')(page)
      await page.getByText('Allowed', { exact: true }).waitFor()
    },
  },
  { name: 'overview-scim', path: '/o/acme', face: 'scim' },
  { name: 'adoptions', path: `${settings}/adoptions` },
  {
    name: 'adoptions-chosen',
    path: `${settings}/adoptions`,
    async act(page) {
      await page.getByRole('checkbox', { name: 'Choose all' }).click()
      await page.getByText('chosen', { exact: false }).first().waitFor()
    },
  },
  {
    name: 'adoptions-approve',
    path: `${settings}/adoptions`,
    async act(page) {
      await page.getByRole('checkbox', { name: 'Choose all' }).click()
      await page.getByRole('button', { name: 'Approve' }).first().click()
      await page.getByText('Is each of them the same person?').waitFor()
    },
  },
  { name: 'adoptions-empty', path: `${settings}/adoptions`, face: 'new' },
  { name: 'emergency', path: `${settings}/emergency` },
  { name: 'emergency-empty', path: `${settings}/emergency`, face: 'new' },
  {
    name: 'emergency-lost-passkey',
    path: `${settings}/emergency`,
    act: press(/Remove the passkey/),
  },
  {
    name: 'emergency-created',
    path: `${settings}/emergency`,
    async act(page) {
      await press('Create an emergency account')(page)
      await page.getByLabel('E-mail').fill('safe@acme.example')
      await page.getByLabel('Password', { exact: true }).fill('Correct-Horse-7')
      await press('Create')(page)
      await page.getByAltText(/QR code/).waitFor()
    },
  },
  { name: 'domains', path: `${settings}/domains` },
  { name: 'domains-empty', path: `${settings}/domains`, face: 'new' },
  { name: 'domains-loading', path: `${settings}/domains`, face: 'loading' },
  { name: 'domains-error', path: `${settings}/domains`, face: 'error' },
  { name: 'domains-viewer', path: `${settings}/domains`, face: 'viewer' },
  {
    name: 'domains-add',
    path: `${settings}/domains`,
    async act(page) {
      await press('Add a domain')(page)
      await page.getByLabel('Domain', { exact: true }).fill('gmail.com')
      await page.getByRole('button', { name: 'Add', exact: true }).click()
      await page.getByText('proves nothing').waitFor()
    },
  },
  {
    name: 'domains-remove',
    path: `${settings}/domains`,
    async act(page) {
      await press('Remove acme.example')(page)
      await page.getByText('12 people are not').waitFor()
    },
  },
  { name: 'mail', path: `${settings}/mail` },
  { name: 'mail-new', path: `${settings}/mail`, face: 'new' },
  { name: 'mail-loading', path: `${settings}/mail`, face: 'loading' },
  { name: 'mail-error', path: `${settings}/mail`, face: 'error' },
  { name: 'mail-viewer', path: `${settings}/mail`, face: 'viewer' },
  {
    name: 'mail-test',
    path: `${settings}/mail`,
    async act(page) {
      await page.getByLabel('Host').fill('smtp2.acme.example')
      await page.getByLabel('Password', { exact: true }).fill('Quiet-otter-42')
      await press('Send test mail')(page)
      await page.getByText('did not take it').waitFor()
    },
  },
  {
    name: 'user-mail-failed',
    path: `${settings}/users/0190a000-0000-7000-8000-000000000018`,
  },
  { name: 'sign-in-log', path: `${settings}/sign-in-log` },
  { name: 'sign-in-log-empty', path: `${settings}/sign-in-log`, face: 'new' },
  {
    name: 'sign-in-attempt',
    path: `${settings}/sign-in-log?attempt=0190a000-0000-7000-8000-000000000502`,
  },
  {
    name: 'audit',
    path: `${settings}/audit`,
    act: (page) => page.getByText('Provisioning changed').click(),
  },
  {
    name: 'navigation-drawer',
    path: `${settings}/users`,
    act: async (page) => {
      const toggle = page.getByRole('button', { name: /Identity and Access Management/ })
      if (await toggle.isVisible()) await toggle.click()
    },
  },
]

type Look = { look: string; theme: 'light' | 'dark'; width: number; height: number }
const looks: Look[] = [
  { look: 'light', theme: 'light', width: 1440, height: 900 },
  { look: 'dark', theme: 'dark', width: 1440, height: 900 },
  { look: 'phone', theme: 'light', width: 360, height: 740 },
]

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'"
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const built = join(import.meta.dirname, '../../dist/portal')
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Which face a window asks for. Routes of Playwright would switch off the cache, and with it compiled code. */
const faceHeader = 'x-face'
const server = createServer((request, response) => void serve(request, response))
async function serve(request: IncomingMessage, response: ServerResponse) {
  const { pathname, search } = new URL(request.url ?? '/', 'http://portal')
  if (pathname.startsWith('/api/v1/')) {
    const face = request.headers[faceHeader] as Face
    const told = answer(request.method ?? 'GET', pathname.replace('/api/v1', ''), face, search)
    if (told === 'never') return
    const json = { 'content-type': 'application/json', 'cache-control': 'no-store', etag: '"4"' }
    response.writeHead(told.status, json).end(JSON.stringify(told.body))
    return
  }
  const file = types[extname(pathname)] ? pathname : '/index.html'
  const body = await readFile(file === '/axe.js' ? axe : join(built, file)).catch(() => null)
  response.writeHead(body ? 200 : 404, {
    'content-type': types[extname(file)] ?? 'text/plain',
    'content-security-policy': policy,
    'cache-control': 'max-age=3600',
  })
  response.end(body)
}
await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
const address = server.address()
const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

/** Where the pictures go; with `none` the pages are held to their rules and not photographed. */
const out =
  process.env.SCREENS === 'none'
    ? undefined
    : (process.env.SCREENS ?? join(tmpdir(), 'usher-screens'))
/** Small enough to be kept with the code, or exact enough to look at every pixel. */
const kept = process.env.SCREENS !== undefined
if (out) await mkdir(out, { recursive: true })
const [wanted = '', onlyLook = ''] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // A page is gone before optimised code pays for its making.
    '--js-flags=--no-opt,--no-maglev',
  ],
})

let faults = 0
const chosen = scenes.filter(({ name }) => new RegExp(wanted).test(name))
const seenAs = looks.filter((each) => each.look.includes(onlyLook))
// A picture is of a page that was opened as it is seen; to hold a page to its rules, it is opened once
// and then seen in every way.
const jobs = out
  ? seenAs.flatMap((seen) => chosen.map((scene) => ({ scene, seen: [seen] })))
  : chosen.map((scene) => ({ scene, seen: seenAs }))
/** A page mostly waits: several at a time are done sooner. */
const atOnce = 3
async function work(): Promise<void> {
  const stage = await openStage()
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const found = await photograph(stage, job.scene, job.seen)
    const look = job.seen.map((seen) => seen.look).join(', ')
    faults += found.length
    process.stdout.write(`${found.length === 0 ? 'ok  ' : 'FAIL'} ${job.scene.name} ${look}\n`)
    for (const fault of found) process.stdout.write(`     ${fault}\n`)
  }
  await stage.page.context().close()
}
await Promise.all(Array.from({ length: atOnce }, work))
await browser.close()
server.close()
process.stdout.write(`${faults} faults${out ? `; the pictures are in ${out}` : ''}\n`)
process.exitCode = faults === 0 ? 0 : 1

/** One window in which scene after scene is played; a window of its own for each would take longer. */
type Stage = { page: Page; found: string[] }

async function openStage(): Promise<Stage> {
  const context = await browser.newContext({ reducedMotion: 'reduce' })
  const stage: Stage = { page: await context.newPage(), found: [] }
  stage.page.on('console', (message) => {
    const expected = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !expected) stage.found.push(`console: ${message.text()}`)
  })
  stage.page.on('pageerror', (error) => stage.found.push(`error: ${error.message}`))
  return stage
}

/** The next scene finds nothing of this one. */
async function clear({ page }: Stage): Promise<void> {
  for (const other of page.context().pages()) if (other !== page) await other.close()
  await page.evaluate(() => {
    localStorage.clear()
    sessionStorage.clear()
  })
  await page.goto('about:blank')
}

async function photograph(
  stage: Stage,
  { name, path, face = 'full', act }: Scene,
  seenAs: Look[],
): Promise<string[]> {
  const found: string[] = []
  const [first] = seenAs
  if (!first) return found
  const { look, theme, ...viewport } = first
  const { page } = stage
  stage.found = found
  await page.context().setExtraHTTPHeaders({ [faceHeader]: face })
  await page.emulateMedia({ colorScheme: theme })
  await page.setViewportSize(viewport)
  try {
    await page.goto(origin + path)
    await page.locator('h1').first().waitFor({ state: 'attached', timeout: 8000 })
    await page.waitForTimeout(face === 'error' ? 3500 : 250)
    await act?.(page)
    await page.waitForTimeout(200)
    for (const seen of seenAs) {
      if (seen !== first) {
        await page.emulateMedia({ colorScheme: seen.theme })
        await page.setViewportSize({ width: seen.width, height: seen.height })
        await page.waitForTimeout(100)
      }
      const faults = [...(await accessibilityFaults(page, seen.theme))]
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      if (overflow > 0) faults.push(`the page scrolls sideways by ${overflow} px`)
      found.push(...faults.map((fault) => `${seen.look}: ${fault}`))
    }
  } catch (error) {
    found.push(`stopped: ${String(error).split('\n').slice(0, 3).join(' ')}`)
  }
  await page.evaluate(() => scrollTo(0, 0))
  if (out === undefined) {
    await clear(stage)
    return found
  }
  const dialog = await page.getByRole('dialog').count()
  if (dialog === 0) {
    // As tall as the page, so that a bar at the window's lower edge covers nothing in the middle.
    const tall = await page.evaluate(() => document.documentElement.scrollHeight)
    await page.setViewportSize({ ...viewport, height: tall })
  }
  await page.screenshot({
    path: join(out, `${name}.${look}.${kept ? 'jpg' : 'png'}`),
    fullPage: dialog === 0,
    ...(kept && { type: 'jpeg' as const, quality: 72 }),
  })
  await clear(stage)
  return found
}

/** The theme changes colours and nothing else: in the dark, the rules of colours alone are run again. */
async function accessibilityFaults(page: Page, theme: 'light' | 'dark'): Promise<string[]> {
  await page.evaluate(async (address) => void (await import(address)), '/axe.js')
  const violations = await page.evaluate(async (inTheDark) => {
    const { axe: checker } = globalThis as unknown as {
      axe: {
        run(options: unknown): Promise<{
          violations: { id: string; help: string; nodes: { html: string }[] }[]
        }>
      }
    }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    // A menu opens outside the landmarks by its nature, as the platform's own menus do.
    const region = { enabled: document.querySelector('[role=menu]') === null }
    const wanted = inTheDark
      ? { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }
      : { runOnly: { type: 'tag', values: tags }, rules: { region } }
    const short = { resultTypes: ['violations'], selectors: false }
    return (await checker.run({ ...wanted, ...short })).violations
  }, theme === 'dark')
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map(({ html }) => `axe ${id}: ${help} ${html.slice(0, 160)}`),
  )
}
