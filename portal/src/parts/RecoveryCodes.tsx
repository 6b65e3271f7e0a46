import { CopyButton } from './Copy.tsx'

/** Ten codes, shown once: to be copied, printed, or put away as a file. */
export function RecoveryCodes({ codes, of }: { codes: string[]; of: string }) {
  const text = `Recovery codes for ${of}\n\n${codes.join('\n')}\n`
  return (
    <div className="rounded-xl border border-line bg-sunken">
      <ol className="grid grid-cols-1 gap-x-6 gap-y-1 px-4 py-3 font-mono text-sm min-[420px]:grid-cols-2">
        {codes.map((code) => (
          <li key={code} className="whitespace-nowrap">
            {code}
          </li>
        ))}
      </ol>
      <div className="flex items-center justify-end gap-1 border-t border-line px-2 py-1.5">
        <CopyButton value={text} of="the recovery codes" />
        <a
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
          download="recovery-codes.txt"
          className="inline-flex h-7 items-center rounded-md px-2 text-sm font-medium text-ink-2 hover:bg-hover hover:text-ink"
        >
          Save as a file
        </a>
      </div>
    </div>
  )
}
