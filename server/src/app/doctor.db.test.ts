import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { environmentOf, runUsher } from '../../testing/command.ts'
import { freePort } from '../../testing/free-port.ts'
import { createMailbox, mailboxHost } from '../../testing/mailbox.ts'
import { createOrganisation, startUsherAlone, type World } from '../../testing/organisation.ts'
import type { Finding } from './doctor.ts'

let usher: World
beforeAll(async () => {
  usher = await startUsherAlone()
})

/** Runs `usher doctor`. @returns its exit code, and what it found by the name of the check. */
async function doctor(env: Record<string, string> = {}) {
  const { code, json } = await runUsher(['doctor', '--json'], {
    ...environmentOf(usher.config),
    ...env,
  })
  const found = (check: string) =>
    (json.findings as Finding[])
      .filter((one) => one.check === check)
      .map(({ state, detail }) => `${state}: ${detail}`)
  return { code, healthy: json.healthy, found }
}

/** Somebody who answers `GET /healthz`. */
async function healthyServer(): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? 200 : 404).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('DESIGN §7: usher doctor', () => {
  test('finds an installation healthy, in words too', async () => {
    const env = { ...environmentOf(usher.config), BASE_URL: await healthyServer() }

    const { code, found } = await doctor(env)
    const words = await runUsher(['doctor'], env)

    expect(code).toBe(0)
    expect(found('database')).toEqual([
      expect.stringMatching(
        /^ok: (The embedded database|PostgreSQL), schema \d+; a durable write took/,
      ),
    ])
    expect(found('address')).toEqual([`ok: ${env.BASE_URL} answers.`])
    expect(found('mail server')).toEqual([expect.stringMatching(/^ok: None is set up/)])
    expect(words.code).toBe(0)
    expect(words.out).toMatch(/^ok {7}database: /)
  })

  test('warns when nobody answers at its address, and stays well', async () => {
    const port = await freePort()

    const { code, found } = await doctor({ BASE_URL: `http://127.0.0.1:${port}` })

    expect(code).toBe(0)
    expect(found('address')).toEqual([expect.stringMatching(/^warning: Nobody answers at/)])
  })

  test('finds a mail server that takes mail, and one that does not', async () => {
    const mailbox = await createMailbox()
    onTestFinished(() => mailbox.close())

    const well = await doctor({ SMTP_URL: `smtp://${mailboxHost}:${mailbox.port}` })
    const ill = await doctor({ SMTP_URL: `smtp://127.0.0.1:${await freePort()}` })

    expect(well.found('mail server')).toEqual([`ok: ${mailboxHost}:${mailbox.port} takes mail.`])
    expect(ill.code).toBe(1)
    expect(ill.healthy).toBe(false)
    expect(ill.found('mail server')).toEqual([expect.stringMatching(/^fault: .*ECONNREFUSED/)])
  })

  test('finds a secret key that does not open what is sealed', async () => {
    await createOrganisation({ method: 'sso' })

    const right = await doctor()
    const wrong = await doctor({ SECRET_KEY: 'another key that is long enough as well' })

    expect(right.found('secret key')).toEqual(['ok: It opens what is sealed.'])
    expect(wrong.code).toBe(1)
    expect(wrong.found('secret key')).toEqual([expect.stringMatching(/^fault: It does not open/)])
  })

  test('says what an organisation should look at', async () => {
    const acme = await createOrganisation({ method: 'sso', source: 'scim' })
    await acme.api('POST', '/identity/scim/tokens', { label: 'entra', expiresInDays: 20 })
    const quiet = await createOrganisation({ method: 'password' })
    await acme.api('POST', '/identity/provisioning/pause')

    const { code, found } = await doctor()

    const told = found('organisations').filter((line) => line.includes(acme.slug))
    expect(told).toEqual([
      expect.stringMatching(`^warning: ${acme.slug}: provisioning is paused since .*, by Ana Ruiz`),
      expect.stringMatching(/no emergency account has proved that it works/),
      expect.stringMatching(/the SCIM credential entra ends in 20 days/),
    ])
    expect(found('organisations').filter((line) => line.includes(quiet.slug))).toEqual([])
    expect(code).toBe(0)
  })

  test('finds the mails that failed or do not leave', async () => {
    const mailbox = await createMailbox()
    const acme = await createOrganisation({ method: 'password', mailbox })
    await acme.api('POST', '/users', { email: 'a@acme.test', firstName: 'A', lastName: 'B' })
    await mailbox.close()
    await acme.usher.store.write((db) =>
      db.updateTable('outbox').set({ created_at: 1 }).where('org_id', '=', acme.id).execute(),
    )

    const { found } = await doctor()

    expect(found('mail')).toEqual([
      expect.stringMatching(/^warning: 1 wait for longer than ten minutes, 0 have failed/),
    ])
  })
})
