import { z } from 'zod'
import { Id, listOf, Name, Page, Provenance, Time } from './shared.ts'

const search = z.string().max(100).optional()
/** Which role it is, and whether it fits, is decided behind the door. */
const roles = z.array(z.string().min(1).max(100)).max(20)

/** Counted no further than it is worth reading: `exact` is false when there are more. */
const Counted = z.object({ count: z.number().int(), exact: z.boolean() })
export type Counted = z.infer<typeof Counted>

/** `GET /groups`, `GET /pools`: in the order of their names, the Default one first. */
export const NamedQuery = Page.extend({ search })

export const GroupRow = z.object({
  id: Id,
  name: z.string(),
  isDefault: z.boolean(),
  /** `scim`: the identity provider owns the group and who is in it (SC-36). */
  managedBy: z.enum(['portal', 'scim']),
  /** Whether the identity provider may take it over (SC-35). */
  adoptable: z.boolean(),
  /** People who are in it directly. */
  members: Counted,
  /** How many groups are in it, and how many pools it reaches. */
  nested: z.number().int(),
  pools: z.number().int(),
  createdAt: Time,
  updatedAt: Time,
})
export type GroupRow = z.infer<typeof GroupRow>
export const GroupList = listOf(GroupRow)

const RelatedGroup = z.object({ id: Id, name: z.string(), provenance: Provenance })
/** `GET /groups/{id}` */
export const GroupDetails = GroupRow.extend({
  /** The groups in it, and those that it is in (SC-39). */
  inside: z.array(RelatedGroup),
  around: z.array(RelatedGroup),
  /** What cannot be changed here now, with the reason. */
  locked: z.object({
    members: z.string().nullable(),
    name: z.string().nullable(),
    delete: z.string().nullable(),
  }),
  version: z.number().int(),
})
export type GroupDetails = z.infer<typeof GroupDetails>

/** `POST /groups`, `PATCH /groups/{id}` */
export const NameGroup = z.strictObject({ name: Name })
/** `POST /groups/{id}/duplicate`: what it gives and the groups in it; its people on request. */
export const DuplicateGroup = z.strictObject({ name: Name, members: z.boolean().default(false) })
/** `PUT /groups/{id}/adoptable` (SC-35) */
export const GroupAdoptable = z.strictObject({ adoptable: z.boolean() })
/** `POST /groups/{id}/groups` (SC-39) */
export const NestGroup = z.strictObject({ groupId: Id })

/** `GET /groups/{id}/members`, `GET /pools/{id}/people`; `direct` leaves out those who come through a group. */
export const PeopleQuery = Page.extend({
  search,
  direct: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true'),
})

const PersonSeen = z.object({
  id: Id,
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  status: z.enum(['active', 'pending', 'deactivated']),
  held: z.boolean(),
})
export const GroupMembers = listOf(
  PersonSeen.extend({
    /** In it only through a group that is in it; `via` names those groups. */
    inherited: z.boolean(),
    via: z.array(z.string()),
    provenance: Provenance,
  }),
)
export type GroupMembers = z.infer<typeof GroupMembers>

/** `POST /groups/{id}/members {userId}` adds one: 204. With `{userIds}`: 200, or 207 when some are not there (RB-17). */
export const AddMembers = z.union([
  z.strictObject({ userId: Id }),
  z.strictObject({ userIds: z.array(Id).min(1).max(200) }),
])
export const AddedMembers = z.object({
  items: z.array(
    z.object({
      id: Id,
      /** As a request for this person alone would be answered. */
      status: z.number().int(),
      code: z.string().nullable(),
      detail: z.string().nullable(),
    }),
  ),
})

/** `POST /users/{id}/pool-grants`, `POST /groups/{id}/pool-grants` */
export const AddPoolGrant = z.strictObject({ poolId: Id, roles: roles.optional() })
/** The first of the grants, one for each role. */
export const AddedPoolGrant = z.object({ id: Id, ids: z.array(Id) })
/** `GET /groups/{id}/pool-grants` */
export const GroupPoolGrants = listOf(
  z.object({
    id: Id,
    poolId: Id,
    poolName: z.string(),
    role: z.string(),
    provenance: Provenance,
    /** Why it cannot be taken away, if so (RB-8). */
    locked: z.string().nullable(),
  }),
)
export type GroupPoolGrants = z.infer<typeof GroupPoolGrants>

export const PoolRow = z.object({
  id: Id,
  name: z.string(),
  isDefault: z.boolean(),
  /** Whoever reaches it has these (RB-9). */
  roles: z.array(z.string()),
  /** How many groups reach it, and how many people are assigned to it directly. */
  groups: z.number().int(),
  assigned: Counted,
  createdAt: Time,
  updatedAt: Time,
})
export type PoolRow = z.infer<typeof PoolRow>
export const PoolList = listOf(PoolRow)

/** `GET /pools/{id}` */
export const PoolDetails = PoolRow.extend({
  groupGrants: z.array(
    z.object({
      id: Id,
      groupId: Id,
      groupName: z.string(),
      role: z.string(),
      provenance: Provenance,
      locked: z.string().nullable(),
    }),
  ),
  version: z.number().int(),
})
export type PoolDetails = z.infer<typeof PoolDetails>

/** `POST /pools`, `PATCH /pools/{id}` */
export const CreatePool = z.strictObject({ name: Name, roles: roles.optional() })
export const ChangePool = z.strictObject({ name: Name.optional(), roles: roles.optional() })

const Step = z.object({
  kind: z.enum(['role', 'membership', 'nesting', 'group_grant', 'direct_grant', 'pool_role']),
  label: z.string(),
  provenance: Provenance,
  /** The group that this step leads into or starts from. */
  groupId: Id.nullable(),
  grantId: Id.nullable(),
})
const AccessPath = z.object({ sentence: z.string(), steps: z.array(Step) })

/** `GET /users/{id}/access?explain=true` (RB-12). */
export const AccessView = z.object({
  items: z.array(
    z.object({
      scope: z.enum(['organisation', 'pool']),
      poolId: Id.nullable(),
      poolName: z.string().nullable(),
      role: z.string(),
      permissions: z.array(z.string()),
      /** Every path that confers it, each a sentence and its steps. */
      paths: z.array(AccessPath),
    }),
  ),
})
export type AccessView = z.infer<typeof AccessView>

/** `GET /pools/{id}/people` */
export const PoolPeople = listOf(
  PersonSeen.extend({
    roles: z.array(z.string()),
    /** Every path by which this person reaches the pool. */
    paths: z.array(AccessPath),
    /** The grant of their own that can be taken away here, if there is one. */
    directGrantId: Id.nullable(),
  }),
)
export type PoolPeople = z.infer<typeof PoolPeople>

/** `POST /access/check` (RB-13): what a product asks before it opens a door. */
export const AccessCheck = z.strictObject({
  userId: Id,
  poolId: Id,
  permission: z.string().min(1).max(100),
})
export const AccessAnswer = z.object({ allowed: z.boolean(), because: z.string() })
export type AccessAnswer = z.infer<typeof AccessAnswer>

/** `GET /roles`: the built-in ones, which are fixed (RB-1). */
export const RoleList = listOf(
  z.object({
    role: z.string(),
    label: z.string(),
    builtIn: z.boolean(),
    permissions: z.array(z.string()),
    /** What it means on a pool; empty for roles of the whole organisation. */
    poolPermissions: z.array(z.string()),
  }),
)
