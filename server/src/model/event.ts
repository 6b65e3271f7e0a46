/** Every name an audit event can have; noun first, past tense last. */
export type EventName =
  | 'auth.succeeded'
  | 'auth.failed'
  | 'auth.signed_out'
  | 'session.ended'
  | 'organisation.created'
  | 'organisation.changed'
  | 'login_method.changed'
  | 'connection.changed'
  | 'connection.tested'
  | 'provisioning.changed'
  | 'user.joined'
  | 'user.linked'
  | 'user.changed'
  | 'user.activated'
  | 'user.deactivated'
  | 'user.enabled'
  | 'user.deleted'
  | 'user.email_change_refused'
  | 'user.role_granted'
  | 'user.role_revoked'
  | 'user.password_set'
  | 'activation.issued'
  | 'group.created'
  | 'group.member_added'
  | 'group.member_removed'
  | 'group.pool_granted'
  | 'pool.created'
  | 'pool.granted'
  | 'pool.revoked'
  | 'adoption.queued'
  | 'adoption.approved'
  | 'adoption.declined'
  | 'break_glass.created'
  | 'break_glass.changed'
  | 'break_glass.deleted'
  | 'break_glass.used'
  | 'domain.added'
  | 'domain.verified'
  | 'api_key.created'
  | 'scim_token.created'
  | 'scim_token.revoked'
  | 'scim_client.created'
  | 'scim_client.revoked'
  | 'platform.root_created'

/** What happened, appended in the transaction of the change (AU-1). Secrets are masked by the writer. */
export type Happening = {
  name: EventName
  result?: 'success' | 'failure'
  subject?: { kind: string; id: string; label?: string }
  before?: unknown
  after?: unknown
  data?: unknown
  source?: string
}
