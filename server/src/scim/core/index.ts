/** SCIM 2.0 without HTTP and without a database: requests in, typed values out. */
export { applyPatch } from './apply.ts'
export { type ErrorBody, errorBody, ScimError, type ScimFault, type ScimType } from './errors.ts'
export { type Filter, filterLimits, parseFilter, printFilter } from './filter.ts'
export { type Json, type JsonObject, parseBody } from './json.ts'
export { matches } from './matches.ts'
export { type GroupChange, type MembershipChange, readGroupChange } from './membership.ts'
export { type PatchOperation, type PatchReading, parsePatch } from './patch.ts'
export { chooseEmail, memberIds, type ResourceReading, readResource } from './resource.ts'
