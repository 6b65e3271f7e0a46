import type { LoginMethod, Switching } from './organisation.ts'
import type { User } from './user.ts'

/** Whether the switch means this person and has not been brought to them. */
function isBehind(switching: Switching, user: User): boolean {
  const { at, saverId, afterId, untilId } = switching
  if (user.id <= afterId || user.id > untilId || user.id === saverId) return false
  const waits = user.status === 'pending' && user.pendingReason === 'method_changed'
  const reached = (waits && user.updatedAt >= at) || (user.lastSignInAt ?? 0) > at
  return user.status !== 'deactivated' && !reached
}

const byMethod: LoginMethod[] = ['password', 'google', 'sso']

/** How sessions were opened that a switch to this method ends. */
export function endedBy(method: LoginMethod): LoginMethod[] {
  return byMethod.filter((other) => other !== method)
}

/** LM-13: whether the switch has ended this session, also before its row is gone. */
export function hasEnded(
  { method, keptSessionId }: Switching,
  session: { id: string; method: string },
): boolean {
  const older = endedBy(method).some((other) => other === session.method)
  return older && session.id !== keptSessionId
}

/** The person as the switch leaves them, also before it is brought to them; otherwise the same object. */
export function switched(switching: Switching | null, user: User): User {
  if (!switching || !isBehind(switching, user)) return user
  return {
    ...user,
    status: 'pending',
    pendingReason: 'method_changed',
    updatedAt: switching.at,
  }
}
