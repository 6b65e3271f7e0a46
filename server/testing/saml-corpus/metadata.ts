/** Metadata that a manager may be talked into importing, and metadata that is in use. */
import type { RefusalCode } from '../../src/model/refusals.ts'
import { idpMetadataXml, pemBody } from '../identity-provider.ts'
import { key, minute, type World } from './world.ts'

export type MetadataCase = {
  name: string
  /** `accepted` where it can be imported. */
  code: RefusalCode | 'accepted'
  build: (world: World) => string
}

const changed = (
  name: string,
  code: MetadataCase['code'],
  change: (xml: string, world: World) => string,
): MetadataCase => ({ name, code, build: (world) => change(world.idp.metadataXml, world) })

const certificates = (
  name: string,
  code: MetadataCase['code'],
  pems: (world: World) => string[],
): MetadataCase => ({
  name,
  code,
  build: ({ idp, ...world }) =>
    idpMetadataXml({
      entityId: idp.entityId,
      ssoUrl: idp.ssoUrl,
      sloUrl: idp.sloUrl,
      certificates: pems({ idp, ...world }),
    }),
})

const invalid = 'saml.metadata_invalid'
const required = 'saml.certificate_required'

const body = (xml: string) => xml.replace(/^<\?xml[^>]*\?>/, '')

/** Many entities in one file, as federations publish them. */
const entities = (...descriptors: string[]) =>
  `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${descriptors.join('')}</EntitiesDescriptor>`

const serviceProvider =
  '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sp.example/"><SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/acs"/></SPSSODescriptor></EntityDescriptor>'

export const metadataDocuments: MetadataCase[] = [
  changed('plain metadata', 'accepted', (xml) => xml),
  changed('a byte order mark', 'accepted', (xml) => `\uFEFF${xml}`),
  changed('comments, as tools leave them', 'accepted', (xml) =>
    xml.replace('<IDPSSODescriptor', '<!-- exported <today> & signed --><IDPSSODescriptor'),
  ),
  changed('md prefixes', 'accepted', (xml) =>
    xml
      .replace('<EntityDescriptor xmlns=', '<md:EntityDescriptor xmlns:md=')
      .replace('</EntityDescriptor>', '</md:EntityDescriptor>')
      .replace(
        /<(\/?)(IDPSSODescriptor|KeyDescriptor|SingleSignOnService|SingleLogoutService)/g,
        '<$1md:$2',
      ),
  ),
  changed('one identity provider among service providers', 'accepted', (xml) =>
    entities(serviceProvider, body(xml)),
  ),
  changed('a certificate for both purposes', 'accepted', (xml) =>
    xml.replace(' use="signing"', ''),
  ),
  changed('other roles besides, as Entra ID publishes them', 'accepted', (xml) =>
    xml.replace(
      '<IDPSSODescriptor',
      '<RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706"><fed:ClaimTypesOffered/></RoleDescriptor><IDPSSODescriptor',
    ),
  ),
  changed('valid until tomorrow', 'accepted', (xml, w) =>
    xml.replace(
      ' entityID=',
      ` validUntil="${new Date(w.now + 24 * 60 * minute).toISOString()}" entityID=`,
    ),
  ),
  changed('no logout address', 'accepted', (xml) => xml.replace(/<SingleLogoutService[^>]*>/, '')),
  changed('only the POST binding', 'accepted', (xml) =>
    xml.replace(/<SingleSignOnService Binding="[^"]*HTTP-Redirect"[^>]*>/, ''),
  ),
  certificates('a certificate in lines', 'accepted', ({ idp }) => [idp.certificatePem]),
  certificates('two certificates, the new one published early', 'accepted', ({ idp }) => [
    idp.certificatePem,
    key('rsa2048', 'the next year').certificatePem,
  ]),
  certificates('an expired certificate beside a valid one', 'accepted', ({ idp, now }) => [
    key('rsa2048', 'expired', now - 10 * minute).certificatePem,
    idp.certificatePem,
  ]),
  certificates('a weak certificate beside a strong one', 'accepted', ({ idp }) => [
    key('rsa1024').certificatePem,
    idp.certificatePem,
  ]),

  changed('a document type', invalid, (xml) => body(xml).replace(/^/, '<!DOCTYPE x>')),
  changed(
    'an entity',
    invalid,
    (xml) => `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${body(xml)}`,
  ),
  changed('a processing instruction', invalid, (xml) => `<?x y?>${body(xml)}`),
  changed('a CDATA section', invalid, (xml) => xml.replace('<KeyInfo', '<![CDATA[x]]><KeyInfo')),
  { name: '50 MB', code: invalid, build: () => `<a>${'x'.repeat(50_000_000)}</a>` },
  { name: 'depth 100,000', code: invalid, build: () => '<a>'.repeat(100_000) },
  { name: 'nothing', code: invalid, build: () => '' },
  { name: 'HTML', code: invalid, build: () => '<html><body>Not found</body></html>' },
  { name: 'JSON', code: invalid, build: () => '{"issuer":"https://idp.example/"}' },
  {
    name: 'a response instead of metadata',
    code: invalid,
    build: ({ idp, sp, now }) => idp.respondXml({ sp, now }),
  },
  { name: 'a service provider', code: invalid, build: () => serviceProvider },
  changed('two identity providers', invalid, (xml) =>
    entities(body(xml), body(xml).replace('entityID="', 'entityID="x')),
  ),
  {
    name: 'no identity provider in the list',
    code: invalid,
    build: () => entities(serviceProvider),
  },
  changed('SAML 1.1 only', invalid, (xml) => xml.replace('SAML:2.0:protocol', 'SAML:1.1:protocol')),
  changed('expired a minute ago and more', invalid, (xml, w) =>
    xml.replace(
      ' entityID=',
      ` validUntil="${new Date(w.now - 2 * minute).toISOString()}" entityID=`,
    ),
  ),
  changed('an expired role', invalid, (xml) =>
    xml.replace('<IDPSSODescriptor', '<IDPSSODescriptor validUntil="2020-01-01T00:00:00Z"'),
  ),
  changed('an end in local time', invalid, (xml) =>
    xml.replace(' entityID=', ' validUntil="2099-01-01T00:00:00" entityID='),
  ),
  changed('no entity ID', invalid, (xml) => xml.replace(/ entityID="[^"]*"/, '')),
  changed('no sign-on address', invalid, (xml) => xml.replace(/<SingleSignOnService[^>]*>/g, '')),
  changed('the SOAP binding alone', invalid, (xml) =>
    xml.replace(/HTTP-(?:Redirect|POST)" Location/g, 'SOAP" Location'),
  ),
  ...[
    'javascript:alert(1)',
    'file:///etc/passwd',
    '/sso',
    'https://user:pass@idp.example/',
    'https://idp.example/ x',
  ].map((url) =>
    changed(`the sign-on address ${url}`, invalid, (xml, w) =>
      xml.replaceAll(`Location="${w.idp.ssoUrl}"`, `Location="${url}"`),
    ),
  ),

  changed('no certificate', required, (xml) =>
    xml.replace(/<KeyDescriptor.*<\/KeyDescriptor>/, ''),
  ),
  changed('an encryption certificate alone', required, (xml) =>
    xml.replace('use="signing"', 'use="encryption"'),
  ),
  changed('a certificate of garbage', required, (xml, w) =>
    xml.replace(pemBody(w.idp.certificatePem), 'AAAA'),
  ),
  changed('a certificate cut in half', required, (xml, w) =>
    xml.replace(pemBody(w.idp.certificatePem), pemBody(w.idp.certificatePem).slice(0, 400)),
  ),
  certificates('an expired certificate alone', required, ({ now }) => [
    key('rsa2048', 'expired', now - 10 * minute).certificatePem,
  ]),
  certificates('an RSA key of 1024 bits alone', required, () => [key('rsa1024').certificatePem]),
  certificates('a DSA key alone', required, () => [key('dsa').certificatePem]),
  certificates('a curve that is not allowed', required, () => [key('secp256k1').certificatePem]),
]
