import { ExternalLink } from 'lucide-react'
import type { ScimView } from '../../../../contract/src/index.ts'
import { Badge, Card, Section, textLink } from '../../parts/index.ts'

/** How the identity provider speaks, and what of it the standard does not say. */
export function Dialect({ view }: { view: ScimView }) {
  const chosen = view.dialects.find(({ name }) => name === view.dialect)
  const detected = view.detectedDialect
  const shown = chosen ?? view.dialects.find(({ name }) => name === detected?.name)
  return (
    <Section
      id="dialect"
      title="How it speaks"
      about={
        chosen && detected && chosen.name !== detected.name
          ? `${chosen.label} is chosen, but the latest calls look like ${detected.label}.`
          : chosen
            ? `${chosen.label} is chosen above.`
            : detected
              ? `${detected.label} was recognised by its calls.`
              : 'It is recognised by its first calls; until then, this is what is known of each.'
      }
    >
      <Card className="divide-y divide-line">
        {(shown ? [shown] : view.dialects.filter(({ quirks }) => quirks.length > 0)).map(
          (dialect) => (
            <details key={dialect.name} open={dialect === shown} className="group">
              <summary className="flex items-center justify-between gap-3 px-5 py-3.5 sm:px-6">
                <span className="font-medium">{dialect.label}</span>
                <Badge>
                  {dialect.quirks.length === 0
                    ? 'By the standard'
                    : dialect.quirks.length === 1
                      ? '1 peculiarity'
                      : `${dialect.quirks.length} peculiarities`}
                </Badge>
              </summary>
              <div className="px-5 pb-5 sm:px-6">
                {dialect.quirks.length === 0 ? (
                  <p className="text-ink-2">It asks as RFC 7644 says.</p>
                ) : (
                  <>
                    <p className="mb-2 text-sm text-ink-3">
                      What it sends beside the standard. Usher understands all of it.
                    </p>
                    <ul className="flex flex-col gap-1.5">
                      {dialect.quirks.map(({ says, source }) => (
                        <li
                          key={says}
                          className="flex flex-wrap items-baseline justify-between gap-x-4"
                        >
                          <span className="min-w-0 text-ink-2 wrap-anywhere">{says}</span>
                          <a
                            href={source}
                            target="_blank"
                            rel="noreferrer"
                            className={`${textLink} inline-flex min-h-6 items-center gap-1 text-sm`}
                          >
                            Source
                            <span className="sr-only"> of “{says}” (opens in a new tab)</span>
                            <ExternalLink className="size-3.5" aria-hidden="true" />
                          </a>
                        </li>
                      ))}
                    </ul>
                  </>
                )}
              </div>
            </details>
          ),
        )}
      </Card>
    </Section>
  )
}
