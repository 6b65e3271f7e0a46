export { scimAddresses } from './addresses.ts'
export { dialects, quirks } from './core/index.ts'
export { createProvisioningLog, type ProvisioningCall, type ProvisioningLog } from './log.ts'
export { tokenEndpoint } from './token-endpoint.ts'
