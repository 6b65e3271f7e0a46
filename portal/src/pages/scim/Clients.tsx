import { useMutation } from '@tanstack/react-query'
import { FileUp } from 'lucide-react'
import { useId, useState } from 'react'
import type {
  CreatedScimClient,
  ScimClient,
  ScimClientMethod,
} from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Badge,
  buttonClasses,
  CopyField,
  CreateDialog,
  Select,
  TextArea,
  TextField,
  toast,
} from '../../parts/index.ts'
import { labelFault, lifetimes } from './Credential.tsx'
import { CredentialSection } from './CredentialSection.tsx'
import { readJwks } from './jwks.ts'

const methods: { value: ScimClientMethod; label: string; hint: string }[] = [
  {
    value: 'client_secret_basic',
    label: 'Secret in the header',
    hint: 'client_secret_basic: what most providers send.',
  },
  {
    value: 'client_secret_post',
    label: 'Secret in the form',
    hint: 'client_secret_post: where the header cannot be set.',
  },
  {
    value: 'private_key_jwt',
    label: 'Signed with a private key',
    hint: 'private_key_jwt: no secret is shared; you give the public keys.',
  },
]

/** OAuth 2.0 client credentials, for identity providers that prefer them to a long-lived token (SC-4). */
export function Clients({ tokenUrl, canWrite }: { tokenUrl: string; canWrite: boolean }) {
  const { api } = useOrganisation()
  return (
    <CredentialSection
      noun="client"
      title="OAuth clients"
      about="Instead of a bearer token, for identity providers that speak OAuth 2.0 with the grant type “client credentials”. Access tokens live one hour."
      canWrite={canWrite}
      list={api.scimClients}
      revoke={api.revokeScimClient}
      onRevoked={() => toast('Client revoked', { about: 'Its access tokens ended with it.' })}
      before={
        <div className="border-b border-line px-5 py-4 sm:px-6">
          <CopyField
            label="Token URL"
            value={tokenUrl}
            help="“OAuth Token Request” in PingOne. Leave the scope empty, or enter scim."
          />
        </div>
      }
      marks={(client) => <Marks client={client} />}
      empty={() => (
        <p className="px-5 py-4 text-ink-2 sm:px-6">
          No client yet. With a bearer token you need none.
        </p>
      )}
      form={(dialog) => <CreateClient {...dialog} />}
      shown={({ clientId, clientSecret }: CreatedScimClient) => ({
        about: clientSecret
          ? 'This is the only time the secret is shown. Enter both in the identity provider now.'
          : 'It proves itself with its private key: enter the client id and the token URL in the identity provider.',
        fields: [
          { label: 'Client ID', value: clientId },
          ...(clientSecret ? [{ label: 'Client secret', value: clientSecret }] : []),
          { label: 'Token URL', value: tokenUrl },
        ],
      })}
    />
  )
}

function Marks({ client }: { client: ScimClient }) {
  const keys = client.keys.map(({ kid, type }) => (kid ? `${type} ${kid}` : type))
  return (
    <>
      <Badge>{client.method}</Badge>
      <code className="text-sm text-ink-3 wrap-anywhere">
        <span className="sr-only">Client ID </span>
        {client.clientId}
      </code>
      {keys.length > 0 ? <span className="text-sm text-ink-3">{keys.join(', ')}</span> : null}
    </>
  )
}

function CreateClient({
  onClose,
  onMade,
}: {
  onClose: () => void
  onMade: (client: CreatedScimClient) => void
}) {
  const { api } = useOrganisation()
  const [label, setLabel] = useState('')
  const [method, setMethod] = useState<ScimClientMethod>('client_secret_basic')
  const [lifetime, setLifetime] = useState('180')
  const [keys, setKeys] = useState('')
  const [tried, setTried] = useState(false)
  const withKeys = method === 'private_key_jwt'
  const jwks = readJwks(keys)
  const create = useMutation({
    mutationFn: () =>
      api.createScimClient({
        label: label.trim(),
        method,
        expiresInDays: Number(lifetime),
        ...(withKeys && 'keys' in jwks ? { jwks } : {}),
      }),
    onSuccess: onMade,
  })
  const problem = create.error ? asProblem(create.error) : null
  const said = (pointer: string) =>
    problem?.errors?.some((error) => error.pointer.startsWith(pointer)) ? problem.detail : undefined
  const labelWrong = labelFault(label)
  const keysWrong = withKeys && 'fault' in jwks ? jwks.fault : undefined
  return (
    <CreateDialog
      title="Create an OAuth client"
      about="It opens SCIM for this organisation and nothing else."
      busy={create.isPending}
      problem={said('/label') || said('/jwks') ? null : problem}
      onSubmit={() => {
        setTried(true)
        if (!labelWrong && !keysWrong) create.mutate()
      }}
      onClose={onClose}
    >
      <TextField
        label="Label"
        autoComplete="off"
        help="To recognise it by, such as “PingOne production”."
        value={label}
        error={said('/label') ?? (tried ? labelWrong : undefined)}
        onChange={(event) => {
          setLabel(event.target.value)
          create.reset()
        }}
      />
      <Select
        label="How it proves itself"
        value={method}
        choices={methods}
        onChange={(chosen) => {
          setMethod(chosen)
          create.reset()
        }}
      />
      {withKeys ? (
        <div className="flex flex-col items-start gap-2">
          <div className="w-full">
            <TextArea
              label="Public keys (JWKS)"
              className="font-mono text-xs/5"
              placeholder='{"keys": [{"kty": "EC", "crv": "P-256", …}]}'
              help="A JWK set of one to ten public keys: RSA from 2048 bits, EC P-256, P-384 or P-521, or Ed25519."
              value={keys}
              error={said('/jwks') ?? (tried ? keysWrong : undefined)}
              onChange={(event) => {
                setKeys(event.target.value)
                create.reset()
              }}
            />
          </div>
          <Upload
            onText={(text) => {
              setKeys(text)
              create.reset()
            }}
          />
        </div>
      ) : null}
      <Select label="Lives for" value={lifetime} choices={lifetimes} onChange={setLifetime} />
    </CreateDialog>
  )
}

function Upload({ onText }: { onText: (text: string) => void }) {
  const id = useId()
  return (
    <>
      <input
        id={id}
        type="file"
        accept=".json,.jwks,application/json"
        className="peer sr-only"
        onChange={(event) => {
          const file = event.target.files?.[0]
          event.target.value = ''
          if (file) void file.text().then(onText)
        }}
      />
      <label
        htmlFor={id}
        className={buttonClasses(
          { size: 'small' },
          'cursor-pointer peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-focus',
        )}
      >
        <FileUp aria-hidden="true" />
        Upload a file
      </label>
    </>
  )
}
