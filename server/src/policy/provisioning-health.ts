export type Call = {
  at: number
  status: number
  code?: string | null
  /** Whether it came with a credential of ours, be it an expired one. */
  known: boolean
}
export type Health = {
  state: 'never_called' | 'healthy' | 'failing' | 'silent'
  sentence: string
}

const hour = 3_600_000
const day = 24 * hour
/** So many calls of ours in a row without one that succeeds. */
const enoughRefused = 20

/**
 * Whether the identity provider gets through. Calls with a credential of ours decide as long as there
 * are any: whoever knows the address alone must not be able to make a good connection look broken.
 * @param latest newest first.
 */
export function describeHealth(latest: Call[], now: number): Health {
  const newest = latest[0]
  if (!newest) {
    return {
      state: 'never_called',
      sentence:
        'The identity provider has not called yet. Give it the base URL and a token, and test the connection there.',
    }
  }
  const known = latest.filter((call) => call.known)
  const heard = known[0]
  if (!heard || (newest.status === 401 && now - heard.at > hour)) {
    if (newest.status === 401 && now - newest.at <= day) {
      return {
        state: 'failing',
        sentence:
          'Calls arrive without a credential of this organisation. Enter a live token in the identity provider.',
      }
    }
  }
  const last = heard ?? newest
  const reason = now - last.at <= day ? whyRefused(last, known) : undefined
  if (reason) return { state: 'failing', sentence: reason }
  if (now - last.at > day) {
    return {
      state: 'silent',
      sentence:
        'No call for a day. Entra ID calls about every 40 minutes, Okta only when something changes: look whether provisioning still runs there.',
    }
  }
  return { state: 'healthy', sentence: 'The identity provider calls and is answered.' }
}

function whyRefused(last: Call, known: Call[]): string | undefined {
  if (last.status === 401) {
    return 'The identity provider calls with a credential that has expired. Make a new one and enter it there.'
  }
  if (last.status === 403 && last.code === 'provisioning.method_conflict') {
    return 'The identity provider calls and is refused: SCIM is not what this organisation takes people from. Choose SCIM above, or stop provisioning there.'
  }
  if (last.code === 'provisioning.paused') {
    return 'The latest call came while provisioning was paused. Once it is resumed on Identity Configuration, the identity provider comes again by itself.'
  }
  if (last.status === 429) {
    return 'The identity provider calls faster than it is let in. It will try again by itself.'
  }
  if (last.status >= 500) {
    return 'The latest call met an error of this server. Ask its operator to look into the log.'
  }
  const recent = known.slice(0, enoughRefused)
  if (recent.length === enoughRefused && recent.every((call) => call.status >= 400)) {
    return `The latest ${enoughRefused} calls were refused. Open the provisioning log: every entry says what to do.`
  }
  return undefined
}
