/** This side of a connection: who we are to one organisation's identity provider. */
import { markup } from './canonical.ts'
import { bindings, nameIdFormats, namespaces } from './names.ts'

export type KeyPair = { privateKeyPem: string; certificatePem: string }

export type ServiceProvider = {
  entityId: string
  acsUrl: string
  sloUrl: string
  signing: KeyPair
  /** All of these may open an assertion; the first is the one to encrypt for. */
  decryption: KeyPair[]
}

/** SAML metadata §2.4.4, as an identity provider imports it. */
export function spMetadata({
  entityId,
  acsUrl,
  sloUrl,
  signing,
  decryption,
}: ServiceProvider): string {
  const protocol = { protocolSupportEnumeration: namespaces.samlp }
  const descriptor = markup(
    'md:SPSSODescriptor',
    { AuthnRequestsSigned: 'true', WantAssertionsSigned: 'true', ...protocol },
    keyDescriptor('signing', signing),
    ...decryption.map((pair) => keyDescriptor('encryption', pair)),
    ...[bindings.redirect, bindings.post].map((binding) =>
      markup('md:SingleLogoutService', { Binding: binding, Location: sloUrl }),
    ),
    markup('md:NameIDFormat', {}, nameIdFormats.emailAddress),
    markup('md:AssertionConsumerService', {
      Binding: bindings.post,
      Location: acsUrl,
      index: '0',
      isDefault: 'true',
    }),
  )
  const declarations = { 'xmlns:md': namespaces.md, 'xmlns:ds': namespaces.ds }
  const document = markup(
    'md:EntityDescriptor',
    { ...declarations, entityID: entityId },
    descriptor,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${document}\n`
}

const dataEncryption = [
  'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
  'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
]

function keyDescriptor(use: 'signing' | 'encryption', { certificatePem }: KeyPair): string {
  const certificate = markup('ds:X509Certificate', {}, base64Of(certificatePem))
  const methods = use === 'encryption' ? dataEncryption : []
  return markup(
    'md:KeyDescriptor',
    { use },
    markup('ds:KeyInfo', {}, markup('ds:X509Data', {}, certificate)),
    ...methods.map((Algorithm) => markup('md:EncryptionMethod', { Algorithm })),
  )
}

/** The base64 inside a PEM certificate, on one line. */
export function base64Of(certificatePem: string): string {
  return certificatePem.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, '')
}

const tenYears = 10 * 365.25 * 24 * 60 * 60 * 1000
const oneDay = 24 * 60 * 60 * 1000

/**
 * A new RSA key and a self-signed certificate around it. It starts yesterday, for the clock of an
 * identity provider that is behind.
 */
export async function createKeyPair(commonName: string, now: number): Promise<KeyPair> {
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(now - oneDay),
    notAfterDate: new Date(now + tenYears),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
    ],
  })
  return { privateKeyPem: made.private, certificatePem: made.cert }
}
