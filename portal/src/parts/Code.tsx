import { CopyButton } from './Copy.tsx'

/** A block of machine text that folds away. */
export function Code({
  title,
  text,
  of,
  open,
}: {
  title: string
  text: string
  of: string
  open?: boolean
}) {
  return (
    <details open={open} className="group rounded-lg border border-line bg-sunken">
      <summary className="flex items-center justify-between gap-3 rounded-lg px-3 py-2 font-medium text-ink">
        <span>{title}</span>
        <span className="text-sm font-normal text-ink-3 group-open:hidden">Show</span>
        <span className="hidden text-sm font-normal text-ink-3 group-open:inline">Hide</span>
      </summary>
      <div className="border-t border-line">
        <div className="flex justify-end px-2 pt-1.5">
          <CopyButton value={text} of={of} />
        </div>
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          className="max-h-96 overflow-auto px-3 pb-3 font-mono text-xs/5 text-ink-2"
        >
          {text}
        </pre>
      </div>
    </details>
  )
}

/** Indents JSON for reading; what is no JSON, or was cut, stays as it is. */
export function indentJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** Indents XML for reading; what is shown is text, never markup. */
export function indentXml(xml: string): string {
  let depth = 0
  return xml
    .replaceAll(/>\s*</g, '>\n<')
    .split('\n')
    .map((line) => {
      if (line.startsWith('</')) depth = Math.max(0, depth - 1)
      const indented = '  '.repeat(depth) + line
      const opens = /^<[^!?/][^>]*[^/]>$|^<[^!?/]>$/.test(line)
      if (opens && !line.includes('</')) depth += 1
      return indented
    })
    .join('\n')
}
