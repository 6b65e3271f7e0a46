import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { JoinDoor } from './door.ts'
import { emergencyRoutes } from './emergency.ts'
import { invitationRoutes } from './invitations.ts'
import { recoveryRoutes } from './recovery.ts'
import { secondFactorRoutes } from './second-factor.ts'
import { selfServiceRoutes } from './self-service.ts'
import { platformRoutes, setupRoutes } from './setup.ts'
import { signInRoutes } from './sign-in.ts'

export { type JoinDoor, requireSameOrigin } from './door.ts'
export { judgePassword } from './password-rule.ts'

/** The ways in for people who have no session yet: set-up, sign-in by password, activation, the self-service link, emergency. */
export async function joinRoutes(app: FastifyInstance, door: JoinDoor): Promise<void> {
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  setupRoutes(app, door)
  signInRoutes(app, door)
  emergencyRoutes(app, door)
  secondFactorRoutes(app, door)
  selfServiceRoutes(app, door)
  invitationRoutes(app, door)
  recoveryRoutes(app, door)
  platformRoutes(app, door)
}
