/** What the server says of itself (RFC 7644 §4, RFC 7643 §5 to §7), from the schema that it follows. */
import { bulkLimits } from './bulk.ts'
import { discoverySchemas } from './discovery-schemas.ts'
import type { JsonObject } from './json.ts'
import { configSchema, listSchema, resourceTypeSchema, schemaSchema } from './names.ts'
import { pageLimits } from './paging.ts'
import {
  type Attribute,
  groupResource,
  type ResourceType,
  type Schema,
  sameName,
  userResource,
} from './schema.ts'

export type DiscoveryOptions = {
  /** Of the organisation's endpoint, without a slash at the end: `https://…/scim/{orgId}/v2`. */
  baseUrl: string
  syncRoles: boolean
}

export type Discovery = {
  serviceProviderConfig: JsonObject
  schemas: JsonObject
  resourceTypes: JsonObject
  /** By URN, in any case; undefined for what is not served. */
  schema(id: string): JsonObject | undefined
  resourceType(id: string): JsonObject | undefined
}

export function discovery(options: DiscoveryOptions): Discovery {
  const types = [userResource(options), groupResource]
  const schemas = [
    ...types.flatMap(({ schema, extensions }) => [schema, ...extensions]),
    ...discoverySchemas,
  ].map((schema) => renderSchema(schema, options))
  const resourceTypes = types.map((type) => renderResourceType(type, options))
  const find = (list: JsonObject[], id: string) =>
    list.find((one) => typeof one.id === 'string' && sameName(one.id, id))
  return {
    serviceProviderConfig: renderConfig(options),
    schemas: listOf(schemas),
    resourceTypes: listOf(resourceTypes),
    schema: (id) => find(schemas, id),
    resourceType: (id) => find(resourceTypes, id),
  }
}

/** RFC 7644 §3.4.2: discovery is never paged. */
function listOf(resources: JsonObject[]): JsonObject {
  return {
    schemas: [listSchema],
    totalResults: resources.length,
    startIndex: 1,
    itemsPerPage: resources.length,
    Resources: resources,
  }
}

function renderConfig({ baseUrl }: DiscoveryOptions): JsonObject {
  return {
    schemas: [configSchema],
    patch: { supported: true },
    bulk: {
      supported: true,
      maxOperations: bulkLimits.operations,
      maxPayloadSize: bulkLimits.payloadBytes,
    },
    filter: { supported: true, maxResults: pageLimits.results },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    // RFC 9865 §4.
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: pageLimits.defaultResults,
      maxPageSize: pageLimits.results,
      cursorTimeout: pageLimits.cursorSeconds,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description:
          'A token generated under Identity Configuration, sent as Authorization: Bearer.',
        specUri: 'https://www.rfc-editor.org/rfc/rfc6750',
        primary: true,
      },
      {
        type: 'oauth2',
        name: 'OAuth client credentials',
        description:
          'A client generated under Identity Configuration; its tokens live for one hour.',
        specUri: 'https://www.rfc-editor.org/rfc/rfc6749',
        primary: false,
      },
    ],
    meta: {
      resourceType: 'ServiceProviderConfig',
      location: `${baseUrl}/ServiceProviderConfig`,
    },
  }
}

function renderResourceType(type: ResourceType, { baseUrl }: DiscoveryOptions): JsonObject {
  return {
    schemas: [resourceTypeSchema],
    id: type.name,
    name: type.name,
    endpoint: type.endpoint,
    description: type.description,
    schema: type.schema.id,
    schemaExtensions: type.extensions.map(({ id }) => ({ schema: id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${type.name}` },
  }
}

function renderSchema(schema: Schema, { baseUrl }: DiscoveryOptions): JsonObject {
  return {
    schemas: [schemaSchema],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes: schema.attributes.map(renderAttribute),
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${schema.id}` },
  }
}

function renderAttribute(attribute: Attribute): JsonObject {
  const { canonicalValues, referenceTypes, subAttributes, orElse: _, ...traits } = attribute
  return {
    ...traits,
    ...(canonicalValues ? { canonicalValues: [...canonicalValues] } : {}),
    ...(referenceTypes ? { referenceTypes: [...referenceTypes] } : {}),
    ...(subAttributes ? { subAttributes: subAttributes.map(renderAttribute) } : {}),
  }
}
