export type { ExtraPerson } from './people.ts'
export type { SigningKey } from './response.ts'
export { type DemoOptions, demoRoutes } from './routes.ts'
export { simulatedTenant } from './tenant.ts'
