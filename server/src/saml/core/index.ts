/** The SAML service provider without HTTP and without a database: text in, decisions out. */
export { readCertificate } from './certificates.ts'
export { type Claims, readClaims } from './claims.ts'
export { loadParser } from './document.ts'
export type { SamlIdentity } from './identity.ts'
export {
  type LogoutContext,
  type LogoutInput,
  type LogoutMessage,
  type LogoutReading,
  readLogout,
} from './logout.ts'
export { type IdpMetadata, readIdpMetadata } from './metadata.ts'
export type { ResponseContext } from './profile.ts'
export {
  authnRequest,
  logoutRequest,
  logoutResponse,
  newRequestId,
  type PostMessage,
  type RedirectMessage,
} from './requests.ts'
export { type Reading, readResponse } from './response.ts'
export {
  createKeyPair,
  type KeyPair,
  type ServiceProvider,
  spMetadata,
} from './service-provider.ts'
