/** The stable codes of BEHAVIOURS.md section 17 that a rule behind the doors can answer with. */
export const refusalStatus = {
  'request.invalid': 400,
  'user.password_not_allowed': 400,
  'user.email_immutable': 400,
  'password.too_weak': 400,
  'saml.certificate_required': 400,
  'saml.metadata_invalid': 400,
  'saml.malformed': 400,
  'saml.logout_unsigned': 400,
  'self_service.risk_unacknowledged': 400,
  'challenge.invalid': 400,
  'domain.not_allowed': 400,
  'url.not_allowed': 400,
  'role.permission_unknown': 400,
  'role.permission_reserved': 400,
  'role.scope_invalid': 400,
  'api_key.label_invalid': 400,
  'api_key.scope_required': 400,
  'auth.required': 401,
  'auth.invalid_credentials': 401,
  'auth.forbidden': 403,
  'auth.csrf': 403,
  'auth.reauth_required': 403,
  'login_method.disabled': 403,
  'email.not_verified': 403,
  'user.deactivated': 403,
  'sso.user_unknown': 403,
  'google.user_unknown': 403,
  'activation.email_mismatch': 403,
  'invitation.email_mismatch': 403,
  'self_service.domain_not_allowed': 403,
  'jit.claim_missing': 403,
  'jit.email_invalid': 403,
  'jit.adoption_pending': 403,
  'jit.no_matching_rule': 403,
  'scim.group_sync_off': 403,
  'role.builtin': 403,
  'role.escalation': 403,
  'group.default_undeletable': 403,
  'pool.default_undeletable': 403,
  'api_key.scope_missing': 403,
  'saml.signature_missing': 403,
  'saml.signature_invalid': 403,
  'saml.issuer_mismatch': 403,
  'saml.audience_mismatch': 403,
  'saml.recipient_mismatch': 403,
  'saml.destination_mismatch': 403,
  'saml.in_response_to_mismatch': 403,
  'saml.expired': 403,
  'saml.not_yet_valid': 403,
  'saml.replayed': 403,
  'saml.unsolicited': 403,
  'saml.algorithm_weak': 403,
  'oidc.issuer_mismatch': 403,
  'oidc.audience_mismatch': 403,
  'oidc.signature_invalid': 403,
  'oidc.token_expired': 403,
  'oidc.state_mismatch': 403,
  'oidc.nonce_mismatch': 403,
  'oidc.email_unverified': 403,
  'oidc.provider_refused': 403,
  'resource.not_found': 404,
  'request.idempotency_mismatch': 409,
  'org.slug_taken': 409,
  'login_method.not_set': 409,
  'login_method.test_required': 409,
  'login_method.test_stale': 409,
  'login_method.provisioning_active': 409,
  'login_method.google_unavailable': 409,
  'break_glass.required': 409,
  'break_glass.unproven': 409,
  'break_glass.last': 409,
  'idm.connection_exists': 409,
  'provisioning.sso_required': 409,
  'provisioning.method_conflict': 409,
  'provisioning.preview_required': 409,
  'provisioning.rollback_unavailable': 409,
  'provisioning.paused': 409,
  'user.email_exists': 409,
  'user.user_name_exists': 409,
  'user.restorable': 409,
  'user.managed_externally': 409,
  'user.attribute_managed': 409,
  'user.must_deactivate_first': 409,
  'user.self_delete': 409,
  'manager.last_working': 409,
  'second_factor.required': 409,
  'scim_token.limit': 409,
  'group.default_membership': 409,
  'group.managed_externally': 409,
  'group.name_exists': 409,
  'pool.name_exists': 409,
  'activation.expired': 410,
  'invitation.invalid': 410,
  'self_service.closed': 410,
  'request.stale': 412,
  'rate.limited': 429,
} as const

export type RefusalCode = keyof typeof refusalStatus

/** One wrong field of a request; `pointer` is an RFC 6901 JSON pointer. */
export type FieldFault = { pointer: string; code: string; detail?: string }

/** We understood, and the answer is no. `detail` says what is so and what to do, to an administrator. */
export type Refusal = {
  code: RefusalCode
  detail: string
  errors?: FieldFault[]
  /** Whom it is about, where the caller can do something for them. */
  userId?: string
  retryAfterSeconds?: number
}

/** Thrown by `directory` and the doors' parsers; each door translates it in one place. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.detail}`)
    this.name = 'Refused'
    this.refusal = refusal
  }
}

export function refuse(code: RefusalCode, detail: string, errors?: FieldFault[]): never {
  throw new Refused(errors ? { code, detail, errors } : { code, detail })
}

/** RFC 9457 `application/problem+json` (GE-1). */
export function toProblem(refusal: Refusal, requestId: string) {
  const status = refusalStatus[refusal.code]
  return {
    type: `urn:usher:problem:${refusal.code}`,
    title: titles[status],
    status,
    detail: refusal.detail,
    code: refusal.code,
    ...(refusal.errors && { errors: refusal.errors }),
    ...(refusal.userId && { userId: refusal.userId }),
    requestId,
  }
}

export const titles = {
  400: 'Invalid request',
  401: 'Sign-in required',
  403: 'Refused',
  404: 'Not found',
  409: 'In conflict with the current state',
  410: 'Gone',
  412: 'Changed meanwhile',
  429: 'Too many requests',
} as const
