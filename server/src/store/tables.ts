import type { MailMode, MailState, MailTemplate } from '../model/mail.ts'
import type { LoginMethod, ProvisioningSource } from '../model/organisation.ts'
import type { Factor } from '../model/second-factor.ts'
import type { RegistrationState } from '../model/self-service.ts'
import type { JoinedBy, PendingReason, ProvenanceKind, UserStatus } from '../model/user.ts'

// Booleans are 0 or 1, times are Unix milliseconds, JSON is text: the same on both databases.

export type Flag = 0 | 1

export type ProvenanceColumns = {
  provenance: ProvenanceKind
  actor: string
  actor_id: string | null
  rule: string | null
  request_id: string | null
  at: number
}

export type OrganisationsTable = {
  id: string
  name: string
  slug: string
  login_method: LoginMethod | null
  source: ProvisioningSource
  source_chosen_by: string | null
  source_chosen_at: number | null
  paused_by: string | null
  paused_at: number | null
  require_second_factor: Flag
  self_service_enabled: Flag
  default_group_id: string
  default_pool_id: string
  demo: Flag
  /** The only Google Workspace whose accounts may sign in. */
  google_domain: string | null
  /** JSON, while a switch of the login method is being brought to people. */
  switching: string | null
  /** Sources that no longer manage whom they brought, with a space between. */
  handed_over: string
  /** JSON of what a change of the source is rolled back to. */
  rollback: string | null
  version: number
  created_at: number
  /** JSON of a `Shadow`. */
  shadow: string | null
  /** Of which organisation this is the copy. */
  shadow_of: string | null
}

/** A rehearsal of SCIM: how far its copy has been made, or has been brought to people. */
export type ShadowsTable = {
  org_id: string
  copy_id: string
  state: 'copying' | 'open' | 'applying' | 'erasing' | 'ended'
  started_by: string
  started_at: number
  /** How many there were when it began. */
  people: number
  copied_to: string
  copied: number
  live_by: string | null
  live_at: number | null
  /** Of so many differences so many have been brought to people. */
  applied: number
  total: number
  /** JSON of `ShadowRefusal`s. */
  refused: string
  refused_total: number
  /** A node is at work on it until then. */
  claimed_until: number
  ended_at: number | null
}

export type UsersTable = {
  org_id: string
  id: string
  email: string
  email_folded: string
  first_name: string
  last_name: string
  sort_name: string
  search_text: string
  status: UserStatus
  pending_reason: PendingReason | null
  held: Flag
  managed_by: ProvisioningSource
  joined_by: JoinedBy
  email_verified_at: number | null
  created_by: string
  created_at: number
  updated_by: string
  updated_at: number
  last_sign_in_at: number | null
  user_name: string | null
  user_name_folded: string | null
  external_id: string | null
  active_assigned: Flag
  version: number
}

/** What the identity provider sent of a person: as it was, and in lower case for filters. */
export type ScimAttributesTable = {
  org_id: string
  user_id: string
  sent: string
  folded: string
}

/** A stretch of the audit trail as it was when it was sealed, tied to the one before it (AU-5). */
export type AuditSealsTable = {
  org_id: string
  /** From 1 on, without a gap. */
  number: number
  first_id: string
  last_id: string
  events: number
  /** Of each event its id and what its row comes to: `model/trail.ts` writes and reads it. Null once they are purged. */
  list: string | null
  list_digest: string
  chain: string
  signature: string
  sealed_at: number
  /** What signs that the events were purged when their time was over. */
  purged: string | null
}

/** Who managed somebody before SCIM took them over, until the next change of the source. */
export type AdoptedTable = { org_id: string; user_id: string; managed_by: ProvisioningSource }

export type OtherEmailsTable = { org_id: string; email_folded: string; user_id: string }

/** Somebody who was deleted and may come back until `erase_at` (SC-16). */
export type TombstonesTable = {
  org_id: string
  id: string
  email_folded: string
  user_name_folded: string | null
  external_id: string | null
  label: string
  person: string
  deleted_at: number
  erase_at: number
}

export type PasswordsTable = {
  org_id: string
  user_id: string
  hash: string
  set_at: number
  /** A manager chose it (EM-5): the person chooses another before anything opens. */
  must_change: Flag
}

export type TotpFactorsTable = {
  org_id: string
  user_id: string
  /** Sealed. */
  secret: string
  last_step: number
  added_at: number
}

export type PasskeysTable = {
  org_id: string
  id: string
  user_id: string
  label: string
  public_key: string
  counter: number
  transports: string
  backed_up: Flag
  added_at: number
  last_used_at: number | null
}

export type PasskeyChallengesTable = {
  org_id: string
  hash: string
  user_id: string
  expires_at: number
}

export type RecoveryCodesTable = { org_id: string; user_id: string; hash: string; made_at: number }

export type SignInTicketsTable = {
  org_id: string
  hash: string
  user_id: string
  /** What was proved besides the password. */
  factor: Factor | null
  return_to: string
  tries: number
  expires_at: number
}

export type IdentitiesTable = {
  org_id: string
  issuer: string
  subject: string
  user_id: string
  connection: string
  linked_at: number
}

export type UserRolesTable = { org_id: string; user_id: string; role: string } & ProvenanceColumns
export type PoolsTable = {
  org_id: string
  id: string
  name: string
  name_folded: string
  is_default: Flag
  created_at: number
  updated_at: number
  version: number
}
export type GroupsTable = PoolsTable & {
  external_id: string | null
  managed_by: 'portal' | 'scim'
  adoptable: Flag
  /** How often the identity provider named all members at once (SC-37). */
  members_set: number
}
export type GroupMembersTable = {
  org_id: string
  group_id: string
  user_id: string
} & ProvenanceColumns
export type NestedGroupsTable = {
  org_id: string
  group_id: string
  child_id: string
} & ProvenanceColumns
/** A group or pool that is gone, whose edges or grants are still being cleared away. */
export type LeftoversTable = { org_id: string; kind: 'group' | 'pool'; id: string }
export type PoolRolesTable = { org_id: string; pool_id: string; role: string }
export type GrantsTable = {
  org_id: string
  id: string
  subject_kind: 'group' | 'user'
  subject_id: string
  pool_id: string
  role: string
  expires_at: number | null
} & ProvenanceColumns

export type SessionsTable = {
  org_id: string
  secret_hash: string
  id: string
  user_id: string | null
  break_glass_id: string | null
  method: 'password' | 'google' | 'sso' | 'emergency' | 'setup' | 'platform' | 'assist' | 'recovery'
  created_at: number
  signed_in_at: number
  last_seen_at: number
  expires_at: number
  ip: string
  user_agent: string
  csrf: string
  /** For single logout (LM-25). */
  issuer: string | null
  name_id: string | null
  name_id_format: string | null
  session_index: string | null
}

export type ConnectionsTable = {
  org_id: string
  id: string
  protocol: 'saml' | 'oidc'
  name: string
  provider: string
  settings: string
  digest: string
  updated_at: number
}

export type SpKeysTable = {
  org_id: string
  id: string
  private_key: string
  certificate: string
  created_at: number
}

export type OidcKeysTable = {
  org_id: string
  id: string
  private_key: string
  public_key: string
  created_at: number
}

export type SsoRequestsTable = {
  org_id: string
  id: string
  kind: 'login' | 'test' | 'logout'
  browser_hash: string
  return_to: string
  test_id: string | null
  /** JSON: whose link this sign-in completes; only that address may. */
  expected: string | null
  /** What the answer is checked with (PKCE verifier and nonce), sealed. */
  sealed: string | null
  created_at: number
  expires_at: number
  consumed_at: number | null
}

export type SeenAssertionsTable = {
  org_id: string
  assertion_hash: string
  expires_at: number
}

export type SsoTestsTable = {
  org_id: string
  id: string
  manager_id: string
  digest: string
  settings: string
  name: string
  state: 'pending' | 'succeeded' | 'failed'
  result: string | null
  resolves_to: string | null
  created_at: number
  finished_at: number | null
}

export type BreakGlassTable = {
  org_id: string
  id: string
  email: string
  email_folded: string
  password_hash: string
  totp_secret: string | null
  totp_last_step: number
  created_at: number
  credentials_changed_at: number
  last_sign_in_at: number | null
}

export type DomainsTable = {
  org_id: string
  name: string
  token: string
  proof: 'dns' | 'operator'
  verified_at: number | null
  missing_since: number | null
  lapsed_at: number | null
  /** JSON of a `DomainCheck`. */
  checked: string | null
  /** When it is looked up next; null for what an operator vouches for. */
  due_at: number | null
  created_at: number
}

export type AdoptionsTable = {
  org_id: string
  id: string
  user_id: string
  email: string
  issuer: string
  subject: string
  risk: 'low' | 'medium' | 'high'
  reason: string
  state: 'open' | 'approved' | 'declined'
  created_at: number
  last_attempt_at: number
  attempts: number
}

/** Whose first sign-in by this identity provider links them at once; nobody's id is everyone who waits. */
export type ApprovalsTable = {
  org_id: string
  user_id: string
  issuer: string
  risk: 'medium' | 'high'
  given_at: number
}

export type LinksTable = {
  org_id: string
  hash: string
  kind: 'activation' | 'reset' | 'recovery'
  user_id: string
  created_at: number
  expires_at: number
  used_at: number | null
}

export type InvitationsTable = {
  org_id: string
  id: string
  email: string
  email_folded: string
  first_name: string
  last_name: string
  /** JSON: roles, groups and pools. */
  promised: string
  lives_days: number
  inviter: string
  inviter_id: string | null
  /** Of the token in its link; null until the link is made. */
  hash: string | null
  created_at: number
  expires_at: number
}
export type SelfServiceTable = {
  org_id: string
  /** JSON; null until there is a first manager, whose domain it starts with (SS-5). */
  allowed_domains: string | null
  any_domain: Flag
  expires_at: number | null
  max_uses: number | null
  require_approval: Flag
  terms_url: string | null
  terms_at: number | null
  link_id: string
  token: string
  link_created_at: number
  uses: number
}
export type RegistrationsTable = {
  org_id: string
  id: string
  link_id: string
  user_id: string | null
  email: string
  email_folded: string
  first_name: string
  last_name: string
  state: RegistrationState
  /** The terms that were accepted, and their version (SS-18). */
  terms_url: string | null
  terms_at: number | null
  created_at: number
  expires_at: number | null
  joined_at: number | null
}
export type SpentChallengesTable = { org_id: string; hash: string; expires_at: number }

export type EventsTable = {
  org_id: string
  id: string
  type: string
  at: number
  result: 'success' | 'failure'
  actor_kind: string
  actor_id: string | null
  actor: string
  ip: string | null
  source: string | null
  subject_kind: string | null
  subject_id: string | null
  subject: string | null
  before: string | null
  after: string | null
  data: string | null
  emergency: Flag
  request_id: string | null
}

export type AttemptsTable = {
  org_id: string
  id: string
  reference: string
  at: number
  result: 'success' | 'failure'
  method: string
  code: string | null
  rule: string | null
  email: string | null
  user_id: string | null
  ip: string | null
  test: Flag
  details: string
}

export type OutboxTable = {
  org_id: string
  id: string
  kind: 'mail'
  template: MailTemplate
  recipient: string
  /** Whom it is for; of an emergency account the id of that. */
  user_id: string
  /** JSON without secrets: a link in a mail is made when it is sent. */
  body: string
  state: MailState
  tries: number
  /** What the mail server said last, in its words. */
  last_error: string | null
  next_at: number
  /** A node is trying it until `next_at`. */
  claimed: Flag
  created_at: number
  give_up_at: number
  sent_at: number | null
}

export type MailSettingsTable = {
  org_id: string
  mode: MailMode
  /** JSON of a `MailServer`. */
  server: string | null
  secret: string | null
  version: number
}

export type ApiKeysTable = {
  org_id: string
  hash: string
  id: string
  /** Whose personal key it is; null for one of the organisation. */
  user_id: string | null
  label: string
  scopes: string
  last3: string
  created_by: string
  created_at: number
  expires_at: number
  last_used_at: number | null
  last_used_ip: string | null
}

type ScimCredentialColumns = {
  org_id: string
  id: string
  label: string
  created_by: string
  created_at: number
  expires_at: number
  last_used_at: number | null
  last_used_ip: string | null
}
export type ScimTokensTable = ScimCredentialColumns & { hash: string; last3: string }
export type ScimClientsTable = ScimCredentialColumns & {
  method: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'
  secret_hash: string | null
  jwks: string | null
}
export type ScimAccessTokensTable = {
  org_id: string
  hash: string
  client_id: string
  expires_at: number
}

export type ScimSettingsTable = {
  org_id: string
  sync_groups: Flag
  sync_roles: Flag
  provision_existing: Flag
  grace_days: number
  /** Chosen by a manager; null while it is told from the traffic. */
  dialect: string | null
  version: number
}

/** A process that serves this installation. */
export type NodesTable = { id: string; seen_at: number }

/** Where a page by index ended; `mark` is the hash of whose walk it is and where it goes on. */
export type ScimWalksTable = {
  org_id: string
  mark: string
  /** JSON. */
  position: string
  total: number
  expires_at: number
}

/** One call of the identity provider (SC-42). */
export type ProvisioningLogTable = {
  org_id: string
  id: string
  at: number
  credential: string | null
  ip: string | null
  dialect: string
  user_agent: string
  method: string
  path: string
  status: number
  code: string | null
  detail: string | null
  ms: number
  subject_kind: 'user' | 'group' | null
  subject_id: string | null
  subject: string | null
  subject_folded: string | null
  notes: string | null
  request: string | null
  response: string | null
  request_id: string
}

/** What was announced once, such as the expiry of a certificate, so that no node announces it again. */
export type NoticesTable = { org_id: string; key: string; at: number }

export type PreferencesTable = { org_id: string; user_id: string; key: string; value: string }

export type CountDeltasTable = { org_id: string; id: string; key: string; delta: number }
export type CountsTable = { org_id: string; key: string; value: number }
export type SearchQueueTable = { org_id: string; id: string; user_id: string }
export type IdempotencyTable = {
  org_id: string
  key_hash: string
  request_hash: string
  status: number
  response: string
  expires_at: number
}

export type RootsTable = {
  id: string
  email: string
  email_folded: string
  password_hash: string
  created_at: number
}
export type InstallationTable = { key: string; value: string }

export type Tables = {
  organisations: OrganisationsTable
  users: UsersTable
  scim_attributes: ScimAttributesTable
  adopted: AdoptedTable
  shadows: ShadowsTable
  audit_seals: AuditSealsTable
  other_emails: OtherEmailsTable
  tombstones: TombstonesTable
  passwords: PasswordsTable
  totp_factors: TotpFactorsTable
  passkeys: PasskeysTable
  passkey_challenges: PasskeyChallengesTable
  recovery_codes: RecoveryCodesTable
  sign_in_tickets: SignInTicketsTable
  identities: IdentitiesTable
  user_roles: UserRolesTable
  groups: GroupsTable
  group_members: GroupMembersTable
  nested_groups: NestedGroupsTable
  pools: PoolsTable
  pool_roles: PoolRolesTable
  grants: GrantsTable
  leftovers: LeftoversTable
  sessions: SessionsTable
  connections: ConnectionsTable
  sp_keys: SpKeysTable
  oidc_keys: OidcKeysTable
  sso_requests: SsoRequestsTable
  seen_assertions: SeenAssertionsTable
  sso_tests: SsoTestsTable
  break_glass_accounts: BreakGlassTable
  domains: DomainsTable
  adoptions: AdoptionsTable
  approvals: ApprovalsTable
  links: LinksTable
  invitations: InvitationsTable
  self_service: SelfServiceTable
  registrations: RegistrationsTable
  spent_challenges: SpentChallengesTable
  events: EventsTable
  attempts: AttemptsTable
  outbox: OutboxTable
  mail_settings: MailSettingsTable
  api_keys: ApiKeysTable
  scim_tokens: ScimTokensTable
  scim_clients: ScimClientsTable
  scim_access_tokens: ScimAccessTokensTable
  scim_settings: ScimSettingsTable
  scim_walks: ScimWalksTable
  nodes: NodesTable
  provisioning_log: ProvisioningLogTable
  notices: NoticesTable
  preferences: PreferencesTable
  count_deltas: CountDeltasTable
  counts: CountsTable
  search_queue: SearchQueueTable
  idempotency: IdempotencyTable
  roots: RootsTable
  installation: InstallationTable
}
