import { type Html, html } from './html.ts'
import type { EntraRefusal, Person } from './people.ts'

export type SignInForm = {
  action: string
  samlRequest: string
  relayState: string
  people: Person[]
}

/** The only page of Entra ID that asks for no password. */
export function chooseAccount({ action, samlRequest, relayState, people }: SignInForm): string {
  return page(
    'Pick an account',
    html`<h1>Pick an account</h1>
      <p>Choose whom to sign in to Usher as. Nobody here is real and no password is asked.</p>
      <form method="post" action="${action}">
        <input type="hidden" name="SAMLRequest" value="${samlRequest}">
        <input type="hidden" name="RelayState" value="${relayState}">
        <ul class="people">${people.map(accountTile)}</ul>
        <details>
          <summary>Attributes, claims and signing</summary>
          <label><input type="checkbox" name="plainClaims" value="on" checked>
            Send the claims <code>firstName</code> and <code>lastName</code> besides Entra’s own
          </label>
          <label>Signing option
            <select name="signing">
              <option value="assertion">Sign SAML assertion</option>
              <option value="response">Sign SAML response</option>
              <option value="both">Sign SAML response and assertion</option>
            </select>
          </label>
        </details>
      </form>`,
  )
}

function accountTile(person: Person): Html {
  const initials = [person.firstName, person.lastName].map((name) => /^./u.exec(name)?.[0] ?? '')
  return html`<li><button name="person" value="${person.id}">
    <span class="initials" aria-hidden="true">${initials.join('')}</span>
    <span class="who"><strong>${person.displayName}</strong>
      <span>${person.userPrincipalName}</span><small>${person.note}</small></span>
  </button></li>`
}

export type Posting = { action: string; samlResponse: string; relayState: string }

/** SAML bindings §3.5.4: the browser carries the response; without script, by a click. */
export function postResponse({ action, samlResponse, relayState }: Posting): string {
  return page(
    'Signing in',
    html`<h1>Signing you in</h1>
      <p>Entra ID hands its signed answer to Usher through your browser.</p>
      <form method="post" action="${action}" id="answer">
        <input type="hidden" name="SAMLResponse" value="${samlResponse}">
        ${relayState ? html`<input type="hidden" name="RelayState" value="${relayState}">` : ''}
        <button class="primary">Continue</button>
      </form>
      <script src="/demo/entra/post.js" defer></script>`,
  )
}

export type Trouble = {
  code: string
  detail: string
  requestId: string
  at: string
  /** What it means for whoever is trying Usher out. */
  meaning: string
}

export function trouble({ code, detail, requestId, at, meaning }: Trouble): string {
  return page(
    'Sorry',
    html`<h1>Sign in</h1>
      <p>Sorry, but we’re having trouble signing you in.</p>
      <p class="fault">${code}: ${detail}</p>
      <p>${meaning}</p>
      <dl><dt>Request Id</dt><dd>${requestId}</dd><dt>Timestamp</dt><dd>${at}</dd></dl>`,
  )
}

export function refusalOf(person: Person, refusal: EntraRefusal): { code: string; detail: string } {
  const details: Record<EntraRefusal, string> = {
    AADSTS50057: 'The user account is disabled.',
    AADSTS50105: `Your administrator has configured the application Usher to block users unless they are specifically granted ('assigned') access to the application. The signed in user '${person.userPrincipalName}' is blocked because they are not a direct member of a group with access, nor had access directly assigned by an administrator.`,
  }
  return { code: refusal, detail: details[refusal] }
}

function page(title: string, content: Html): string {
  const { html: markup } = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>${title} · Simulated Entra ID</title>
    <link rel="stylesheet" href="/demo/entra/style.css">
  </head>
  <body>
    <main>
      <p class="brand"><span class="mark" aria-hidden="true"></span>Simulated Entra ID</p>
      ${content}
    </main>
    <footer>Part of Usher, for trying it out. This is not Microsoft.</footer>
  </body>
</html>
`
  return markup
}
