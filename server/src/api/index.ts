import type { FastifyInstance } from 'fastify'
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { accessRoutes } from './access.ts'
import { auditExportRoutes } from './audit-export.ts'
import { bulkRoutes } from './bulk.ts'
import { domainRoutes } from './domains.ts'
import { type ApiDoor, askWhoCalls } from './door.ts'
import { answerOnce } from './idempotency.ts'
import { identityRoutes } from './identity.ts'
import { invitationRoutes } from './invitations.ts'
import { keyRoutes } from './keys.ts'
import { keepOneOrder } from './lists.ts'
import { mailRoutes } from './mail.ts'
import { peopleRoutes } from './people.ts'
import { peopleExportRoutes } from './people-export.ts'
import { platformRoutes } from './platform.ts'
import { recordRoutes } from './records.ts'
import { scimRoutes } from './scim.ts'
import { secondFactorRoutes } from './second-factor.ts'
import { selfServiceRoutes } from './self-service.ts'
import { sessionRoutes } from './session.ts'
import { shadowRoutes } from './shadow.ts'
import { simulationRoutes } from './simulation.ts'
import { switchLinkRoutes } from './switch-links.ts'

export type { ApiDoor, SamlTools, ScimTools, SecretTools } from './door.ts'
export { describeApi } from './openapi.ts'
export { running } from './sources.ts'

/** The Management API under `/api/v1`; the portal uses nothing else. */
export async function apiRoutes(instance: FastifyInstance, door: ApiDoor): Promise<void> {
  const app = instance.withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.get('/openapi.json', { schema: { hide: true } }, async () => instance.swagger())
  askWhoCalls(app, door)
  answerOnce(app, door)
  keepOneOrder(app)
  sessionRoutes(app, door)
  secondFactorRoutes(app, door)
  keyRoutes(app, door)
  identityRoutes(app, door)
  switchLinkRoutes(app, door)
  selfServiceRoutes(app, door)
  peopleRoutes(app, door)
  peopleExportRoutes(app, door)
  bulkRoutes(app, door)
  invitationRoutes(app, door)
  accessRoutes(app, door)
  recordRoutes(app, door)
  auditExportRoutes(app, door)
  mailRoutes(app, door)
  domainRoutes(app, door)
  scimRoutes(app, door)
  shadowRoutes(app, door)
  simulationRoutes(app, door)
  platformRoutes(app, door)
}
