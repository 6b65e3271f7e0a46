/**
 * What Usher knows of people and groups, as data (RFC 7643 §4, §7). Discovery shows it, and parsers,
 * filters, patches and projections follow it: an attribute that is not here does not exist.
 */
import { syncableRoles } from '../../model/user.ts'
import { enterpriseSchema, groupSchema, userSchema } from './names.ts'

export type AttributeType =
  | 'string'
  | 'boolean'
  | 'decimal'
  | 'integer'
  | 'dateTime'
  | 'binary'
  | 'reference'
  | 'complex'

/** RFC 7643 §7. */
export type Attribute = {
  name: string
  type: AttributeType
  multiValued: boolean
  description: string
  required: boolean
  /** Of a required one: the attribute that may stand in for it. Discovery has no word for that. */
  orElse?: string
  caseExact: boolean
  mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly'
  returned: 'always' | 'never' | 'default' | 'request'
  uniqueness: 'none' | 'server' | 'global'
  canonicalValues?: readonly string[]
  referenceTypes?: readonly string[]
  subAttributes?: readonly Attribute[]
}

export type Schema = {
  id: string
  name: string
  description: string
  attributes: readonly Attribute[]
}

export type ResourceType = {
  name: 'User' | 'Group'
  endpoint: '/Users' | '/Groups'
  description: string
  schema: Schema
  extensions: readonly Schema[]
}

type Traits = Partial<Omit<Attribute, 'name' | 'description'>>

export function attribute(name: string, description: string, traits: Traits = {}): Attribute {
  const type = traits.type ?? 'string'
  return {
    name,
    type,
    multiValued: false,
    description,
    required: false,
    // RFC 7643 §2.3.7, §2.3.6: references and binary values compare exactly.
    caseExact: type === 'reference' || type === 'binary',
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...traits,
  }
}

export function complex(
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  traits: Traits = {},
): Attribute {
  return attribute(name, description, { type: 'complex', subAttributes, ...traits })
}

export const readOnly = { mutability: 'readOnly' } as const
const displayOf = attribute('display', 'A name to show, given by the client.')
const primary = attribute('primary', 'Whether this is the preferred one; true at most once.', {
  type: 'boolean',
})

/** RFC 7643 §2.4: the sub-attributes that multi-valued attributes have in common. */
function values(
  name: string,
  description: string,
  { kinds, ...traits }: Traits & { kinds?: readonly string[] } = {},
): Attribute {
  const kind = attribute('type', 'What it is for.', kinds ? { canonicalValues: kinds } : {})
  return complex(
    name,
    description,
    [attribute('value', 'The value itself.', traits), displayOf, kind, primary],
    { multiValued: true, ...(traits.mutability ? { mutability: traits.mutability } : {}) },
  )
}

/**
 * Usher works out where a resource stands, so `$ref` is its own to give: taken from a request, it
 * would go stale with the next change of `value`.
 */
function reference(referenceTypes: readonly string[], traits: Traits = readOnly): Attribute {
  return attribute('$ref', 'Where the resource is.', {
    type: 'reference',
    referenceTypes,
    ...traits,
  })
}

const name = complex('name', 'The parts of the name.', [
  attribute('formatted', 'The whole name as it is shown.'),
  attribute('familyName', 'Last name.'),
  attribute('givenName', 'First name.'),
  attribute('middleName', 'Middle name.'),
  attribute('honorificPrefix', 'Title, such as "Dr".'),
  attribute('honorificSuffix', 'Suffix, such as "III".'),
])

const addresses = complex(
  'addresses',
  'Postal addresses.',
  [
    attribute('formatted', 'The whole address as it is shown.'),
    attribute('streetAddress', 'Street and number.'),
    attribute('locality', 'City.'),
    attribute('region', 'State or region.'),
    attribute('postalCode', 'Postal code.'),
    attribute('country', 'Country, ISO 3166-1 alpha-2.'),
    attribute('type', 'What it is for.', { canonicalValues: ['work', 'home', 'other'] }),
    primary,
  ],
  { multiValued: true },
)

const photos = complex(
  'photos',
  'Addresses of pictures.',
  [
    attribute('value', 'Where the picture is.', {
      type: 'reference',
      referenceTypes: ['external'],
    }),
    displayOf,
    attribute('type', 'What it is for.', { canonicalValues: ['photo', 'thumbnail'] }),
    primary,
  ],
  { multiValued: true },
)

/** SC-13. */
const emails: Attribute = {
  ...values(
    'emails',
    'E-mail addresses: the primary one counts, else that of type "work", else a userName that is an address.',
    { kinds: ['work', 'home', 'other'], required: true },
  ),
  required: true,
  orElse: 'userName',
}

const groups = complex(
  'groups',
  'The groups the person is in, directly or through another group.',
  [
    attribute('value', 'The id of the group.', { ...readOnly, caseExact: true }),
    reference(['Group']),
    attribute('display', 'The name of the group.', readOnly),
    attribute('type', 'Whether the membership is direct.', {
      ...readOnly,
      canonicalValues: ['direct', 'indirect'],
    }),
  ],
  { multiValued: true, ...readOnly },
)

const roles = (syncRoles: boolean) =>
  values(
    'roles',
    syncRoles
      ? 'The roles of the person in this organisation.'
      : 'The roles of the person in this organisation; Sync roles is off, so they are set in the portal.',
    syncRoles ? { canonicalValues: syncableRoles } : readOnly,
  )

/** RFC 7643 §3.1: part of every base schema. Microsoft's SCIM validator maps what it finds listed. */
const externalId = attribute('externalId', 'The key of the resource at the identity provider.', {
  caseExact: true,
})

const user = (syncRoles: boolean): Schema => ({
  id: userSchema,
  name: 'User',
  description: 'A person in the organisation',
  attributes: [
    externalId,
    attribute('userName', 'The name of the person at the identity provider.', {
      required: true,
      uniqueness: 'server',
    }),
    name,
    attribute('displayName', 'The name as it is shown.'),
    attribute('nickName', 'What friends say.'),
    attribute('profileUrl', 'A page about the person.', {
      type: 'reference',
      referenceTypes: ['external'],
    }),
    attribute('title', 'Job title.'),
    attribute('userType', 'Kind of employment.'),
    attribute('preferredLanguage', 'Language, as in Accept-Language.'),
    attribute('locale', 'Where numbers and dates come from, such as "en-GB".'),
    attribute('timezone', 'Time zone, such as "Europe/Paris".'),
    attribute('active', 'Whether the person may sign in.', { type: 'boolean' }),
    attribute('password', 'Accepted and forgotten: nobody signs in with it.', {
      mutability: 'writeOnly',
      returned: 'never',
      caseExact: true,
    }),
    emails,
    values('phoneNumbers', 'Telephone numbers.', {
      kinds: ['work', 'home', 'mobile', 'fax', 'pager', 'other'],
    }),
    values('ims', 'Instant messaging addresses.'),
    photos,
    addresses,
    groups,
    values('entitlements', 'What the person is entitled to.'),
    roles(syncRoles),
    values('x509Certificates', 'Certificates.', { type: 'binary', caseExact: true }),
  ],
})

const enterprise: Schema = {
  id: enterpriseSchema,
  name: 'EnterpriseUser',
  description: 'A person in a company',
  attributes: [
    attribute('employeeNumber', 'Number given by the employer.'),
    attribute('costCenter', 'Cost centre.'),
    attribute('organization', 'Organisation.'),
    attribute('division', 'Division.'),
    attribute('department', 'Department.'),
    complex('manager', 'The manager of the person.', [
      attribute('value', 'The id of the manager.', { caseExact: true }),
      reference(['User']),
      attribute('displayName', 'The name of the manager.', readOnly),
    ]),
  ],
}

const group: Schema = {
  id: groupSchema,
  name: 'Group',
  description: 'A group of people',
  attributes: [
    externalId,
    attribute('displayName', 'The name of the group.', { required: true, uniqueness: 'server' }),
    complex(
      'members',
      'The people and groups in the group.',
      [
        attribute('value', 'The id of the member.', { mutability: 'immutable', caseExact: true }),
        // RFC 7643 §4.2: a member may be named by where it is alone.
        reference(['User', 'Group'], { mutability: 'immutable' }),
        attribute('display', 'The name of the member.', readOnly),
        attribute('type', 'What the member is.', {
          mutability: 'immutable',
          canonicalValues: ['User', 'Group'],
        }),
      ],
      { multiValued: true },
    ),
  ],
}

/** RFC 7643 §3.1: every resource has these, and they are Usher's own: no schema lists them. */
const common: readonly Attribute[] = [
  attribute('schemas', 'The schemas of the resource.', {
    type: 'reference',
    referenceTypes: ['uri'],
    multiValued: true,
    // RFC 7644 §3.10: schema URIs compare without regard to case.
    caseExact: false,
    returned: 'always',
  }),
  attribute('id', 'Given by Usher, never changed or used again.', {
    ...readOnly,
    caseExact: true,
    returned: 'always',
    uniqueness: 'server',
  }),
  complex(
    'meta',
    'About the resource itself.',
    [
      attribute('resourceType', 'The name of the resource type.', { ...readOnly, caseExact: true }),
      attribute('created', 'When it was created.', { type: 'dateTime', ...readOnly }),
      attribute('lastModified', 'When it last changed.', { type: 'dateTime', ...readOnly }),
      attribute('location', 'Where it is.', { type: 'reference', ...readOnly }),
      attribute('version', 'Its ETag.', { ...readOnly, caseExact: true }),
    ],
    readOnly,
  ),
]

const userType = (syncRoles: boolean): ResourceType => ({
  name: 'User',
  endpoint: '/Users',
  description: 'People of the organisation',
  schema: user(syncRoles),
  extensions: [enterprise],
})

const userTypes = { on: userType(true), off: userType(false) }

/** SC-41: while Sync roles is off, `roles` is the portal's. */
export function userResource({ syncRoles }: { syncRoles: boolean }): ResourceType {
  return syncRoles ? userTypes.on : userTypes.off
}

export const groupResource: ResourceType = {
  name: 'Group',
  endpoint: '/Groups',
  description: 'Groups of people',
  schema: group,
  extensions: [],
}

/** An attribute and where it stands. */
export type AttributeRef = {
  /** The extension it belongs to; absent for core and common attributes. */
  extension?: string
  attribute: Attribute
  sub?: Attribute
  /** In the spelling of the schema: `name.givenName`, `urn:…:User:manager.value`. */
  path: string
}

export function attributeRef(
  extension: string | undefined,
  attribute: Attribute,
  sub?: Attribute,
): AttributeRef {
  const name = sub ? `${attribute.name}.${sub.name}` : attribute.name
  return {
    ...(extension ? { extension } : {}),
    attribute,
    ...(sub ? { sub } : {}),
    path: extension ? `${extension}:${name}` : name,
  }
}

/** The attribute that holds the value: the sub-attribute if one is named. */
export function leaf(ref: AttributeRef): Attribute {
  return ref.sub ?? ref.attribute
}

export function sameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase()
}

export function findSub(attribute: Attribute, name: string): Attribute | undefined {
  return attribute.subAttributes?.find((sub) => sameName(sub.name, name))
}

/** An attribute of the core schema, or one that every resource has. */
export function findCore(type: ResourceType, name: string): Attribute | undefined {
  const named = (attribute: Attribute) => sameName(attribute.name, name)
  return type.schema.attributes.find(named) ?? common.find(named)
}

export function findExtension(type: ResourceType, urn: string): Schema | undefined {
  return type.extensions.find((schema) => sameName(schema.id, urn))
}

/**
 * RFC 7644 §3.10: an attribute by its name, with or without the URN of its schema, in any case.
 * URNs have colons and dots in them, so the known ones are taken off the front and nothing is split
 * by guesswork. Returns undefined for what no schema of this type has.
 */
export function findAttribute(type: ResourceType, text: string): AttributeRef | undefined {
  const schema = [type.schema, ...type.extensions].find(({ id }) =>
    sameName(text.slice(0, id.length + 1), `${id}:`),
  )
  const [name = '', subName, ...more] = (schema ? text.slice(schema.id.length + 1) : text).split(
    '.',
  )
  if (more.length > 0) return undefined

  const extension = schema && schema !== type.schema ? schema : undefined
  const attribute = extension
    ? extension.attributes.find((candidate) => sameName(candidate.name, name))
    : findCore(type, name)
  if (!attribute) return undefined
  if (subName === undefined) return attributeRef(extension?.id, attribute)

  const sub = findSub(attribute, subName)
  return sub && attributeRef(extension?.id, attribute, sub)
}

const attributesOf = new WeakMap<ResourceType, AttributeRef[]>()

/** Every attribute of a resource of this type, common ones first. */
export function allAttributes(type: ResourceType): AttributeRef[] {
  const known = attributesOf.get(type) ?? listAttributes(type)
  attributesOf.set(type, known)
  return known
}

function listAttributes(type: ResourceType): AttributeRef[] {
  return [
    ...common.map((attribute) => attributeRef(undefined, attribute)),
    ...type.schema.attributes.map((attribute) => attributeRef(undefined, attribute)),
    ...type.extensions.flatMap(({ id, attributes }) =>
      attributes.map((attribute) => attributeRef(id, attribute)),
    ),
  ]
}
