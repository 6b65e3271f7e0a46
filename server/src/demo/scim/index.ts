/** Simulated SCIM clients: each identity provider as it really asks, over any transport. */
export {
  isSimulatedProvider,
  type Outcome,
  type ScimClient,
  type ScimClientOptions,
  type SimulatedProvider,
  simulatedProviders,
  simulatedScimClient,
} from './client.ts'
export type { Change, Group, Person, SimulatedDirectory } from './directory.ts'
export {
  type Exchange,
  isAsExpected,
  type ScimRequest,
  type ScimResponse,
  type Step,
} from './exchange.ts'
export { sampleDirectory, sampleYear } from './sample.ts'
