/** Markup that is safe to send: every value put into it has been escaped. */
export type Html = { readonly html: string }

type Content = string | Html | Html[]

/** A template whose values are escaped unless they are markup already. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Html {
  const written = parts.map((part, index) => part + markup(values[index]))
  return { html: written.join('') }
}

function markup(value: Content | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return escaped(value)
  return Array.isArray(value) ? value.map((one) => one.html).join('') : value.html
}

function escaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
