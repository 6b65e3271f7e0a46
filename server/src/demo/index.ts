export type { ExtraPerson } from './people.ts'
export type { SigningKey } from './response.ts'
export { type DemoOptions, demoRoutes } from './routes.ts'
export {
  type Exchange,
  isAsExpected,
  type Outcome,
  type ScimClient,
  type ScimClientOptions,
  type ScimRequest,
  type ScimResponse,
  type SimulatedDirectory,
  type SimulatedProvider,
  type Step,
  sampleDirectory,
  sampleYear,
  simulatedProviders,
  simulatedScimClient,
} from './scim/index.ts'
export { createSimulations, type Simulations } from './simulations.ts'
export { simulatedTenant } from './tenant.ts'
