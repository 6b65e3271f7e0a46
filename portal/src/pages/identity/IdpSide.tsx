import { useMutation } from '@tanstack/react-query'
import { FileUp } from 'lucide-react'
import { useId } from 'react'
import type { Certificate } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Badge,
  Banner,
  Button,
  buttonClasses,
  daysUntil,
  KeyValue,
  onDate,
  ProblemBanner,
  Segmented,
  TextArea,
  TextField,
} from '../../parts/index.ts'
import type { Metadata, SamlDraft } from './draft.ts'

type Props = {
  draft: SamlDraft
  readOnly: boolean
  onChange: (change: Partial<SamlDraft>) => void
}

export function IdpSide({ draft, readOnly, onChange }: Props) {
  return (
    <>
      <div>
        <Segmented
          label="How to enter it"
          value={draft.from}
          disabled={readOnly}
          onChange={(from) => onChange({ from, ...(from === 'fields' ? {} : { read: null }) })}
          choices={[
            { value: 'url', label: 'Metadata URL' },
            { value: 'xml', label: 'Metadata XML' },
            { value: 'fields', label: 'Fields' },
          ]}
        />
      </div>
      {draft.from === 'fields' ? (
        <Fields draft={draft} readOnly={readOnly} onChange={onChange} />
      ) : (
        <FromMetadata draft={draft} readOnly={readOnly} onChange={onChange} />
      )}
    </>
  )
}

/** Metadata by address or as a text, read by the server and shown before anything is saved. */
export function FromMetadata({ draft, readOnly, onChange }: Props) {
  const { api } = useOrganisation()
  const byUrl = draft.from === 'url'
  const text = byUrl ? draft.metadataUrl.trim() : draft.metadataXml.trim()
  const read = useMutation({
    mutationFn: () => api.readMetadata(byUrl ? { metadataUrl: text } : { metadataXml: text }),
    onSuccess: (found) =>
      onChange({
        read: found,
        idpEntityId: found.idpEntityId,
        ssoUrl: found.ssoUrl,
        ssoBinding: found.ssoBinding,
        sloUrl: found.sloUrl ?? '',
        certificates: found.certificates.map(({ pem }) => pem.trim()).join('\n'),
      }),
  })
  const problem = read.error ? asProblem(read.error) : null
  return (
    <div className="flex flex-col gap-4">
      {byUrl ? (
        <TextField
          label="Metadata URL of the identity provider"
          type="url"
          value={draft.metadataUrl}
          readOnly={readOnly}
          spellCheck={false}
          className="font-mono text-sm"
          placeholder="https://login.microsoftonline.com/…/federationmetadata.xml"
          onChange={(event) => onChange({ metadataUrl: event.target.value, read: null })}
        />
      ) : (
        <TextArea
          label="Metadata XML of the identity provider"
          value={draft.metadataXml}
          readOnly={readOnly}
          className="font-mono text-xs/5"
          placeholder="<EntityDescriptor …>"
          onChange={(event) => onChange({ metadataXml: event.target.value, read: null })}
        />
      )}
      {readOnly ? null : (
        <div className="flex flex-wrap gap-2">
          <Button
            busy={read.isPending}
            disabled={text === '' || draft.read !== null}
            onClick={() => read.mutate()}
          >
            Read metadata
          </Button>
          {byUrl ? null : (
            <Upload onText={(metadataXml) => onChange({ metadataXml, read: null })} />
          )}
        </div>
      )}
      {problem && !draft.read ? (
        <ProblemBanner problem={problem} title="This metadata cannot be used" />
      ) : null}
      {draft.read ? <Found metadata={draft.read} /> : null}
    </div>
  )
}

function Upload({ onText }: { onText: (text: string) => void }) {
  const id = useId()
  return (
    <>
      <input
        id={id}
        type="file"
        accept=".xml,text/xml,application/xml,application/samlmetadata+xml"
        className="peer sr-only"
        onChange={(event) => {
          const file = event.target.files?.[0]
          if (file) void file.text().then(onText)
          event.target.value = ''
        }}
      />
      <label
        htmlFor={id}
        className={buttonClasses(
          { look: 'secondary' },
          'cursor-pointer peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-focus',
        )}
      >
        <FileUp aria-hidden="true" />
        Upload a file
      </label>
    </>
  )
}

function Found({ metadata }: { metadata: Metadata }) {
  return (
    <div className="flex flex-col gap-4 rounded-xl border border-line bg-sunken/60 p-4">
      <KeyValue
        rows={[
          {
            label: 'Entity ID',
            value: <span className="font-mono text-sm">{metadata.idpEntityId}</span>,
          },
          { label: 'SSO URL', value: <span className="font-mono text-sm">{metadata.ssoUrl}</span> },
          {
            label: metadata.certificates.length === 1 ? 'Certificate' : 'Certificates',
            value: (
              <ul className="flex flex-col gap-3">
                {metadata.certificates.map((certificate) => (
                  <CertificateLine key={certificate.fingerprint} certificate={certificate} />
                ))}
              </ul>
            ),
          },
        ]}
      />
      {metadata.warnings.map((warning) => (
        <Banner key={warning} tone="warn">
          {warning}
        </Banner>
      ))}
    </div>
  )
}

function CertificateLine({ certificate }: { certificate: Certificate }) {
  const days = daysUntil(certificate.notAfter)
  return (
    <li>
      <div className="flex flex-wrap items-center gap-2">
        <span>{certificate.subject}</span>
        {days < 0 ? (
          <Badge tone="bad">Expired</Badge>
        ) : days <= 30 ? (
          <Badge tone="warn">{days === 1 ? 'Expires in 1 day' : `Expires in ${days} days`}</Badge>
        ) : (
          <Badge tone="good">Until {onDate(certificate.notAfter)}</Badge>
        )}
      </div>
      <div className="font-mono text-xs/5 text-ink-3 wrap-anywhere">
        SHA-256 {certificate.fingerprint}
      </div>
    </li>
  )
}

function Fields({ draft, readOnly, onChange }: Props) {
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 lg:grid-cols-2">
        <TextField
          label="Entity ID of the identity provider"
          value={draft.idpEntityId}
          readOnly={readOnly}
          spellCheck={false}
          className="font-mono text-sm"
          help="Also called issuer; in Entra “Microsoft Entra Identifier”."
          onChange={(event) => onChange({ idpEntityId: event.target.value })}
        />
        <TextField
          label="SSO URL"
          type="url"
          value={draft.ssoUrl}
          readOnly={readOnly}
          spellCheck={false}
          className="font-mono text-sm"
          help="In Entra “Login URL”."
          onChange={(event) => onChange({ ssoUrl: event.target.value })}
        />
      </div>
      <TextArea
        label="Signing certificate"
        value={draft.certificates}
        readOnly={readOnly}
        className="font-mono text-xs/5"
        placeholder="-----BEGIN CERTIFICATE-----"
        help="PEM or bare base64. Several certificates may stand one after another, for a rollover."
        onChange={(event) => onChange({ certificates: event.target.value, read: null })}
      />
      {draft.read ? (
        <ul aria-label="Certificates" className="flex flex-col gap-3">
          {draft.read.certificates.map((certificate) => (
            <CertificateLine key={certificate.fingerprint} certificate={certificate} />
          ))}
        </ul>
      ) : null}
      <TextField
        label="Logout URL"
        note="optional"
        type="url"
        value={draft.sloUrl}
        readOnly={readOnly}
        spellCheck={false}
        className="font-mono text-sm"
        onChange={(event) => onChange({ sloUrl: event.target.value })}
      />
    </div>
  )
}
