import type { Domain } from '../../../../contract/src/index.ts'
import { CopyField } from '../../parts/index.ts'

const hosts = [
  ['Cloudflare', 'DNS → Records → Add record. Type TXT; paste the whole name.'],
  ['Amazon Route 53', 'Hosted zone → Create record. Type TXT; put the value in "quotes".'],
  ['Azure DNS', 'Zone → Record sets → Add. Type TXT; the name without your domain.'],
  ['GoDaddy, IONOS, Namecheap', 'DNS settings → Add TXT; the name without your domain.'],
] as const

/** The record that proves the domain, and where it is entered. */
export function RecordToSet({ domain }: { domain: Domain }) {
  const { record } = domain
  return (
    <div className="flex flex-col gap-4 border-t border-line pt-4">
      <p className="text-ink-2">
        Add this TXT record at your DNS host, and leave it there: it is looked up every day.
      </p>
      <div className="grid gap-4 lg:grid-cols-2">
        <CopyField label="Name" value={record.name} />
        <CopyField label="Value" value={record.value} />
      </div>
      <details className="group">
        <summary className="cursor-pointer text-sm font-medium text-ink-2 hover:text-ink">
          Where to enter it
        </summary>
        <dl className="mt-3 grid gap-x-6 gap-y-1.5 text-sm sm:grid-cols-[13rem_1fr]">
          {hosts.map(([host, how]) => (
            <div key={host} className="contents">
              <dt className="font-medium text-ink">{host}</dt>
              <dd className="mb-1.5 text-ink-2 sm:mb-0">{how}</dd>
            </div>
          ))}
        </dl>
        <p className="mt-3 text-sm text-ink-3">
          “Without your domain” means <code className="text-ink-2">{prefixOf(domain)}</code> alone.
        </p>
      </details>
    </div>
  )
}

function prefixOf({ record, name }: Domain): string {
  return record.name.slice(0, -name.length - 1)
}
