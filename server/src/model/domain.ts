/** A domain that an organisation says is its own (SE-15). */
export type Domain = {
  organisationId: string
  /** IDNA in ASCII. */
  name: string
  /** What the TXT record has to say; of this organisation alone. */
  token: string
  proof: 'dns' | 'operator'
  verifiedAt: number | null
  /** Since when the proof is missing, without a break. */
  missingSince: number | null
  lapsedAt: number | null
  check: DomainCheck | null
  createdAt: number
}

export type DomainCheck = { at: number; outcome: DomainOutcome; found: string[] }

/** `other`: records, but not ours. `unanswered` says nothing about the domain. */
export type DomainOutcome = 'found' | 'other' | 'none' | 'unanswered'

export type DomainState = 'waiting' | 'verified' | 'lapsing' | 'lapsed'
