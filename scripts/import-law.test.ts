import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const repository = join(import.meta.dirname, '..')

/** A small house that keeps the law. Every planted file below is added to it. */
const honest: Record<string, string> = {
  'server/src/main.ts': "import { serve } from './app/index.ts'\nserve()",
  'server/src/app/index.ts':
    "import { scim } from '../scim/index.ts'\nimport { saml } from '../saml/index.ts'\nimport 'pino'\nexport const serve = () => [scim, saml]",
  'server/src/scim/index.ts':
    "import 'fastify'\nimport { join } from '../directory/index.ts'\nexport const scim = join",
  'server/src/scim/scim.test.ts':
    "import { createOrganisation } from '../../testing/index.ts'\nimport 'libxml2-wasm'\nfunction run() { using acme = createOrganisation() }",
  'server/src/saml/index.ts':
    "import { read } from './core/index.ts'\nimport { join } from '../directory/index.ts'\nexport const saml = [read, join]",
  'server/src/saml/core/index.ts':
    "import { parse } from './parse.ts'\nimport { newId } from '../../lib/ids.ts'\nexport const read = [parse, newId]",
  'server/src/saml/core/parse.ts': "import 'libxml2-wasm'\nexport const parse = 1",
  'server/src/directory/index.ts': "export { join } from './join.ts'",
  'server/src/directory/join.ts':
    "import { decideJoin } from '../policy/index.ts'\nimport { users } from '../store/index.ts'\nexport const join = [decideJoin, users]",
  'server/src/policy/index.ts':
    "import type { User } from '../model/user.ts'\nexport const decideJoin = (user: User) => user",
  'server/src/store/index.ts': "import 'kysely'\nexport { users } from './users.ts'",
  'server/src/store/users.ts': "import { newId } from '../lib/ids.ts'\nexport const users = newId",
  'server/src/model/user.ts': 'export type User = { id: string }',
  'server/src/lib/ids.ts': "import 'node:crypto'\nexport const newId = 1",
  'server/testing/index.ts':
    "import { serve } from '../src/app/index.ts'\nexport const createOrganisation = serve",
  'contract/src/users.ts': "import 'zod'\nexport const userShape = 1",
  'portal/src/main.tsx':
    "import 'react'\nimport { UsersPage } from './pages/users/UsersPage.tsx'\nexport const app = <UsersPage />",
  'portal/src/pages/users/UsersPage.tsx':
    "import { Button } from '../../parts/Button.tsx'\nimport { userShape } from '../../../../contract/src/users.ts'\nexport const UsersPage = () => <Button shape={userShape} />",
  'portal/src/parts/Button.tsx': "import 'react'\nexport const Button = () => <button />",
  'portal/src/client/client.ts':
    "import { userShape } from '../../../contract/src/users.ts'\nexport const client = userShape",
  'e2e/arrival.story.ts':
    "import { createOrganisation } from '../server/testing/index.ts'\ncreateOrganisation()",
}

type Planted = { fault: string; rule: string; file: string; text: string }

const planted: Planted[] = [
  {
    fault: 'a door reads the store',
    rule: 'scim-looks-down',
    file: 'server/src/scim/store-reader.ts',
    text: "import { users } from '../store/index.ts'\nexport const a = users",
  },
  {
    fault: 'a door imports another door',
    rule: 'saml-looks-down',
    file: 'server/src/saml/scim-caller.ts',
    text: "import { scim } from '../scim/index.ts'\nexport const a = scim",
  },
  {
    fault: 'the simulator reads the store',
    rule: 'demo-looks-down',
    file: 'server/src/demo/people.ts',
    text: "import { users } from '../store/index.ts'\nexport const a = users",
  },
  {
    fault: 'the directory knows a door, by a type alone',
    rule: 'directory-looks-down',
    file: 'server/src/directory/type-of-door.ts',
    text: "import type { scim } from '../scim/index.ts'\nexport type A = typeof scim",
  },
  {
    fault: 'the store asks the policy',
    rule: 'store-looks-down',
    file: 'server/src/store/deciding.ts',
    text: "import { decideJoin } from '../policy/index.ts'\nexport const a = decideJoin",
  },
  {
    fault: 'lib learns a word of our domain',
    rule: 'lib-looks-down',
    file: 'server/src/lib/names.ts',
    text: "import type { User } from '../model/user.ts'\nexport type A = User",
  },
  {
    fault: 'the model reads the clock of lib',
    rule: 'model-looks-down',
    file: 'server/src/model/stamp.ts',
    text: "import { newId } from '../lib/ids.ts'\nexport const a = newId",
  },
  {
    fault: 'the policy calls a library of ours',
    rule: 'policy-looks-down',
    file: 'server/src/policy/escalation.ts',
    text: "import { newId } from '../lib/ids.ts'\nexport const a = newId",
  },
  {
    fault: 'a room imports the wiring',
    rule: 'outbox-looks-down',
    file: 'server/src/outbox/mail.ts',
    text: "import { serve } from '../app/index.ts'\nexport const a = serve",
  },
  {
    fault: 'a room is entered by the window',
    rule: 'front-door',
    file: 'server/src/directory/window.ts',
    text: "import { users } from '../store/users.ts'\nexport const a = users",
  },
  {
    fault: 'a test enters another room by the window',
    rule: 'front-door',
    file: 'server/src/scim/window.test.ts',
    text: "import { users } from '../store/users.ts'\nexport const a = users",
  },
  {
    fault: 'a browser story enters a room by the window',
    rule: 'front-door-from-outside',
    file: 'e2e/window.story.ts',
    text: "import { users } from '../server/src/store/users.ts'\nexport const a = users",
  },
  {
    fault: 'SQL is built outside the store',
    rule: 'home-of-kysely',
    file: 'server/src/directory/query.ts',
    text: "import 'kysely'\nexport const a = 1",
  },
  {
    fault: 'a web framework appears in the directory',
    rule: 'home-of-fastify',
    file: 'server/src/directory/web.ts',
    text: "import '@fastify/cookie'\nexport const a = 1",
  },
  {
    fault: 'XML is parsed outside the SAML room',
    rule: 'home-of-libxml2-wasm',
    file: 'server/src/scim/xml.ts',
    text: "import 'libxml2-wasm'\nexport const a = 1",
  },
  {
    fault: 'passwords are hashed outside auth',
    rule: 'home-of-node-rs-argon2',
    file: 'server/src/join/password.ts',
    text: "import '@node-rs/argon2'\nexport const a = 1",
  },
  {
    fault: 'a room writes its own log',
    rule: 'home-of-commander',
    file: 'server/src/auth/log.ts',
    text: "import 'pino'\nexport const a = 1",
  },
  {
    fault: 'a room other than lib calls out',
    rule: 'home-of-undici',
    file: 'server/src/outbox/webhook.ts',
    text: "import 'undici'\nexport const a = 1",
  },
  {
    fault: 'the store checks shapes',
    rule: 'home-of-zod',
    file: 'server/src/store/shape.ts',
    text: "import 'zod'\nexport const a = 1",
  },
  {
    fault: 'the server draws with React',
    rule: 'home-of-react',
    file: 'server/src/api/page.ts',
    text: "import 'react'\nexport const a = 1",
  },
  {
    fault: 'a rule uses a Node built-in',
    rule: 'pure',
    file: 'server/src/policy/random.ts',
    text: "import 'node:crypto'\nexport const a = 1",
  },
  {
    fault: 'the model uses a package',
    rule: 'pure',
    file: 'server/src/model/domain.ts',
    text: "import 'tldts'\nexport const a = 1",
  },
  {
    fault: 'production code needs a package for development',
    rule: 'production-ships-its-packages',
    file: 'server/src/api/measure.ts',
    text: "import 'fast-check'\nexport const a = 1",
  },
  {
    fault: 'an import leads nowhere',
    rule: 'no-unresolved',
    file: 'server/src/api/nowhere.ts',
    text: "import './missing.ts'\nexport const a = 1",
  },
  {
    fault: 'a new room is opened without a decision',
    rule: 'known-rooms',
    file: 'server/src/utilities/index.ts',
    text: "import { newId } from '../lib/ids.ts'\nexport const a = newId",
  },
  {
    fault: 'a file stands in the hall, beside main.ts',
    rule: 'known-rooms',
    file: 'server/src/hall.ts',
    text: "import { newId } from './lib/ids.ts'\nexport const a = newId",
  },
  {
    fault: 'the SAML core asks the directory',
    rule: 'saml-core-stands-alone',
    file: 'server/src/saml/core/asking.ts',
    text: "import { join } from '../../directory/index.ts'\nexport const a = join",
  },
  {
    fault: 'the SAML room reaches around the index of its core',
    rule: 'saml-core-front-door',
    file: 'server/src/saml/around.ts',
    text: "import { parse } from './core/parse.ts'\nexport const a = parse",
  },
  {
    fault: 'production code uses the test harness',
    rule: 'testing-is-for-tests',
    file: 'server/src/app/harness.ts',
    text: "import { createOrganisation } from '../../testing/index.ts'\nexport const a = createOrganisation",
  },
  {
    fault: 'the browser imports the server',
    rule: 'portal-knows-the-contract',
    file: 'portal/src/client/server.ts',
    text: "import type { User } from '../../../server/src/model/user.ts'\nexport type A = User",
  },
  {
    fault: 'the server imports the browser',
    rule: 'server-knows-no-portal',
    file: 'server/src/app/portal.ts',
    text: "import { Button } from '../../../portal/src/parts/Button.tsx'\nexport const a = Button",
  },
  {
    fault: 'the contract knows the server',
    rule: 'contract-stands-alone',
    file: 'contract/src/server.ts',
    text: "import type { User } from '../../server/src/model/user.ts'\nexport type A = User",
  },
  {
    fault: 'a door other than api speaks the contract',
    rule: 'scim-knows-no-contract',
    file: 'server/src/scim/contract.ts',
    text: "import { userShape } from '../../../contract/src/users.ts'\nexport const a = userShape",
  },
  {
    fault: 'a page imports another page',
    rule: 'pages-do-not-meet',
    file: 'portal/src/pages/groups/GroupsPage.tsx',
    text: "import { UsersPage } from '../users/UsersPage.tsx'\nexport const a = <UsersPage />",
  },
  {
    fault: 'a part loads data',
    rule: 'parts-have-no-data',
    file: 'portal/src/parts/Loader.tsx',
    text: "import { client } from '../client/client.ts'\nexport const a = <p>{client}</p>",
  },
  {
    fault: 'a part asks the query library',
    rule: 'parts-have-no-data',
    file: 'portal/src/parts/Query.tsx',
    text: "import '@tanstack/react-query'\nexport const a = <p />",
  },
  {
    fault: 'two files import each other',
    rule: 'no-cycles',
    file: 'server/src/api/egg.ts',
    text: "import { hen } from './hen.ts'\nexport const egg = () => hen",
  },
  {
    fault: 'a file is left alone',
    rule: 'no-orphans',
    file: 'server/src/api/alone.ts',
    text: 'export const a = 1',
  },
  {
    fault: 'a test is imported',
    rule: 'tests-are-leaves',
    file: 'server/src/scim/borrower.test.ts',
    text: "import './scim.test.ts'",
  },
  {
    fault: 'the entry point is imported',
    rule: 'nobody-imports-main',
    file: 'server/src/app/again.ts',
    text: "import '../main.ts'\nexport const a = 1",
  },
]

/** The other half of the circle, which is reported once. */
const accomplices = {
  'server/src/api/hen.ts': "import { egg } from './egg.ts'\nexport const hen = () => egg",
}

const packages = [
  ...['kysely', '@fastify/cookie', 'fastify', 'libxml2-wasm', '@node-rs/argon2', 'pino', 'undici'],
  ...['zod', 'react', 'tldts', 'fast-check', '@tanstack/react-query'],
]

type Violation = { from: string; rule: { name: string } }
const trees: string[] = []
let found: Violation[] = []
let foundInHonestHouse: Violation[] = []

beforeAll(async () => {
  const everything = Object.fromEntries(planted.map(({ file, text }) => [file, text]))
  const judged = await Promise.all([
    judge({ ...honest, ...everything, ...accomplices }),
    judge(honest),
  ])
  found = judged[0]
  foundInHonestHouse = judged[1]
}, 60_000)

afterAll(() => Promise.all(trees.map((tree) => rm(tree, { recursive: true }))))

test('a house that keeps the law passes', () => {
  const complaints = foundInHonestHouse.map(({ from, rule }) => `${from}: ${rule.name}`)

  expect(complaints).toEqual([])
})

describe('the import law catches it when', () => {
  test.each(planted)('$fault', ({ file, rule }) => {
    const rules = found.filter(({ from }) => from === file).map((violation) => violation.rule.name)

    expect(rules).toContain(rule)
  })
})

test('every fault is planted in a file of its own', () => {
  expect(new Set(planted.map(({ file }) => file)).size).toBe(planted.length)
})

async function judge(files: Record<string, string>): Promise<Violation[]> {
  const tree = await realpath(await mkdtemp(join(tmpdir(), 'usher-import-law-')))
  trees.push(tree)
  const dependencies = Object.fromEntries(packages.map((name) => [name, '1.0.0']))
  const { 'fast-check': development, ...production } = dependencies
  const written: Record<string, string> = {
    ...files,
    'tsconfig.json': '{"compilerOptions":{"module":"nodenext","jsx":"react-jsx"}}',
    'package.json': JSON.stringify({
      name: 'house',
      type: 'module',
      dependencies: production,
      devDependencies: { 'fast-check': development },
    }),
  }
  for (const name of packages) {
    written[`node_modules/${name}/package.json`] = JSON.stringify({ name, main: 'index.js' })
    written[`node_modules/${name}/index.js`] = ''
  }
  for (const [path, text] of Object.entries(written)) {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await writeFile(join(tree, path), text)
  }

  const law = join(repository, '.dependency-cruiser.js')
  const depcruise = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const roots = ['server', 'contract', 'portal', 'e2e']
  const output = await new Promise<string>((resolve) => {
    // It exits with the number of errors, so the exit code says nothing about success here.
    execFile(
      process.execPath,
      [depcruise, '--config', law, '--output-type', 'json', ...roots],
      { cwd: tree, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout) => resolve(stdout),
    )
  })
  return JSON.parse(output).summary.violations
}
