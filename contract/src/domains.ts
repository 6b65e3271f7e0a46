import { z } from 'zod'
import { listOf, Time } from './shared.ts'

/** `waiting`: not proved yet. `lapsing`: the proof is gone, and counts a little longer. */
export const DomainState = z.enum(['waiting', 'verified', 'lapsing', 'lapsed'])
export type DomainState = z.infer<typeof DomainState>

/** A domain that an organisation says is its own (SE-15). */
export const Domain = z.object({
  /** IDNA in ASCII, as it stands in addresses; `shown` is how people write it. */
  name: z.string(),
  shown: z.string(),
  state: DomainState,
  /** `operator`: vouched for on the machine itself; it is not looked up. */
  proof: z.enum(['dns', 'operator']),
  /** The TXT record that proves it, for this organisation alone. */
  record: z.object({ name: z.string(), value: z.string() }),
  createdAt: Time,
  verifiedAt: Time.nullable(),
  /** While it is lapsing: when it stops counting. */
  lapsesAt: Time.nullable(),
  /** What the last look into the DNS found; `unanswered` when no name server said anything. */
  check: z
    .object({
      at: Time,
      outcome: z.enum(['found', 'other', 'none', 'unanswered']),
      /** TXT records that stand there instead, or why nobody answered. */
      found: z.array(z.string()),
    })
    .nullable(),
})
export type Domain = z.infer<typeof Domain>
export const Domains = listOf(Domain)

/** `POST /domains`; `POST /domains/{name}/verify` looks now; `DELETE /domains/{name}`. */
export const AddDomain = z.strictObject({
  /** `company.com` or `@company.com`. */
  name: z.string().min(1).max(254),
})

/** `GET /domains/{name}` */
export const DomainDetails = Domain.extend({
  /** People of this domain who are not linked to the identity provider yet. */
  unlinked: z.object({ count: z.number().int(), exact: z.boolean() }),
})
export type DomainDetails = z.infer<typeof DomainDetails>
