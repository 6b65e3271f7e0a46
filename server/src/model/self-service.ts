/** Who may register by the link, and how long (SS-8 to SS-11, SS-18 to SS-21). */
export type SelfServiceSettings = {
  allowedDomains: string[]
  /** Anybody with any address, chosen with open eyes (SS-9). */
  anyDomain: boolean
  expiresAt: number | null
  maxUses: number | null
  requireApproval: boolean
  termsUrl: string | null
  /** When the terms were last set: their version. */
  termsAt: number | null
}

/** The one link that works; rotating makes another (SS-19). */
export type JoinLink = {
  id: string
  token: string
  createdAt: number
  /** People who came through it and proved their address (SS-20). */
  uses: number
}

export type SelfService = SelfServiceSettings & { link: JoinLink }

export type SelfServiceState =
  | 'open'
  | 'closed_source'
  | 'closed_off'
  | 'closed_no_login_method'
  | 'closed_no_domain'
  | 'closed_expired'
  | 'closed_exhausted'
  | 'closed_paused'

/**
 * A person who used the link: `unproved` are Pending people whose address is not proved, `waiting`
 * ones are nobody yet and wait for a manager, `joined` ones came in.
 */
export type RegistrationState = 'unproved' | 'waiting' | 'joined'
