import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { buildPortalWhenStale } from '../scripts/builds.ts'
import { createMailbox, type Mailbox } from '../server/testing/mailbox.ts'
import { openBrowser } from './browser.ts'
import { type RunningUsher, startUsher } from './running-usher.ts'

export type Stage = { browser: Browser; mailbox: Mailbox; usher: RunningUsher }

/** What a story plays on: a browser, a mail server, and Usher in a process of its own; open while its tests run. */
export function openStage(environment: (mailbox: Mailbox) => Record<string, string>): Stage {
  const stage: Partial<Stage> = {}
  beforeAll(async () => {
    await buildPortalWhenStale()
    stage.browser = await openBrowser()
    stage.mailbox = await createMailbox()
    stage.usher = await startUsher(environment(stage.mailbox))
  })
  afterAll(async () => {
    await stage.browser?.close()
    await stage.usher?.stop()
    await stage.mailbox?.close()
  })
  // Its tests run after it has opened.
  return stage as Stage
}

/** Mail goes by the installation's own server. */
export const mailsByDefault = (mailbox: Mailbox) => ({ SMTP_URL: mailbox.url })
