/** What a letter says, as plain words: nothing in it is markup, whoever wrote it. */
export type Letter = {
  subject: string
  heading: string
  paragraphs: string[]
  action?: { label: string; url: string }
  facts?: { label: string; value: string }[]
  /** Why this mail came and what to do when it should not have. */
  closing: string
}

/**
 * One letter in text and in HTML. Escaping happens here and nowhere else, so that no name of a person
 * or an organisation becomes markup (SE-9) or a header of its own.
 */
export function render(
  letter: Letter,
  organisation: string,
): { subject: string; text: string; html: string } {
  const subject = oneLine(letter.subject)
  return { subject, text: asText(letter), html: asHtml(letter, { subject, organisation }) }
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (character) => escapes[character] ?? '')
}

/** Control characters, line ends of Unicode and marks that turn the writing around are spaces. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
}

const width = 76

function asText({ heading, paragraphs, action, facts, closing }: Letter): string {
  const parts = [
    wrapped(heading),
    ...paragraphs.map(wrapped),
    ...(facts ? [facts.map(({ label, value }) => oneLine(`${label}: ${value}`)).join('\n')] : []),
    ...(action ? [`${oneLine(action.label)}:\n${action.url}`] : []),
    `--\n${wrapped(closing)}`,
  ]
  return `${parts.join('\n\n')}\n`
}

function wrapped(text: string): string {
  const lines = ['']
  for (const word of oneLine(text).split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return lines.join('\n')
}

const font = "font-family:Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

// Light colours stand in the elements, for clients that drop the style sheet; dark ones override them.
const dark = `@media (prefers-color-scheme:dark){
.page{background:#101114!important}.sheet{background:#191b1f!important;border-color:#2c2f36!important}
.ink{color:#f1f2f4!important}.soft{color:#a9adb7!important}.line{border-color:#2c2f36!important}
.button{background:#8b93ff!important;color:#101114!important}.link{color:#aab0ff!important}}`

function asHtml(
  { heading, paragraphs, action, facts, closing }: Letter,
  { subject, organisation }: { subject: string; organisation: string },
): string {
  const words = paragraphs
    .map(
      (text) =>
        `<p class="ink" style="margin:0 0 16px;font-size:16px;line-height:1.55;color:#1b1d22">${escaped(text)}</p>`,
    )
    .join('')
  const rows = (facts ?? [])
    .map(
      ({ label, value }) =>
        `<p class="line" style="margin:0;padding:10px 0;border-top:1px solid #e4e6eb;font-size:15px;line-height:1.45"><span class="soft" style="color:#5c616d">${escaped(label)}</span><br><span class="ink" style="color:#1b1d22;word-break:break-word">${escaped(value)}</span></p>`,
    )
    .join('')
  const button = action
    ? `<p style="margin:24px 0"><a class="button" href="${escaped(action.url)}" style="display:inline-block;padding:12px 22px;border-radius:8px;background:#4750d6;color:#ffffff;font-size:16px;font-weight:600;line-height:1.25;text-decoration:none">${escaped(action.label)}</a></p>
<p class="soft" style="margin:0 0 16px;font-size:14px;line-height:1.5;color:#5c616d">Or copy this address:<br><a class="link" href="${escaped(action.url)}" style="color:#4750d6;word-break:break-all">${escaped(action.url)}</a></p>`
    : ''
  // One table centres the sheet, for clients whose engine knows no max-width.
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${escaped(subject)}</title><style>:root{color-scheme:light dark}${dark}</style></head>
<body class="page" style="margin:0;padding:0;background:#f4f5f7;${font}">
<table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f4f5f7"><tr><td align="center" style="padding:32px 12px">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px"><tr>
<td class="sheet" align="left" style="padding:32px 28px;background:#ffffff;border:1px solid #e4e6eb;border-radius:12px;${font}">
<p class="soft" style="margin:0 0 10px;font-size:14px;font-weight:600;line-height:1.4;color:#5c616d">${escaped(organisation)}</p>
<h1 class="ink" style="margin:0 0 20px;font-size:22px;font-weight:650;line-height:1.3;color:#1b1d22">${escaped(heading)}</h1>
${words}${rows}${button}
<p class="soft line" style="margin:24px 0 0;padding-top:16px;border-top:1px solid #e4e6eb;font-size:13px;line-height:1.5;color:#5c616d">${escaped(closing)}</p>
</td></tr></table>
</td></tr></table>
</body></html>
`
}
