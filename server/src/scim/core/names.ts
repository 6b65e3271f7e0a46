/** The URNs of SCIM 2.0 (RFC 7643 §10, RFC 7644 §8). */

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

export const schemaSchema = 'urn:ietf:params:scim:schemas:core:2.0:Schema'
export const resourceTypeSchema = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType'
export const configSchema = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'

export const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
export const searchSchema = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'
export const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const bulkRequestSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'
export const bulkResponseSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse'
export const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'
