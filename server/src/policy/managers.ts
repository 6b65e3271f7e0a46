import type { LoginMethod } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'
import type { UserStatus } from '../model/user.ts'

/** A person with ROLE_MANAGER, as far as the rule about the last one asks. */
export type ManagerFacts = {
  id: string
  status: UserStatus
  held: boolean
  hasPassword: boolean
  hasIdentity: boolean
}

/** Active, not held, and able to sign in by the method now in force (LM-3 while none is). */
export function isWorking(manager: ManagerFacts, method: LoginMethod | null): boolean {
  if (manager.status !== 'active' || manager.held) return false
  return method === 'password' || method === null ? manager.hasPassword : manager.hasIdentity
}

/** US-13: nothing takes the last working manager away. */
export function decideManagerLoss(
  managers: ManagerFacts[],
  method: LoginMethod | null,
  leavingId: string,
): Refusal | undefined {
  const leaving = managers.find((manager) => manager.id === leavingId)
  if (!leaving) return undefined
  const others = managers.filter(
    (manager) => manager.id !== leavingId && manager.status !== 'deactivated',
  )
  const stays = isWorking(leaving, method)
    ? others.some((manager) => isWorking(manager, method))
    : others.length > 0
  if (stays) return undefined
  return {
    code: 'manager.last_working',
    detail: 'This is the last manager who can sign in. Make another person a manager first.',
  }
}
