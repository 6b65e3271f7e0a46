import type { GoogleSettings } from './connection.ts'

/** The single way in which people of an organisation sign in; null until a manager chooses (LM-2). */
export type LoginMethod = 'password' | 'google' | 'sso'

/** Who governs membership, one at a time (PV-4). */
export const sources = ['portal', 'sso_jit', 'scim', 'ldap'] as const
export type ProvisioningSource = (typeof sources)[number]

/** A switch of the login method that is being brought to people in the order of their ids (LM-12). */
export type Switching = {
  at: number
  method: LoginMethod
  /** Who switched, and stays as they are, with the session that they did it in. */
  saverId: string
  keptSessionId: string | null
  /** Whether people are told by mail. */
  tells: boolean
  afterId: string
  /** The last who was here at the switch. */
  untilId: string
  done: number
  total: number
}

/** Who paused provisioning, and when. */
export type Paused = { by: string; at: number }

/** What a change of the source is rolled back to, and when it was made (PV-14). */
export type Rollback = {
  source: ProvisioningSource
  selfService: boolean
  handedOver: ProvisioningSource[]
  at: number
}

/**
 * SCIM that is rehearsed: what the identity provider does happens to a copy, which is an organisation
 * of its own. While it is applied, what was rehearsed is brought to the people who are here.
 */
export type Shadow = { copyId: string; state: 'copying' | 'open' | 'applying' }

/** For acts at the level of the whole installation, which belong to no organisation. */
export const platformId = '00000000-0000-0000-0000-000000000000'

export type Organisation = {
  id: string
  name: string
  slug: string
  loginMethod: LoginMethod | null
  source: ProvisioningSource
  /** Who chose the source and when, for the entry sentence (PV-10). */
  sourceChosenBy: string | null
  sourceChosenAt: number | null
  /** Sources that were left by a hand-over: whom they brought is managed in the portal (PV-13). */
  handedOver: ProvisioningSource[]
  rollback: Rollback | null
  /** Nobody enters, and the identity provider is not heard, until a manager resumes (PV-15). */
  paused: Paused | null
  /** Under `password`: nobody gets a session by the password alone (SE-11). */
  requireSecondFactor: boolean
  selfServiceEnabled: boolean
  defaultGroupId: string
  defaultPoolId: string
  /** Holds the simulated identity provider. */
  demo: boolean
  google: GoogleSettings
  /** Null when the last switch of the login method has been brought to everybody. */
  switching: Switching | null
  shadow: Shadow | null
  /** Raised by every change of settings; the ETag (GE-5). */
  version: number
  createdAt: number
}
