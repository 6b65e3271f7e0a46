/** How discovery describes itself (RFC 7643 §8.7.2, RFC 9865 §4): nobody changes any of it. */
import { configSchema, resourceTypeSchema, schemaSchema } from './names.ts'
import { type Attribute, attribute, complex, readOnly, type Schema } from './schema.ts'

type Traits = Parameters<typeof attribute>[2]

const always = { ...readOnly, required: true } as const

const told = (name: string, description: string, traits: Traits = {}) =>
  attribute(name, description, { ...readOnly, ...traits })
const fixed = (name: string, description: string, traits: Traits = {}) =>
  attribute(name, description, { ...always, ...traits })
const url = { type: 'reference', referenceTypes: ['external'] } as const
const urn = { type: 'reference', referenceTypes: ['uri'] } as const
const yes = { type: 'boolean' } as const
const whole = { type: 'integer' } as const

function feature(name: string, description: string, more: readonly Attribute[] = []): Attribute {
  const supported = fixed('supported', 'Whether it can be used.', yes)
  return complex(name, description, [supported, ...more], always)
}

const serviceProviderConfig: Schema = {
  id: configSchema,
  name: 'ServiceProviderConfig',
  description: 'What this server can do',
  attributes: [
    told('documentationUri', 'Where it is explained.', url),
    feature('patch', 'Changing a part of a resource.'),
    feature('bulk', 'Many operations in one request.', [
      fixed('maxOperations', 'The most operations in one request.', whole),
      fixed('maxPayloadSize', 'The largest request, in bytes.', whole),
    ]),
    feature('filter', 'Lists of what meets a condition.', [
      fixed('maxResults', 'The most resources in one answer.', whole),
    ]),
    feature('changePassword', 'Setting a password.'),
    feature('sort', 'Lists in an order of your choice.'),
    feature('etag', 'Versions of resources.'),
    complex(
      'pagination',
      'How long lists are walked through (RFC 9865).',
      [
        fixed('cursor', 'Whether by cursor.', yes),
        fixed('index', 'Whether by index.', yes),
        told('defaultPaginationMethod', 'How, when the request does not say.', {
          canonicalValues: ['cursor', 'index'],
        }),
        told('defaultPageSize', 'How many in a page, when the request does not say.', whole),
        told('maxPageSize', 'The most in one page.', whole),
        told('cursorTimeout', 'How long a cursor lives, in seconds.', whole),
      ],
      readOnly,
    ),
    complex(
      'authenticationSchemes',
      'How a client proves itself.',
      [
        fixed('type', 'The kind of scheme.', {
          canonicalValues: ['oauth', 'oauth2', 'oauthbearertoken', 'httpbasic', 'httpdigest'],
        }),
        fixed('name', 'Its name.'),
        fixed('description', 'What it is.'),
        told('specUri', 'Where it is specified.', url),
        told('documentationUri', 'Where its use is explained.', url),
        told('primary', 'Whether it is the preferred one.', yes),
      ],
      { ...always, multiValued: true },
    ),
  ],
}

const resourceType: Schema = {
  id: resourceTypeSchema,
  name: 'ResourceType',
  description: 'A kind of resource that is served',
  attributes: [
    told('id', 'The same as its name.', { caseExact: true }),
    fixed('name', 'What "meta.resourceType" says.', { caseExact: true }),
    told('description', 'What it is.'),
    fixed('endpoint', 'Where it is, below the base URL.', urn),
    fixed('schema', 'The URN of its schema.', { ...urn, caseExact: true }),
    complex(
      'schemaExtensions',
      'Schemas that add to it.',
      [
        fixed('schema', 'The URN of the extension.', { ...urn, caseExact: true }),
        fixed('required', 'Whether every resource of this type has it.', yes),
      ],
      { ...readOnly, multiValued: true },
    ),
  ],
}

const traits: readonly Attribute[] = [
  fixed('name', 'Its name.', { caseExact: true }),
  fixed('type', 'What its value is.', {
    canonicalValues: [
      'string',
      'complex',
      'boolean',
      'decimal',
      'integer',
      'dateTime',
      'reference',
      'binary',
    ],
  }),
  fixed('multiValued', 'Whether it has many values.', yes),
  told('description', 'What it is.'),
  fixed('required', 'Whether a resource must have it.', yes),
  told('canonicalValues', 'Values that are expected.', { multiValued: true, caseExact: true }),
  told('caseExact', 'Whether letters compare by their case.', yes),
  told('mutability', 'Who may change it, and when.', {
    caseExact: true,
    canonicalValues: ['readOnly', 'readWrite', 'immutable', 'writeOnly'],
  }),
  told('returned', 'When an answer holds it.', {
    caseExact: true,
    canonicalValues: ['always', 'never', 'default', 'request'],
  }),
  told('uniqueness', 'Among which resources its value is the only one.', {
    caseExact: true,
    canonicalValues: ['none', 'server', 'global'],
  }),
  told('referenceTypes', 'What a reference may lead to.', { multiValued: true, caseExact: true }),
]

const schema: Schema = {
  id: schemaSchema,
  name: 'Schema',
  description: 'The attributes of a kind of resource',
  attributes: [
    fixed('id', 'Its URN.', { caseExact: true }),
    told('name', 'Its name.'),
    told('description', 'What it describes.'),
    complex(
      'attributes',
      'Its attributes.',
      [
        ...traits,
        complex('subAttributes', 'The parts of a complex one.', traits, {
          ...readOnly,
          multiValued: true,
        }),
      ],
      { ...always, multiValued: true },
    ),
  ],
}

export const discoverySchemas: readonly Schema[] = [serviceProviderConfig, resourceType, schema]
