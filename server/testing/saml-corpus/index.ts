/** Documents as data, so that the protocol's tests and the tests over HTTP replay the same ones. */
export { hostileResponses } from './hostile.ts'
export { legalResponses } from './legal.ts'
export { type LogoutCase, type LogoutInput, logoutMessages } from './logout.ts'
export { type MetadataCase, metadataDocuments } from './metadata.ts'
export { createWorld, type HostileCase, type LegalCase, type World } from './world.ts'
