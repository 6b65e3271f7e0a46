/**
 * Photographs every mail as a mail program shows it, side by side: wide and as on a phone, in light
 * and dark. `node scripts/mail-sheet.ts [folder]`
 */
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { everyMail, letterOf } from '../server/src/outbox/index.ts'

const looks = [
  { look: 'light', colorScheme: 'light', width: 600, columns: 3 },
  { look: 'dark', colorScheme: 'dark', width: 600, columns: 3 },
  { look: 'phone', colorScheme: 'light', width: 360, columns: 4 },
  { look: 'phone-dark', colorScheme: 'dark', width: 360, columns: 4 },
] as const
const gap = 12

/** @returns how many mails stand in each picture. */
export async function photographMails(folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true })
  const mails = Object.values(everyMail('Ana Ruiz'))
  const letters = mails.map((mail) =>
    letterOf(mail, { person: 'Chidinma', organisation: 'Acme Robotics' }),
  )
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
  })
  for (const { look, colorScheme, width, columns } of looks) {
    const page = await browser.newPage({
      colorScheme,
      viewport: { width: columns * (width + gap) + gap, height: 900 },
    })
    await page.setContent(sheet(letters, width, columns))
    await page.waitForFunction(
      () => document.querySelectorAll('iframe:not([data-tall])').length === 0,
    )
    await page.screenshot({
      path: join(folder, `mail-${look}.jpg`),
      fullPage: true,
      type: 'jpeg',
      quality: 45,
    })
    await page.close()
  }
  await browser.close()
  return letters.length
}

/** Each mail in a frame of its own, as tall as it is. */
function sheet(letters: { html: string }[], width: number, columns: number): string {
  const quoted = (html: string) => html.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  const frames = letters.map(
    ({ html }) =>
      `<iframe width="${width}" srcdoc="${quoted(html)}" onload="this.height=this.contentDocument.documentElement.scrollHeight;this.dataset.tall=1"></iframe>`,
  )
  return `<!doctype html><style>body{margin:${gap}px;columns:${columns};column-gap:${gap}px;background:#88898c}
iframe{display:block;border:0;margin-bottom:${gap}px;break-inside:avoid;color-scheme:light dark}</style>${frames.join('')}`
}

if (import.meta.main) {
  const folder = process.argv[2] ?? join(tmpdir(), 'usher-screens')
  console.log(`${await photographMails(folder)} mails; the pictures are in ${folder}`)
}
