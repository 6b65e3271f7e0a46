import type { Domain } from '../../../../contract/src/index.ts'
import { Ago, Banner } from '../../parts/index.ts'

type Check = NonNullable<Domain['check']>

/** What the last look into the DNS found, as it was. */
export function Found({ check }: { check: Check }) {
  const when = <Ago at={check.at} />
  switch (check.outcome) {
    case 'found':
      return (
        <Banner tone="good" title="The record is there">
          Looked up {when}. From now on it is looked up once a day.
        </Banner>
      )
    case 'none':
      return (
        <Banner title="There is no TXT record at this name yet">
          Looked up {when}. New records can take an hour to be seen, and some DNS hosts add the
          domain to the name by themselves: then enter the part before it alone.
        </Banner>
      )
    case 'other':
      return (
        <Banner tone="warn" title="Something else stands there">
          Looked up {when}. Keep it if you need it, and add the value above as a further record.
          <ul className="mt-2 flex flex-col gap-1">
            {check.found.map((text) => (
              <li key={text} className="font-mono text-sm text-ink wrap-anywhere">
                {text}
              </li>
            ))}
          </ul>
        </Banner>
      )
    case 'unanswered':
      return (
        <Banner tone="warn" title="The name servers did not answer">
          Looked up {when}: <span className="font-mono text-sm">{check.found.join(' ')}</span>. This
          says nothing about the record, so nothing changes. Try again in a few minutes.
        </Banner>
      )
  }
}
