/** A trusted signing certificate of an organisation's identity provider. */
export type IdpCertificate = {
  pem: string
  /** SHA-256 over the DER bytes, upper-case hex pairs joined by colons. */
  fingerprint: string
  subject: string
  /** Unix milliseconds. */
  notBefore: number
  notAfter: number
}

/** Where the person's e-mail stands in an assertion (LM-29). */
export type EmailFrom = 'nameId' | { claim: string }

/** What an organisation knows of its identity provider; the digest of a test sign-in covers all of it. */
export type SamlSettings = {
  idpEntityId: string
  ssoUrl: string
  ssoBinding: 'redirect' | 'post'
  sloUrl?: string
  certificates: IdpCertificate[]
  signAuthnRequests: boolean
  allowIdpInitiated: boolean
  emailFrom: EmailFrom
  /** An immutable claim to use as the stable key instead of NameID (JI-17). */
  subjectClaim?: string
  attributes: { firstName: string; lastName: string }
  /** Where the metadata was read from, when it came by URL. */
  metadataUrl?: string
}
