import { ArrowRight, ExternalLink, TriangleAlert } from 'lucide-react'
import { Fragment, type ReactNode } from 'react'
import type { ScimView } from '../../../../contract/src/index.ts'
import { Code, CopyButton, CopyField, Scroller, Sheet, textLink } from '../../parts/index.ts'
import type { Entry, Guide as GuideData, Part } from './guides/index.ts'

/** One identity provider, step by step, with the names of its screens and the values to paste. */
export function Guide({
  guide,
  view,
  onClose,
}: {
  guide: GuideData | undefined
  view: ScimView
  onClose: () => void
}) {
  return (
    <Sheet
      open={guide !== undefined}
      onClose={onClose}
      title={`Set up with ${guide?.label ?? ''}`}
      about={guide?.about}
    >
      {guide ? (
        <div className="flex flex-col gap-8">
          <ol className="flex flex-col">
            {guide.steps.map((step, index) => (
              <li key={step.title} className="relative flex gap-4 pb-8 last:pb-0">
                {index < guide.steps.length - 1 ? (
                  <span
                    aria-hidden="true"
                    className="absolute top-8 bottom-0 left-3.5 w-px bg-line"
                  />
                ) : null}
                <span
                  aria-hidden="true"
                  className="relative flex size-7 shrink-0 items-center justify-center rounded-full border border-line-strong text-sm font-semibold text-ink-2"
                >
                  {index + 1}
                </span>
                <div className="flex min-w-0 flex-1 flex-col gap-3 pt-0.5 text-ink-2">
                  <h3 className="text-base font-semibold text-ink">{step.title}</h3>
                  {step.parts.map((part) => (
                    <StepPart key={JSON.stringify(part)} part={part} view={view} />
                  ))}
                </div>
              </li>
            ))}
          </ol>
          <Mapping guide={guide} />
          <Mistakes guide={guide} />
          <p className="text-sm text-ink-3">
            The screens change now and then.{' '}
            <a
              href={guide.source}
              target="_blank"
              rel="noreferrer"
              className={`${textLink} inline-flex items-center gap-1`}
            >
              What {guide.label} itself says
              <span className="sr-only"> (opens in a new tab)</span>
              <ExternalLink className="size-3.5" aria-hidden="true" />
            </a>
          </p>
        </div>
      ) : null}
    </Sheet>
  )
}

function StepPart({ part, view }: { part: Part; view: ScimView }) {
  if ('say' in part) return <p>{marked(part.say)}</p>
  if ('paste' in part) {
    return <Code title={part.paste.title} text={part.paste.text} of={part.paste.title} open />
  }
  if ('list' in part) {
    return (
      <ul className="list-disc space-y-1 pl-4.5 marker:text-ink-3">
        {part.list.map((line) => (
          <li key={line}>{marked(line)}</li>
        ))}
      </ul>
    )
  }
  if ('go' in part) {
    return (
      <p>
        {part.go.map((screen, index) => (
          <Fragment key={index}>
            {index > 0 ? (
              <>
                {' '}
                <ArrowRight
                  className="inline size-3.5 align-[-0.125em] text-ink-3"
                  aria-label="then"
                  role="img"
                />{' '}
              </>
            ) : null}
            <strong className="font-medium text-ink">{screen}</strong>
          </Fragment>
        ))}
      </p>
    )
  }
  return part.enter.map((entry) => <Value key={entry.field} entry={entry} view={view} />)
}

const fromAbove = {
  token: 'The token that you made under “Bearer tokens”',
  clientId: 'The client ID that you made under “OAuth clients”',
  clientSecret: 'Its secret, shown once when the client was made',
}

function Value({ entry, view }: { entry: Entry; view: ScimView }) {
  const { field, value, help } = entry
  if (typeof value === 'object') return <CopyField label={field} value={value.is} help={help} />
  if (value === 'baseUrl' || value === 'tokenUrl') {
    return <CopyField label={field} value={view[value]} help={help} />
  }
  return (
    <div className="flex flex-col gap-1">
      <span className="text-sm font-medium text-ink-2">{field}</span>
      <span className="flex min-h-9 items-center rounded-lg border border-dashed border-line-strong px-3 py-1.5 text-ink-2">
        {fromAbove[value]}
      </span>
    </div>
  )
}

/** `**words**` as on the other screen. */
function marked(sentence: string): ReactNode {
  return sentence.split('**').map((text, index) =>
    index % 2 === 1 ? (
      <strong key={index} className="font-medium text-ink">
        {text}
      </strong>
    ) : (
      text
    ),
  )
}

function Mapping({ guide }: { guide: GuideData }) {
  return (
    <div className="flex flex-col gap-3">
      <h3 className="font-semibold">Attribute mapping</h3>
      <Scroller label="Attribute mapping" className="rounded-lg border border-line">
        <table className="w-full text-left text-sm">
          <thead>
            <tr className="border-b border-line text-xs text-ink-3">
              {[guide.label, 'SCIM', 'What Usher does with it'].map((heading) => (
                <th key={heading} scope="col" className="px-3 py-2 font-medium">
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {guide.mapping.map(({ there, here, effect }) => (
              <tr key={`${there} ${here}`} className="border-b border-line align-top last:border-0">
                <th scope="row" className="min-w-32 px-3 py-2 font-normal text-ink wrap-anywhere">
                  {there}
                </th>
                <td className="min-w-40 px-3 py-1.5">
                  <span className="flex items-start justify-between gap-1 font-mono text-xs/5 text-ink">
                    <span className="py-1 wrap-anywhere">{here}</span>
                    <CopyButton bare value={here} of={here} />
                  </span>
                </td>
                <td className="min-w-44 px-3 py-2 text-ink-2">{effect}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </div>
  )
}

function Mistakes({ guide }: { guide: GuideData }) {
  return (
    <section aria-labelledby="mistakes" className="rounded-xl border border-line p-5">
      <h3 id="mistakes" className="mb-3 flex items-center gap-2 font-semibold">
        <TriangleAlert className="size-4 text-warn" aria-hidden="true" />
        Common mistakes
      </h3>
      <dl className="flex flex-col gap-3">
        {guide.mistakes.map(({ seen, cause }) => (
          <div key={seen}>
            <dt className="font-medium">{seen}</dt>
            <dd className="text-ink-2">{cause}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
