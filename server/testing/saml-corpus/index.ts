export { hostileResponses } from './hostile.ts'
export { legalResponses } from './legal.ts'
export { createWorld, type HostileCase, type LegalCase, type World } from './world.ts'
