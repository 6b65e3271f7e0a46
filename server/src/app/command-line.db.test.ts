import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runUsher } from '../../testing/command.ts'
import { freePort } from '../../testing/free-port.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'usher-command-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

async function takenPort(): Promise<string> {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  return String((other.address() as { port: number }).port)
}

describe('a start that cannot be ends with one line for each reason', () => {
  test('wrong settings, all of them', async () => {
    const env = { DATA_DIR: folder(), PORT: 'eighty', SECRET_KEY: 'short' }

    const told = await runUsher([], env)

    expect(told).toMatchObject({ code: 1, out: '' })
    expect(told.err.trim().split('\n')).toEqual([
      expect.stringContaining('PORT'),
      expect.stringContaining('SECRET_KEY'),
    ])
  })

  test('a port that somebody else has', async () => {
    const port = await takenPort()

    const told = await runUsher(['serve'], { DATA_DIR: folder(), PORT: port })

    const err = `PORT, HOST: port ${port} of 127.0.0.1 cannot be had (EADDRINUSE).\n`
    expect(told).toMatchObject({ code: 1, out: '', err })
  })

  test('a database that nobody answers for, whatever is to be done with it', async () => {
    const database = `postgres://usher:secret@127.0.0.1:${await freePort()}/usher`
    const env = { DATA_DIR: folder(), DATABASE_URL: database }

    const served = await runUsher(['serve'], env)
    const made = await runUsher(['token', '--organisation', 'acme'], env)

    const err = 'DATABASE_URL: the database cannot be opened (ECONNREFUSED).\n'
    expect([served, made]).toMatchObject([
      { code: 1, out: '', err },
      { code: 1, out: '', err },
    ])
  })

  test('a file that is no database', async () => {
    const dataDir = folder()
    writeFileSync(join(dataDir, 'usher.db'), 'These are my notes. '.repeat(1000))

    const told = await runUsher(['serve'], { DATA_DIR: dataDir })

    expect(told).toMatchObject({ code: 1, out: '' })
    expect(told.err).toBe(
      `DATA_DIR: ${join(dataDir, 'usher.db')} cannot be opened (file is not a database).\n`,
    )
  })
})

describe('with --json every command says in JSON what is wrong', () => {
  test.each([
    [['serve', '--json'], 'configuration.invalid', 'PORT'],
    [['--json'], 'configuration.invalid', 'PORT'],
    [['apply', '--json'], 'command.invalid', '--file'],
    [['apply', '-f', 'state.yaml', '--json'], 'configuration.invalid', 'PORT'],
    [['token', '--json'], 'command.invalid', '--organisation'],
    [['--json', 'token', '--organisation', 'acme'], 'configuration.invalid', 'PORT'],
    [['token', '--organization', 'acme', '--json'], 'command.invalid', '--organisation'],
    [['sevre', '--json'], 'command.invalid', 'sevre'],
  ])('%j', async (args, code, named) => {
    const told = await runUsher(args, { DATA_DIR: folder(), PORT: 'eighty' })

    expect(told).toMatchObject({ code: 1, err: '', json: { error: { code } } })
    expect(told.json.error.detail).toContain(named)
  })
})

test('an unknown command is told which commands there are, and nothing is started', async () => {
  const env = { DATA_DIR: folder() }

  const told = await runUsher(['migrate', '--now'], env)
  const option = await runUsher(['--prot', '80'], env)

  expect(told).toMatchObject({ code: 1, out: '' })
  expect(told.err).toBe(
    'There is no migrate. The commands are serve, apply, token, backup, restore, doctor, recover, load-demo and audit; usher --help says more.\n',
  )
  expect(option.err).toContain('There is no --prot.')
})

test('--help names the commands, and --json for each of them', async () => {
  const all = await runUsher(['--help'], {})
  const one = await runUsher(['token', '--help'], {})
  const unknown = await runUsher(['help', 'migrate'], {})

  expect([all.code, one.code, unknown.code]).toEqual([0, 0, 1])
  expect(unknown.err).toBe(all.out)
  expect(all.out).toMatch(/serve[\s\S]*apply[\s\S]*token/)
  expect(one.out).toMatch(/--organisation[\s\S]*--json/)
})

describe('usher load-demo', () => {
  test('makes the demo organisation once', async () => {
    const env = { DATA_DIR: folder() }

    const first = await runUsher(['load-demo', '--json'], env)
    const again = await runUsher(['load-demo'], env)

    expect(first).toMatchObject({
      code: 0,
      json: { slug: 'contoso-demo', loginUrl: 'http://127.0.0.1:8080/login/contoso-demo' },
    })
    expect(again.code).toBe(0)
    expect(again.out).toContain('Continue with Entra ID (simulated) as Megan Bowen')
    const found = await runUsher(['token', '--organisation', 'contoso-demo', '--json'], env)
    expect(found.json.baseUrl).toContain(first.json.id)
  })

  test('not in production, unless it is asked for', async () => {
    const env = { DATA_DIR: folder(), NODE_ENV: 'production' }

    const refused = await runUsher(['load-demo', '--json'], env)
    const asked = await runUsher(['load-demo', '--json'], { ...env, DEMO: 'on' })

    expect(refused).toMatchObject({ code: 1, json: { error: { code: 'demo.unavailable' } } })
    expect(asked.code).toBe(0)
  })
})
