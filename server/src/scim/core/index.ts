/** SCIM 2.0 without HTTP and without a database: requests in, typed values out. */
export { applyPatch } from './apply.ts'
export {
  type BulkOperation,
  type BulkRequest,
  type BulkResult,
  type BulkStep,
  bulkLimits,
  bulkResponse,
  parseBulk,
  resolveReferences,
} from './bulk.ts'
export { type CursorContext, type Position, readCursor, writeCursor } from './cursor.ts'
export { type Dialect, type DialectName, detectDialect, dialects, quirks } from './dialects.ts'
export { type Discovery, type DiscoveryOptions, discovery } from './discovery.ts'
export { type ErrorBody, errorBody, ScimError, type ScimFault, type ScimType } from './errors.ts'
export { etagOf, isUnchanged, requireMatch } from './etag.ts'
export {
  type Comparison,
  type Filter,
  type FilterValue,
  filterLimits,
  type Operator,
  parseFilter,
  printFilter,
} from './filter.ts'
export { isObject, type Json, type JsonObject, parseBody, sameJson } from './json.ts'
export { matches } from './matches.ts'
export { type GroupChange, type MembershipChange, readGroupChange } from './membership.ts'
export { enterpriseSchema, groupSchema, userSchema } from './names.ts'
export { type Paging, type PagingParameters, pageLimits, readPaging } from './paging.ts'
export { type PatchContext, type PatchOperation, type PatchReading, parsePatch } from './patch.ts'
export { type Projection, project, readProjection, shows, showsAll } from './project.ts'
export { chooseEmail, memberIds, type ResourceReading, readResource } from './resource.ts'
export {
  type Attribute,
  type AttributeRef,
  findAttribute,
  groupResource,
  leaf,
  type ResourceType,
  userResource,
} from './schema.ts'
export {
  listResponse,
  type Page,
  readQuery,
  readSearch,
  type Search,
  type Sort,
  type WrittenList,
} from './search.ts'
