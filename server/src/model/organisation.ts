import type { GoogleSettings } from './connection.ts'

/** The single way in which people of an organisation sign in; null until a manager chooses (LM-2). */
export type LoginMethod = 'password' | 'google' | 'sso'

/** Who governs membership, one at a time (PV-4). */
export type ProvisioningSource = 'portal' | 'sso_jit' | 'scim' | 'ldap'

export type Organisation = {
  id: string
  name: string
  slug: string
  loginMethod: LoginMethod | null
  source: ProvisioningSource
  /** Who chose the source and when, for the entry sentence (PV-10). */
  sourceChosenBy: string | null
  sourceChosenAt: number | null
  /** Under `password`: nobody gets a session by the password alone (SE-11). */
  requireSecondFactor: boolean
  selfServiceEnabled: boolean
  defaultGroupId: string
  defaultPoolId: string
  /** Holds the simulated identity provider. */
  demo: boolean
  google: GoogleSettings
  /** Raised by every change of settings; the ETag (GE-5). */
  version: number
  createdAt: number
}
