/**
 * What a route is about, by its address below the organisation; the first that fits. The directory
 * decides who may do what: here it is only known early enough to say so before anything is said of
 * what they sent.
 */
const areas = [
  [/^\/users\/[^/]+\/pool-grants/, 'access'],
  [/^\/identity\/(?:login-method\/links|self-service\/requests)/, 'users'],
  [/^\/(?:users|invitations|adoptions)/, 'users'],
  [/^\/(?:groups|pools|roles|access)/, 'access'],
  [/^\/(?:audit-events|sign-in-log|provisioning-log)/, 'audit'],
  [/^\/(?:identity|break-glass-accounts|domains|mail-settings|mails)/, 'identity'],
] as const

/** These send what they ask for in a body. */
const questions = /^\/access\/check$/

/** @returns undefined where it depends on more than the address, as with keys and preferences. */
export function actOf(method: string, path: string) {
  const area = areas.find(([pattern]) => pattern.test(path))?.[1]
  if (!area) return undefined
  const reads = method === 'GET' || method === 'HEAD' || questions.test(path)
  return `${area}.${reads ? 'read' : 'write'}` as const
}
