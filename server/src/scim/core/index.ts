/** SCIM 2.0 without HTTP and without a database: requests in, typed values out. */
export { type ErrorBody, errorBody, ScimError, type ScimFault, type ScimType } from './errors.ts'
export { type Filter, filterLimits, parseFilter, printFilter } from './filter.ts'
export { type Json, type JsonObject, parseBody } from './json.ts'
export { matches } from './matches.ts'
