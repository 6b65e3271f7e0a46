import { createHash, X509Certificate } from 'node:crypto'
import { Refused } from '../../model/refusals.ts'
import type { IdpCertificate } from '../../model/saml.ts'
import { strongKey } from './keys.ts'

/** Reads a certificate as identity providers hand it out: PEM, or its base64 alone. */
export function readCertificate(pemOrBase64: string): IdpCertificate {
  const certificate = parse(pemOrBase64)
  if (!strongKey(certificate)) {
    refuse(
      'Its key is too weak or of another kind: use RSA with 2048 to 8192 bits, or ECDSA on P-256, P-384 or P-521.',
    )
  }
  return {
    pem: certificate.toString(),
    fingerprint: certificate.fingerprint256,
    subject: certificate.subject.replaceAll('\n', ', '),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  }
}

/** A chain of the largest certificates in use is far below this. */
const longestCertificate = 64 * 1024

function parse(pemOrBase64: string): X509Certificate {
  const text = pemOrBase64.trim()
  if (text.length > longestCertificate) refuse('It is longer than any certificate.')
  const blocks = [
    ...text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g),
  ]
  if (blocks.length > 1) refuse('There is more than one: add them one by one.')
  const base64 = (blocks[0]?.[1] ?? text).replace(/\s+/g, '')
  const der = Buffer.from(base64, 'base64')
  if (base64 === '' || der.toString('base64') !== base64) {
    refuse('Paste the text between BEGIN CERTIFICATE and END CERTIFICATE, with both lines.')
  }
  try {
    return new X509Certificate(der)
  } catch {
    return refuse('Its content is not an X.509 certificate.')
  }
}

function refuse(why: string): never {
  throw new Refused({
    code: 'saml.certificate_required',
    detail: `This is not a usable signing certificate. ${why}`,
  })
}

/** SHA-256 over the DER bytes, as certificates are shown everywhere. */
export function fingerprintOf(der: Uint8Array): string {
  const hex = createHash('sha256').update(der).digest('hex').toUpperCase()
  return hex.replace(/(..)(?=.)/g, '$1:')
}
