import { expect, test } from 'vitest'
import { everyMail, letterOf } from './every-letter.ts'

const spiteful = `<b onclick="x">&"' </p><script>alert(1)</script>`
const mails = Object.values(everyMail(spiteful))
const addresses = /https?:\/\/[^\s"<>)]+/g

test.each(mails)(
  'EM-3: $template says the same in text and in HTML, with the same links',
  (mail) => {
    const { subject, text, html } = letterOf(mail, { person: 'Ada', organisation: 'Acme' })

    const linked = [...html.matchAll(/href="([^"]+)"/g)].map(([, url]) =>
      url?.replaceAll('&amp;', '&'),
    )
    const said = (text.match(addresses) ?? []).map((url) => url.replace(/\.$/, ''))
    expect(subject).toMatch(/\w/)
    expect(text.split('\n').length).toBeGreaterThan(4)
    expect(linked.length).toBeGreaterThan(0)
    expect(said).toEqual(expect.arrayContaining(linked))
    // What looks like an address in the words stands in both.
    for (const url of said) expect(html).toContain(url)
  },
)

test.each(mails)('SE-9: $template makes no markup of anybody’s name', (mail) => {
  const { subject, html } = letterOf(mail, { person: spiteful, organisation: spiteful })

  expect(html).not.toMatch(/<script|<b |onclick="x"/)
  expect(subject).not.toMatch(/[\r\n]/)
  expect(html).toContain('&lt;b onclick=&quot;x&quot;&gt;&amp;&quot;&#39; &lt;/p&gt;&lt;script&gt;')
})

test.each(mails)('EM-3: $template loads nothing, runs nothing and holds no secret', (mail) => {
  const { text, html } = letterOf(mail, { person: 'Ada', organisation: 'Acme' })

  expect(html).not.toMatch(/<(script|img|iframe|link|object|form|input|video|base)\b/i)
  expect(html).not.toMatch(/\b(src|background|action|srcset)=|url\(|@import|javascript:/i)
  expect(`${text}${html}`).not.toMatch(/\b(us[ask]_|Bearer |password is|token:)/)
})

test('the subject and the text of a name with line ends and turned writing stay one line', () => {
  const { subject, text } = letterOf(everyMail('Ana').activation, {
    person: 'Ada\r\nBcc: eve@evil.test',
    organisation: 'Acme\u202Emoc.live\u2028Inc',
  })

  expect(subject).toBe('Activate your account at Acme moc.live Inc')
  expect(text).toContain('Hello Ada Bcc: eve@evil.test,')
})
