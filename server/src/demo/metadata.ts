import { element } from './canonical-xml.ts'
import { keyInfo } from './response.ts'
import { simulatedTenant } from './tenant.ts'

/** Federation metadata, as the application's "App Federation Metadata Url" would show it. */
export function federationMetadata(
  organisationId: string,
  signInUrl: string,
  certificatePem: string,
): string {
  const { entityId } = simulatedTenant(organisationId)
  const descriptor = element(
    'EntityDescriptor',
    { xmlns: 'urn:oasis:names:tc:SAML:2.0:metadata', entityID: entityId },
    element(
      'IDPSSODescriptor',
      { protocolSupportEnumeration: 'urn:oasis:names:tc:SAML:2.0:protocol' },
      element(
        'KeyDescriptor',
        { use: 'signing' },
        keyInfo(certificatePem, { xmlns: 'http://www.w3.org/2000/09/xmldsig#' }),
      ),
      element('SingleSignOnService', {
        Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
        Location: signInUrl,
      }),
    ),
  )
  return `<?xml version="1.0" encoding="utf-8"?>${descriptor.xml}`
}
