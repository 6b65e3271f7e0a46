/** What the SCIM door and the directory say to each other, without the protocol's words for it. */

/** Of an attribute, as far as a query asks (RFC 7643 §7). */
export type AttributeTraits = {
  name: string
  type: string
  multiValued: boolean
  caseExact: boolean
}
/** An attribute and where it stands; `path` is in the spelling of the schema. */
export type AttributePath = {
  extension?: string
  attribute: AttributeTraits
  sub?: AttributeTraits
  path: string
}

export type ResourceComparison = {
  kind: 'compare'
  attribute: AttributePath
  operator: 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'
  /** Of the attribute's type; a point in time is in Unix milliseconds. */
  value: string | number | boolean
}
/** RFC 7644 §3.4.2.2, with every attribute known and every value of its type. */
export type ResourceFilter =
  | ResourceComparison
  | { kind: 'present'; attribute: AttributePath }
  /** All of `where` holds for one and the same value of the attribute. */
  | { kind: 'value'; attribute: AttributePath; where: ResourceFilter }
  | { kind: 'and' | 'or'; terms: ResourceFilter[] }
  | { kind: 'not'; term: ResourceFilter }

export type ResourceSort = { by: AttributePath; descending: boolean }

/** Where a page ended: the value of the sort key, if there is one, and the id. */
export type ResourcePosition = { value: string | number | null; id: string }

export type ResourceQuery = {
  filter?: ResourceFilter | undefined
  sort?: ResourceSort | undefined
  /** How many to pass over, or after whom to begin. */
  from: { skip: number } | { after: ResourcePosition }
  count: number
  /** Of the organisation's endpoint, since `meta.location` and `$ref` can be asked for. */
  baseUrl: string
}
export type ResourcePage<Resource> = {
  items: Resource[]
  total: number
  /** Where the page ended; absent when nothing follows. */
  next?: ResourcePosition
}

/** What an identity provider says of a person. */
export type SentPerson = {
  userName: string
  externalId: string | null
  /** Undefined when it is not said: the person stays as they are. */
  active: boolean | undefined
  /** False when `active` was removed and is to be absent from answers. */
  activeAssigned: boolean
  email: string
  firstName: string
  lastName: string
  /** Undefined when roles are not synchronised or not said. */
  roles: string[] | undefined
  /** Everything else, as it was sent. */
  attributes: Record<string, unknown>
}

/** What an identity provider says of a group. */
export type SentGroup = {
  displayName: string
  externalId: string | null
  /** Ids of people and of groups; undefined when members are not said. */
  members: string[] | undefined
}
