import { createHash } from 'node:crypto'
import type { TestOrganisation } from './organisation.ts'

/** The address of the door behind a self-service link. */
export const pathOf = (url: string) => `/api/v1${new URL(url).pathname}`

/** Solves a challenge as a browser does. */
export function solve(challenge: string, bits: number): string {
  for (let tried = 0; ; tried += 1) {
    const digest = createHash('sha256').update(`${challenge}:${tried}`).digest()
    if (digest.readUInt32BE(0) >>> (32 - bits) === 0) return String(tried)
  }
}

/** Somebody opens the link and sends its form. */
export async function register(acme: TestOrganisation, url: string, changes: object = {}) {
  const page = (await acme.send('GET', pathOf(url))).body
  const { challenge, bits } = page
  return acme.send('POST', pathOf(url), {
    firstName: 'Noa',
    lastName: 'Levi',
    email: 'noa@company.com',
    ...(challenge && { challenge, solution: solve(challenge, bits) }),
    ...changes,
  })
}
