import { z } from 'zod'
import { ProvisioningChange } from './identity.ts'
import { Id, Time } from './shared.ts'

// Shadow SCIM (BY-3), under `/api/v1/orgs/{organisationId}/identity/scim/shadow`: the identity provider
// is answered as ever, and what it does happens to a copy of the directory until a manager goes live.

/** What going live does to somebody, the gravest first: one of these for each person. */
export const PersonDifference = z.enum([
  /** Deleted, and restorable for the grace period. */
  'deleted',
  'deactivated',
  /** Nobody of this id is here: a new person. */
  'created',
  /** Somebody of this address arrived meanwhile: they are taken over, under the id that they have here. */
  'matched',
  'enabled',
  /** Here already, and managed by the identity provider from then on. */
  'adopted',
  'changed',
])
export type PersonDifference = z.infer<typeof PersonDifference>

export const GroupDifference = z.enum(['deleted', 'created', 'adopted', 'changed'])
export type GroupDifference = z.infer<typeof GroupDifference>

export const ShadowSummary = z.object({
  people: z.record(PersonDifference, z.number().int()),
  groups: z.record(GroupDifference, z.number().int()),
  /** Edges between groups of the identity provider and their people and groups. */
  memberships: z.object({ added: z.number().int(), removed: z.number().int() }),
  /** Not deactivated here and never sent in the shadow: they keep working, and nothing of theirs changes. */
  notSent: z.number().int(),
})
export type ShadowSummary = z.infer<typeof ShadowSummary>

const Begun = { startedBy: z.string(), startedAt: Time }

/** Of the last one that ended; `refused` says who could not be brought live, at most 200 of them. */
export const ShadowEnd = z.object({
  ...Begun,
  endedAt: Time,
  /** Null when it was discarded. */
  wentLiveBy: z.string().nullable(),
  applied: z.number().int(),
  refusedTotal: z.number().int(),
  refused: z.array(
    z.object({
      kind: z.enum(['user', 'group']),
      label: z.string(),
      code: z.string(),
      detail: z.string(),
    }),
  ),
})
export type ShadowEnd = z.infer<typeof ShadowEnd>

/**
 * `GET` answers it, and so does each act. `POST` begins (409 `provisioning.sso_required` without SSO,
 * `provisioning.method_conflict` while SCIM is the source or a shadow is there), `DELETE` discards;
 * of one that is applied, what was brought to people stays, and the rest is left.
 */
export const ShadowView = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('none'),
    /** Why it cannot begin now; null when it can. */
    unavailableBecause: z.string().nullable(),
    last: ShadowEnd.nullable(),
  }),
  /** People are being copied; calls get 503 with `Retry-After` meanwhile. */
  z.object({
    state: z.literal('copying'),
    ...Begun,
    done: z.number().int(),
    total: z.number().int(),
  }),
  z.object({ state: z.literal('open'), ...Begun, summary: ShadowSummary }),
  /** SCIM is the source, and the differences are being brought to people; calls get 503 meanwhile. */
  z.object({
    state: z.literal('applying'),
    ...Begun,
    wentLiveBy: z.string(),
    wentLiveAt: Time,
    done: z.number().int(),
    total: z.number().int(),
    refused: z.number().int(),
  }),
])
export type ShadowView = z.infer<typeof ShadowView>

/**
 * `POST …/go-live`, after a fresh sign-in: makes SCIM the source and brings what was rehearsed to everybody.
 * `previewId` is that of `POST …/identity/provisioning/preview {source: "scim"}` (409
 * `provisioning.preview_required`); `deactivate` as in the change of the source.
 */
export const GoLive = ProvisioningChange.pick({ previewId: true, deactivate: true })
export type GoLive = z.input<typeof GoLive>

/** `GET …/differences`: `after` is `next` of the page before. */
export const ShadowDifferencesQuery = z.object({
  kind: z.enum(['user', 'group']).default('user'),
  /** Only these; groups know four of them. */
  difference: PersonDifference.optional(),
  after: Id.optional(),
  size: z.coerce.number().int().min(1).max(200).default(50),
})
export type ShadowDifferencesQuery = z.input<typeof ShadowDifferencesQuery>

export const ShadowDifferences = z.object({
  items: z.array(
    z.object({
      id: Id,
      kind: z.enum(['user', 'group']),
      difference: PersonDifference,
      /** The address of a person, the name of a group. */
      label: z.string(),
      /** The name of a person; empty for a group. */
      name: z.string(),
      isManager: z.boolean(),
      /** Each field that differs; null where there is none. */
      fields: z.array(
        z.object({ field: z.string(), here: z.string().nullable(), shadow: z.string().nullable() }),
      ),
      roles: z.object({ gained: z.array(z.string()), lost: z.array(z.string()) }),
      /** Of a person: names of groups. Of a group: who, at most 20 of each. */
      members: z.object({
        added: z.array(z.string()),
        removed: z.array(z.string()),
        addedTotal: z.number().int(),
        removedTotal: z.number().int(),
      }),
    }),
  ),
  next: Id.nullable(),
})
export type ShadowDifferences = z.infer<typeof ShadowDifferences>
