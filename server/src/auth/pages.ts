import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Refusal, refusalStatus, titles, toProblem } from '../model/refusals.ts'

// These few pages stand between two sites and must work without the portal, its scripts and its cache.
const style = `
:root { color-scheme: light dark; --ink: #1b1d22; --soft: #5b616e; --page: #f6f7f9; --card: #fff; --line: #e2e5ea; --accent: #3355dd }
@media (prefers-color-scheme: dark) { :root { --ink: #f1f2f5; --soft: #a6adba; --page: #101216; --card: #181b21; --line: #2b303a; --accent: #8ea2ff } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--page); color: var(--ink); font: 16px/1.5 Inter, system-ui, sans-serif }
main { width: 100%; max-width: 440px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 32px }
h1 { margin: 0 0 8px; font-size: 20px; line-height: 1.3 }
p { margin: 0 0 16px; color: var(--soft) }
dl { margin: 20px 0; padding: 14px 16px; border: 1px solid var(--line); border-radius: 10px }
dt { font-size: 13px; color: var(--soft) } dd { margin: 2px 0 0; font: 600 17px/1.4 ui-monospace, monospace; letter-spacing: .04em }
a, button { display: inline-block; padding: 10px 16px; border-radius: 8px; border: 1px solid var(--accent); color: var(--accent); background: none; font: inherit; text-decoration: none; cursor: pointer }
a:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
`
const submit = `document.forms[0].submit()`
const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** What these pages may load: themselves. A form may go to the one address named. */
function pagePolicy(formAction = "'none'"): string {
  return `default-src 'none'; style-src ${hash(style)}; script-src ${hash(submit)}; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>${body}</main></body></html>`
}

/** Neutral: says that it failed and what to quote, never why (LM-28). */
function refusedPage(reference: string, again: string | undefined): string {
  return page(
    'You could not be signed in',
    `<h1>You could not be signed in</h1>
<p>Your organisation’s sign-in was not accepted. Try again. If it happens again, give this reference to the person who manages access in your organisation.</p>
<dl><dt>Reference</dt><dd>${escapeHtml(reference)}</dd></dl>
${again ? `<a href="${escapeHtml(again)}">Back to sign-in</a>` : ''}`,
  )
}

export function testedPage(passed: boolean): string {
  const title = passed ? 'The test sign-in worked' : 'The test sign-in found a problem'
  return page(
    title,
    `<h1>${title}</h1><p>${passed ? 'Every check passed.' : 'What failed, and what to change, is shown in the portal.'} You can close this window and go back to Identity Configuration.</p>`,
  )
}

/** Sends a SAML message by the POST binding; a button does it where scripts are off. */
export function postPage(action: string, fields: Record<string, string>): string {
  const inputs = Object.entries(fields)
    .map(
      ([name, value]) =>
        `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
    )
    .join('')
  return page(
    'One moment',
    `<h1>One moment</h1><p>You are being taken to your organisation’s sign-in.</p><form method="post" action="${escapeHtml(action)}">${inputs}<button>Continue</button></form><script>${submit}</script>`,
  )
}

/** A person gets a neutral page; a program that asks for JSON gets the code. */
export function sendRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  reference: string,
  again?: string,
): FastifyReply {
  const accept = request.headers.accept ?? ''
  const status = statusOf(refusal)
  reply.code(status).header('cache-control', 'no-store')
  if (refusal.retryAfterSeconds) reply.header('retry-after', refusal.retryAfterSeconds)
  if (accept.includes('json') && !accept.includes('text/html')) {
    const problem = toProblem(
      { code: refusal.code, detail: 'The sign-in was refused.' },
      request.id,
    )
    return reply
      .type('application/problem+json')
      .send({ ...problem, title: titles[status], status, reference })
  }
  return sendPage(reply, refusedPage(reference, again))
}

/** What the Management API answers with 409 is 403 where somebody signs in (BEHAVIOURS.md §17). */
function statusOf({ code }: Refusal): keyof typeof titles {
  const status = refusalStatus[code]
  return status === 409 ? 403 : status
}

export function sendPage(reply: FastifyReply, html: string, formAction?: string): FastifyReply {
  return reply
    .header('content-security-policy', pagePolicy(formAction))
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(html)
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
