import type { z } from 'zod'
import type {
  AcceptInvitation,
  AccessAnswer,
  AccessView,
  Activation,
  AddedMembers,
  Adoption,
  ApprovedRegistration,
  Assist,
  Assisting,
  AuditEvents,
  BreakGlassAccount,
  ChangeUser,
  ConfirmFactor,
  ConfirmPasskey,
  ConfirmTotp,
  CreatedBreakGlass,
  CreatedOrganisation,
  CreatedPersonalKey,
  CreatedScimClient,
  CreatedScimToken,
  CreatedUser,
  CreateOrganisation,
  CreatePersonalKey,
  CreateScimClient,
  CreateScimToken,
  CreateUser,
  Domain,
  DomainDetails,
  EmergencySignIn,
  EnrolledAtSignIn,
  FactorProof,
  GoLive,
  GoogleInput,
  GroupDetails,
  GroupList,
  GroupMembers,
  GroupPoolGrants,
  HandOverPreview,
  HandOverQuestion,
  InvitationPage,
  Invitations,
  Invite,
  InviteCsv,
  Invited,
  JoinPage,
  LoginMethodChange,
  LoginMethodPreview,
  LoginMethodView,
  MailSettingsChange,
  MailSettingsView,
  MailTest,
  Me,
  MetadataInput,
  MetadataView,
  OidcInput,
  PasskeyOptions,
  PersonalKeys,
  PlatformOrganisation,
  PoolDetails,
  PoolList,
  PoolPeople,
  ProvisioningChange,
  ProvisioningLog,
  ProvisioningLogDetails,
  ProvisioningView,
  RecoveryCodes,
  Register,
  Registered,
  Registrations,
  Resent,
  SamlInput,
  ScimChange,
  ScimClient,
  ScimToken,
  ScimView,
  SecondFactor,
  SentMails,
  Setup,
  SetupState,
  ShadowDifferences,
  ShadowDifferencesQuery,
  ShadowView,
  SignedIn,
  SignedOut,
  SignInAnswer,
  SignInAttemptDetails,
  SignInAttempts,
  SignInPage,
  SignInStep,
  Simulate,
  SimulatedCallDetails,
  SimulationView,
  TestView,
  TotpEnrolment,
  TrailVerified,
  UserDetails,
  UserList,
  UserResults,
  UserSession,
} from '../../../contract/src/index.ts'
import { addressTo, ask, askForFile, askVersioned } from './http.ts'

/** What a login method is told besides its name; one of these. */
export type MethodSettings = {
  saml?: Sent<typeof SamlInput>
  oidc?: Sent<typeof OidcInput>
  google?: Sent<typeof GoogleInput>
}

export type Seen<Schema extends z.ZodType> = z.output<Schema>
export type Sent<Schema extends z.ZodType> = z.input<Schema>
type Items<Item> = { items: Item[] }

const largestPage = 200
const choicePages = 5

type Asked = { page: number; size: number }

/** A whole list, page by page. */
async function everyPage<Item>(
  load: (query: Asked) => Promise<{ items: Item[]; total: number }>,
  pages = Number.POSITIVE_INFINITY,
): Promise<Items<Item>> {
  const items: Item[] = []
  for (let page = 0; page < pages; page += 1) {
    const found = await load({ page, size: largestPage })
    items.push(...found.items)
    if (found.items.length === 0 || items.length >= found.total) break
  }
  return { items }
}
const whole = <Item>(path: string) =>
  everyPage((query) => ask<Items<Item> & { total: number }>('GET', path, { query }))

/** Before and around a session. */
export const doors = {
  me: () => ask<Me>('GET', '/me'),
  /** `redirect` leads on to the identity provider, so that the session there ends too (LM-25). */
  signOut: () => ask<Seen<typeof SignedOut>>('POST', '/sign-out'),
  setupState: () => ask<Seen<typeof SetupState>>('GET', '/setup'),
  setUp: (setup: Setup) => ask<{ portalUrl: string }>('POST', '/setup', { body: setup }),
  setUpDemo: (code: string) =>
    ask<{ portalUrl: string }>('POST', '/setup/demo', { body: { code } }),
  signInPage: (slug: string) => ask<Seen<typeof SignInPage>>('GET', `/sign-in/${enc(slug)}`),
  signInWithPassword: (
    slug: string,
    body: { email: string; password: string; returnTo?: string },
  ) => ask<SignInAnswer>('POST', `/sign-in/${enc(slug)}/password`, { body }),
  /** Where a sign-in stands whose password was right. */
  signInStep: (slug: string) => ask<SignInStep>('GET', `/sign-in/${enc(slug)}/step`),
  proveFactor: (slug: string, body: Sent<typeof FactorProof>) =>
    ask<SignInAnswer>('POST', `/sign-in/${enc(slug)}/second-factor`, { body }),
  askPasskey: (slug: string, what: 'second-factor' | 'enrolment') =>
    ask<Seen<typeof PasskeyOptions>>('POST', `/sign-in/${enc(slug)}/${what}/passkey`),
  startTotp: (slug: string) => ask<TotpEnrolment>('POST', `/sign-in/${enc(slug)}/enrolment/totp`),
  enrolFactor: (slug: string, body: Sent<typeof ConfirmFactor>) =>
    ask<Seen<typeof EnrolledAtSignIn>>('POST', `/sign-in/${enc(slug)}/enrolment`, { body }),
  replacePassword: (slug: string, password: string) =>
    ask<SignInAnswer>('POST', `/sign-in/${enc(slug)}/new-password`, { body: { password } }),
  askEmergencyPasskey: (slug: string, body: { email: string; password: string }) =>
    ask<Seen<typeof PasskeyOptions>>('POST', `/sign-in/${enc(slug)}/emergency/passkey`, { body }),
  signInEmergency: (slug: string, body: EmergencySignIn) =>
    ask<Seen<typeof SignedIn>>('POST', `/sign-in/${enc(slug)}/emergency`, { body }),
  requestReset: (slug: string, email: string) =>
    ask<unknown>('POST', `/sign-in/${enc(slug)}/reset`, { body: { email } }),
  joinPage: (slug: string, token: string) =>
    ask<Seen<typeof JoinPage>>('GET', `/join/${enc(slug)}/${enc(token)}`),
  register: (slug: string, token: string, body: Sent<typeof Register>) =>
    ask<Seen<typeof Registered>>('POST', `/join/${enc(slug)}/${enc(token)}`, { body }),
  invitation: (token: string) => ask<InvitationPage>('GET', `/invitations/${enc(token)}`),
  acceptInvitation: (token: string, body: Sent<typeof AcceptInvitation>) =>
    ask<SignInAnswer>('POST', `/invitations/${enc(token)}`, { body }),
  recover: (token: string) => ask<Seen<typeof SignedIn>>('POST', `/recoveries/${enc(token)}`),
  activation: (token: string) => ask<Seen<typeof Activation>>('GET', `/activations/${enc(token)}`),
  activate: (token: string, password: string) =>
    ask<SignInAnswer>('POST', `/activations/${enc(token)}`, { body: { password } }),
}

/** One's own account (US-17). */
export const account = {
  choosePassword: (password: string) => ask<void>('PUT', '/me/password', { body: { password } }),
  secondFactor: () => ask<SecondFactor>('GET', '/me/second-factor'),
  startTotp: () => ask<TotpEnrolment>('POST', '/me/second-factor/totp'),
  confirmTotp: (body: Sent<typeof ConfirmTotp>) =>
    ask<Seen<typeof RecoveryCodes>>('PUT', '/me/second-factor/totp', { body }),
  removeTotp: () => ask<void>('DELETE', '/me/second-factor/totp'),
  askPasskey: () => ask<Seen<typeof PasskeyOptions>>('POST', '/me/second-factor/passkeys/options'),
  addPasskey: (body: Sent<typeof ConfirmPasskey>) =>
    ask<Seen<typeof RecoveryCodes>>('POST', '/me/second-factor/passkeys', { body }),
  removePasskey: (id: string) => ask<void>('DELETE', `/me/second-factor/passkeys/${enc(id)}`),
  renewRecoveryCodes: () =>
    ask<Seen<typeof RecoveryCodes>>('POST', '/me/second-factor/recovery-codes'),
  keys: () => ask<Seen<typeof PersonalKeys>>('GET', '/me/keys', { query: { size: largestPage } }),
  createKey: (body: Sent<typeof CreatePersonalKey>) =>
    ask<Seen<typeof CreatedPersonalKey>>('POST', '/me/keys', { body }),
  revokeKey: (id: string) => ask<void>('DELETE', `/me/keys/${enc(id)}`),
  /** `keepThis` leaves the browser that asks signed in. */
  endSessions: (keepThis: boolean) =>
    ask<{ ended: number }>('POST', '/me/sessions/end', { body: { keepThis } }),
}

/** The installation as a whole, for ROLE_ROOT. */
export const platform = {
  signIn: (body: { email: string; password: string }) =>
    ask<void>('POST', '/platform/sign-in', { body }),
  organisations: () => whole<Seen<typeof PlatformOrganisation>>('/platform/orgs'),
  assist: (id: string, body: Sent<typeof Assist>) =>
    ask<Seen<typeof Assisting>>('POST', `/platform/orgs/${enc(id)}/assist`, { body }),
  createOrganisation: (body: Sent<typeof CreateOrganisation>) =>
    ask<Seen<typeof CreatedOrganisation>>('POST', '/platform/orgs', { body }),
}

export type UserSearch = {
  page?: number | undefined
  size?: number | undefined
  sort?: string | undefined
  search?: string | undefined
  status?: string | undefined
  managedBy?: string | undefined
  notManagedBy?: string | undefined
  role?: string | undefined
  group?: string | undefined
  pool?: string | undefined
  lastSignIn?: string | undefined
}
export type AuditSearch = {
  type?: string | undefined
  actor?: string | undefined
  userId?: string | undefined
  result?: string | undefined
  source?: string | undefined
  from?: number | undefined
  to?: number | undefined
  before?: string | undefined
  size?: number | undefined
}
export type SignInLogSearch = {
  search?: string | undefined
  result?: string | undefined
  code?: string | undefined
  before?: string | undefined
  size?: number | undefined
}

export type ProvisioningLogSearch = {
  person?: string | undefined
  result?: string | undefined
  method?: string | undefined
  from?: number | undefined
  before?: string | undefined
  size?: number | undefined
}

type NamedSearch = {
  search?: string | undefined
  page?: number | undefined
  size?: number | undefined
}
type PeopleSearch = NamedSearch & { direct?: string | undefined }

/** Everything one organisation offers; the only way pages reach it. */
export function organisationApi(organisationId: string) {
  const base = `/orgs/${enc(organisationId)}`
  const identity = `${base}/identity/login-method`
  const selfService = `${base}/identity/self-service`
  const invitations = `${base}/invitations`
  const scim = `${base}/identity/scim`
  const shadow = `${scim}/shadow`
  const log = `${base}/provisioning-log`
  const groups = `${base}/groups`
  const pools = `${base}/pools`
  const group = (id: string) => `${groups}/${enc(id)}`
  const pool = (id: string) => `${pools}/${enc(id)}`
  const user = (id: string) => `${base}/users/${enc(id)}`
  return {
    loginMethod: () => askVersioned<LoginMethodView>('GET', identity),
    changeLoginMethod: (body: LoginMethodChange, ifMatch: string | null) =>
      askVersioned<LoginMethodView>('PUT', identity, { body, ifMatch }),
    previewLoginMethod: (body: { method: string } & MethodSettings) =>
      ask<LoginMethodPreview>('POST', `${identity}/preview`, { body }),
    /** Of everybody who waits for the new method; each link replaces the older one. */
    switchLinks: () => askForFile(`${identity}/links`),
    readMetadata: (body: Sent<typeof MetadataInput>) =>
      ask<Seen<typeof MetadataView>>('POST', `${identity}/metadata`, { body }),
    startTest: (body: MethodSettings) =>
      ask<Seen<typeof TestView>>('POST', `${identity}/tests`, { body }),
    test: (id: string) => ask<Seen<typeof TestView>>('GET', `${identity}/tests/${enc(id)}`),
    provisioning: () => askVersioned<ProvisioningView>('GET', `${base}/identity/provisioning`),
    changeProvisioning: (body: ProvisioningChange, ifMatch: string | null) =>
      askVersioned<ProvisioningView>('PUT', `${base}/identity/provisioning`, { body, ifMatch }),
    previewProvisioning: (body: HandOverQuestion) =>
      ask<HandOverPreview>('POST', `${base}/identity/provisioning/preview`, { body }),
    rollBackProvisioning: (previewId: string) =>
      ask<void>('POST', `${base}/identity/provisioning/rollback`, { body: { previewId } }),
    pauseProvisioning: (pauses: boolean) =>
      ask<void>('POST', `${base}/identity/provisioning/${pauses ? 'pause' : 'resume'}`),

    rotateLink: () => ask<void>('POST', `${selfService}/rotate`),
    registrations: (query: { state: string; page: number; size: number }) =>
      ask<Seen<typeof Registrations>>('GET', `${selfService}/requests`, { query }),
    approveRegistration: (id: string) =>
      ask<Seen<typeof ApprovedRegistration>>('POST', `${selfService}/requests/${enc(id)}/approve`),
    declineRegistration: (id: string) =>
      ask<void>('POST', `${selfService}/requests/${enc(id)}/decline`),

    invitations: (query: NamedSearch) =>
      ask<Seen<typeof Invitations>>('GET', invitations, { query }),
    invite: (body: Sent<typeof Invite>) => ask<Invited>('POST', invitations, { body }),
    inviteByFile: (body: Sent<typeof InviteCsv>) =>
      ask<Invited>('POST', `${invitations}/csv`, { body }),
    resendInvitation: (id: string) =>
      ask<Seen<typeof Resent>>('POST', `${invitations}/${enc(id)}/resend`),
    revokeInvitation: (id: string) => ask<void>('DELETE', `${invitations}/${enc(id)}`),

    scim: () => askVersioned<ScimView>('GET', scim),
    changeScim: (body: ScimChange, ifMatch: string | null) =>
      askVersioned<ScimView>('PUT', scim, { body, ifMatch }),
    scimTokens: () => whole<ScimToken>(`${scim}/tokens`),
    createScimToken: (body: CreateScimToken) =>
      ask<CreatedScimToken>('POST', `${scim}/tokens`, { body }),
    revokeScimToken: (id: string) => ask<void>('DELETE', `${scim}/tokens/${enc(id)}`),
    scimClients: () => whole<ScimClient>(`${scim}/clients`),
    createScimClient: (body: CreateScimClient) =>
      ask<CreatedScimClient>('POST', `${scim}/clients`, { body }),
    revokeScimClient: (id: string) => ask<void>('DELETE', `${scim}/clients/${enc(id)}`),
    /** What the identity provider does to a copy before it goes live (BY-3). */
    shadow: () => ask<ShadowView>('GET', shadow),
    beginShadow: () => ask<ShadowView>('POST', shadow),
    discardShadow: () => ask<ShadowView>('DELETE', shadow),
    goLive: (body: GoLive) => ask<ShadowView>('POST', `${shadow}/go-live`, { body }),
    shadowDifferences: (query: Omit<ShadowDifferencesQuery, 'size'>) =>
      ask<ShadowDifferences>('GET', `${shadow}/differences`, { query }),
    /** A simulated identity provider, where demos are on (BY-10). */
    simulation: () => ask<SimulationView>('GET', `${base}/simulation`),
    simulate: (body: Simulate) => ask<SimulationView>('POST', `${base}/simulation`, { body }),
    simulatedCall: (number: number) =>
      ask<SimulatedCallDetails>('GET', `${base}/simulation/calls/${number}`),
    provisioningLog: (query: ProvisioningLogSearch) => ask<ProvisioningLog>('GET', log, { query }),
    provisioningCall: (id: string) => ask<ProvisioningLogDetails>('GET', `${log}/${enc(id)}`),

    askBreakGlassPasskey: (id: string) =>
      ask<Seen<typeof PasskeyOptions>>(
        'POST',
        `${base}/break-glass-accounts/${enc(id)}/passkeys/options`,
      ),
    addBreakGlassPasskey: (id: string, body: Sent<typeof ConfirmPasskey>) =>
      ask<void>('POST', `${base}/break-glass-accounts/${enc(id)}/passkeys`, { body }),
    removeBreakGlassPasskey: (id: string, passkeyId: string) =>
      ask<void>('DELETE', `${base}/break-glass-accounts/${enc(id)}/passkeys/${enc(passkeyId)}`),
    breakGlass: () => whole<Seen<typeof BreakGlassAccount>>(`${base}/break-glass-accounts`),
    createBreakGlass: (body: { email: string; password: string }) =>
      ask<Seen<typeof CreatedBreakGlass>>('POST', `${base}/break-glass-accounts`, { body }),
    removeBreakGlass: (id: string) =>
      ask<void>('DELETE', `${base}/break-glass-accounts/${enc(id)}`),
    domains: () => whole<Domain>(`${base}/domains`),
    domain: (name: string) =>
      ask<Seen<typeof DomainDetails>>('GET', `${base}/domains/${enc(name)}`),
    addDomain: (name: string) => ask<Domain>('POST', `${base}/domains`, { body: { name } }),
    verifyDomain: (name: string) => ask<Domain>('POST', `${base}/domains/${enc(name)}/verify`),
    removeDomain: (name: string) => ask<void>('DELETE', `${base}/domains/${enc(name)}`),

    users: (query: UserSearch, signal?: AbortSignal) =>
      ask<UserList>('GET', `${base}/users`, { query, ...(signal ? { signal } : {}) }),
    /** Of the file; the browser fetches it by itself. */
    usersExport: (query: UserSearch) => addressTo(`${base}/users/export`, query),
    createUser: (body: Sent<typeof CreateUser>) =>
      ask<CreatedUser>('POST', `${base}/users`, { body }),
    user: (id: string) => askVersioned<Seen<typeof UserDetails>>('GET', user(id)),
    changeUser: (id: string, body: ChangeUser, ifMatch: string | null) =>
      ask<Seen<typeof UserDetails>>('PATCH', user(id), { body, ifMatch }),
    removeUser: (id: string) => ask<void>('DELETE', user(id)),
    enableUser: (id: string) => ask<void>('PUT', `${user(id)}/enable`),
    disableUser: (id: string) => ask<void>('PUT', `${user(id)}/disable`),
    /** Stops somebody whom the identity provider manages; only a manager lifts it (US-12). */
    holdUser: (id: string) => ask<void>('PUT', `${user(id)}/hold`),
    secondFactor: (id: string) => ask<SecondFactor>('GET', `${user(id)}/second-factor`),
    resetSecondFactor: (id: string) => ask<void>('DELETE', `${user(id)}/second-factor`),
    liftHold: (id: string) => ask<void>('DELETE', `${user(id)}/hold`),
    /** One act for many people, with a result for each. */
    actOnUsers: (act: 'disable' | 'enable' | 'resend-activation', ids: string[]) =>
      ask<UserResults>('POST', `${base}/users/${act}`, { body: { ids } }),
    /** Brings back whom the identity provider deleted (MU-7). */
    restoreUser: (id: string) => ask<CreatedUser>('POST', `${user(id)}/restore`),
    /** Only where no mail is sent, for somebody who is Active (EM-6). */
    resetLink: (id: string) => ask<{ resetLink: string }>('POST', `${user(id)}/reset-link`),
    userSessions: (id: string) => whole<Seen<typeof UserSession>>(`${user(id)}/sessions`),
    endSession: (id: string, sessionId: string) =>
      ask<void>('DELETE', `${user(id)}/sessions/${enc(sessionId)}`),
    access: (id: string) =>
      ask<Seen<typeof AccessView>>('GET', `${user(id)}/access`, { query: { explain: 'true' } }),
    grantPool: (id: string, poolId: string) =>
      ask<void>('POST', `${user(id)}/pool-grants`, { body: { poolId } }),
    removePoolGrant: (id: string, grantId: string) =>
      ask<void>('DELETE', `${user(id)}/pool-grants/${enc(grantId)}`),

    /** As many as anybody chooses from; the pages of groups and pools ask for a page. */
    groups: () =>
      everyPage((query) => ask<Seen<typeof GroupList>>('GET', groups, { query }), choicePages),
    pools: () =>
      everyPage((query) => ask<Seen<typeof PoolList>>('GET', pools, { query }), choicePages),
    groupPage: (query: NamedSearch) => ask<Seen<typeof GroupList>>('GET', groups, { query }),
    createGroup: (name: string) => ask<GroupDetails>('POST', groups, { body: { name } }),
    group: (id: string) => askVersioned<GroupDetails>('GET', group(id)),
    renameGroup: (id: string, name: string, ifMatch: string | null) =>
      ask<GroupDetails>('PATCH', group(id), { body: { name }, ifMatch }),
    duplicateGroup: (id: string, body: { name: string; members: boolean }) =>
      ask<GroupDetails>('POST', `${group(id)}/duplicate`, { body }),
    removeGroup: (id: string) => ask<void>('DELETE', group(id)),
    nestGroup: (id: string, groupId: string) =>
      ask<void>('POST', `${group(id)}/groups`, { body: { groupId } }),
    unnestGroup: (id: string, groupId: string) =>
      ask<void>('DELETE', `${group(id)}/groups/${enc(groupId)}`),
    members: (id: string, query: PeopleSearch) =>
      ask<GroupMembers>('GET', `${group(id)}/members`, { query }),
    addMembers: (id: string, userIds: string[]) =>
      ask<Seen<typeof AddedMembers>>('POST', `${group(id)}/members`, { body: { userIds } }),
    groupGrants: (id: string) =>
      whole<GroupPoolGrants['items'][number]>(`${group(id)}/pool-grants`),
    grantToGroup: (id: string, poolId: string) =>
      ask<void>('POST', `${group(id)}/pool-grants`, { body: { poolId } }),
    revokeFromGroup: (id: string, grantId: string) =>
      ask<void>('DELETE', `${group(id)}/pool-grants/${enc(grantId)}`),
    poolPage: (query: NamedSearch) => ask<Seen<typeof PoolList>>('GET', pools, { query }),
    createPool: (name: string) => ask<PoolDetails>('POST', pools, { body: { name } }),
    pool: (id: string) => askVersioned<PoolDetails>('GET', pool(id)),
    changePool: (id: string, body: { name?: string; roles?: string[] }, ifMatch: string | null) =>
      ask<PoolDetails>('PATCH', pool(id), { body, ifMatch }),
    removePool: (id: string) => ask<void>('DELETE', pool(id)),
    poolPeople: (id: string, query: PeopleSearch) =>
      ask<PoolPeople>('GET', `${pool(id)}/people`, { query }),
    checkAccess: (body: { userId: string; poolId: string; permission: string }) =>
      ask<AccessAnswer>('POST', `${base}/access/check`, { body }),
    letAdopt: (groupId: string, adoptable: boolean) =>
      ask<void>('PUT', `${base}/groups/${enc(groupId)}/adoptable`, { body: { adoptable } }),
    addMember: (groupId: string, userId: string) =>
      ask<void>('POST', `${base}/groups/${enc(groupId)}/members`, { body: { userId } }),
    removeMember: (groupId: string, userId: string) =>
      ask<void>('DELETE', `${base}/groups/${enc(groupId)}/members/${enc(userId)}`),

    adoptions: () => whole<Adoption>(`${base}/adoptions`),
    approveAdoption: (id: string) => ask<void>('POST', `${base}/adoptions/${enc(id)}/approve`),
    decideAdoptions: (act: 'approve' | 'decline', ids: string[]) =>
      ask<UserResults>('POST', `${base}/adoptions/${act}`, { body: { ids } }),
    declineAdoption: (id: string) => ask<void>('POST', `${base}/adoptions/${enc(id)}/decline`),

    mailSettings: () => askVersioned<MailSettingsView>('GET', `${base}/mail-settings`),
    changeMailSettings: (body: MailSettingsChange, ifMatch: string | null) =>
      askVersioned<MailSettingsView>('PUT', `${base}/mail-settings`, { body, ifMatch }),
    testMail: (body: MailSettingsChange) =>
      ask<MailTest>('POST', `${base}/mail-settings/test`, { body }),
    mails: (query: { state?: string; page: number; size: number }) =>
      ask<Seen<typeof SentMails>>('GET', `${base}/mails`, { query }),
    sendMailAgain: (id: string) => ask<void>('POST', `${base}/mails/${enc(id)}/send-again`),

    auditEvents: (query: AuditSearch) => ask<AuditEvents>('GET', `${base}/audit-events`, { query }),
    /** Of the file; the browser fetches it by itself. */
    auditExport: (query: AuditSearch) => addressTo(`${base}/audit-events/export`, query),
    verifyTrail: (after: number) =>
      ask<TrailVerified>('GET', `${base}/audit-events/verification`, { query: { after } }),
    signInLog: (query: SignInLogSearch) =>
      ask<Seen<typeof SignInAttempts>>('GET', `${base}/sign-in-log`, { query }),
    signInAttempt: (id: string) =>
      ask<Seen<typeof SignInAttemptDetails>>('GET', `${base}/sign-in-log/${enc(id)}`),

    preference: (key: string) => ask<unknown>('GET', `${base}/preferences/${enc(key)}`),
    keepPreference: (key: string, value: unknown) =>
      ask<void>('PUT', `${base}/preferences/${enc(key)}`, { body: value }),
  }
}
export type OrganisationApi = ReturnType<typeof organisationApi>

function enc(text: string): string {
  return encodeURIComponent(text)
}
