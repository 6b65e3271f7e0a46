import { ChevronRight } from 'lucide-react'
import type { ScimView } from '../../../../contract/src/index.ts'
import { Card, CopyField, Section } from '../../parts/index.ts'
import { guides } from './guides/index.ts'

/** Where the identity provider calls, and how to tell it so. */
export function Addresses({ view, onGuide }: { view: ScimView; onGuide: (id: string) => void }) {
  return (
    <Section
      id="address"
      title="Connect your identity provider"
      about="It needs two things: the base URL, and a token that you make below. The guides name each field of its screens."
    >
      <Card className="flex flex-col gap-5 p-5 sm:p-6">
        <CopyField
          label="Base URL"
          value={view.baseUrl}
          help="“Tenant URL” in Entra ID, “SCIM connector base URL” in Okta, “SCIM Base URL” in OneLogin and PingOne."
        />
        <div>
          <h3 id="guides" className="mb-2 text-sm font-medium text-ink-2">
            Step by step
          </h3>
          <ul aria-labelledby="guides" className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
            {guides.map((guide) => (
              <li key={guide.id}>
                <button
                  type="button"
                  aria-haspopup="dialog"
                  onClick={() => onGuide(guide.id)}
                  className="flex h-full w-full items-center justify-between gap-3 rounded-xl border border-line-strong bg-surface px-4 py-3 text-left transition-colors hover:border-edge hover:bg-hover"
                >
                  <span className="min-w-0">
                    <span className="block truncate font-medium text-ink">{guide.label}</span>
                    <span className="block text-sm text-ink-3">{guide.sends}</span>
                  </span>
                  <ChevronRight className="size-4 shrink-0 text-ink-3" aria-hidden="true" />
                </button>
              </li>
            ))}
          </ul>
        </div>
      </Card>
    </Section>
  )
}
