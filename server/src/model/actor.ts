import type { Role } from './user.ts'

/** Who is calling. Made by `auth`, believed by everyone behind it. */
export type Actor = {
  kind: 'user' | 'break_glass' | 'api_key' | 'scim' | 'root' | 'operator' | 'system' | 'anonymous'
  id: string | null
  /** For people who read the audit: a name, an e-mail, "System". */
  label: string
  organisationId: string
  roles: Role[]
  scopes: string[]
  ip: string | null
  requestId: string | null
  /** When this session's credential was last shown, for SE-6; null outside the browser. */
  signedInAt: number | null
  sessionId: string | null
  /** Whose personal key it is, and what they may do now: the key never does more (AK-7). */
  owner?: { id: string; roles: Role[] }
}

export function systemActor(
  organisationId: string,
  from?: { ip: string; requestId: string },
): Actor {
  return {
    kind: 'system',
    id: null,
    label: 'System',
    organisationId,
    roles: [],
    scopes: [],
    ip: from?.ip ?? null,
    requestId: from?.requestId ?? null,
    signedInAt: null,
    sessionId: null,
  }
}

/** Whoever works on the machine itself. */
export function operatorOf(organisationId: string): Actor {
  return { ...systemActor(organisationId), kind: 'operator', label: 'Operator' }
}
