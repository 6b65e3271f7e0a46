import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** What a device, or the page around it, may do wrong. */
export type Misdeed = {
  origin?: string
  rpId?: string
  /** Without a finger, a face or a PIN. */
  unverified?: boolean
  counter?: number
  challenge?: string
  type?: string
  /** Signs with a key of its own. */
  forged?: boolean
}

const present = 0x01
const verified = 0x04
const attested = 0x40

/** A device with one passkey, in software (WebAuthn level 3, ES256): by other code than the product's. */
export function createAuthenticator(baseUrl: string) {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  let counter = 0

  const clientData = (type: string, challenge: string, misdeed: Misdeed) =>
    Buffer.from(
      JSON.stringify({
        type: misdeed.type ?? type,
        challenge: misdeed.challenge ?? challenge,
        origin: misdeed.origin ?? new URL(baseUrl).origin,
        crossOrigin: false,
      }),
    )
  function head(flags: number, { rpId, unverified, counter: wanted }: Misdeed): Buffer {
    counter += 1
    const hash = createHash('sha256')
      .update(rpId ?? new URL(baseUrl).hostname)
      .digest()
    const rest = Buffer.alloc(5)
    rest.writeUInt8(flags | present | (unverified ? 0 : verified))
    rest.writeUInt32BE(wanted ?? counter, 1)
    return Buffer.concat([hash, rest])
  }
  const answer = (response: object) => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    authenticatorAttachment: 'platform',
    response,
  })

  return {
    id: id.toString('base64url'),
    /** `navigator.credentials.create` */
    make(options: { challenge: string }, misdeed: Misdeed = {}) {
      const { x = '', y = '' } = key.publicKey.export({ format: 'jwk' })
      // COSE_Key of RFC 9053 §7.1.1: EC2, ES256, P-256, x, y.
      const cose = Buffer.concat([
        Buffer.from('a5010203262001215820', 'hex'),
        Buffer.from(x, 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(y, 'base64url'),
      ])
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const data = Buffer.concat([head(attested, misdeed), Buffer.alloc(16), length, id, cose])
      // { fmt: 'none', attStmt: {}, authData } in CBOR.
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex'),
        Buffer.from([0x58, data.length]),
        data,
      ])
      return answer({
        clientDataJSON: clientData('webauthn.create', options.challenge, misdeed).toString(
          'base64url',
        ),
        attestationObject: attestation.toString('base64url'),
        transports: ['internal'],
      })
    },
    /** `navigator.credentials.get` */
    prove(options: { challenge: string }, misdeed: Misdeed = {}) {
      const data = head(0, misdeed)
      const client = clientData('webauthn.get', options.challenge, misdeed)
      const hash = createHash('sha256').update(client).digest()
      const { privateKey } = misdeed.forged ? other : key
      return answer({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', Buffer.concat([data, hash]), privateKey).toString('base64url'),
      })
    },
  }
}
