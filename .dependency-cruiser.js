import { Visitor } from '@swc/core/Visitor.js'

/** The architecture, as data: each room and the rooms it may import. `app` wires everything together. */
const mayImport = {
  lib: [],
  model: [],
  policy: ['model'],
  store: ['model', 'lib'],
  directory: ['policy', 'store', 'model', 'lib'],
  auth: ['store', 'model', 'lib'],
  outbox: ['store', 'model', 'lib'],
  api: ['directory', 'auth', 'model', 'lib'],
  scim: ['directory', 'auth', 'model', 'lib'],
  saml: ['directory', 'auth', 'model', 'lib'],
  oidc: ['directory', 'auth', 'model', 'lib'],
  join: ['directory', 'auth', 'model', 'lib'],
  ldap: ['directory', 'auth', 'model', 'lib'],
  demo: ['directory', 'auth', 'model', 'lib'],
}

const doors = ['api', 'scim', 'saml', 'oidc', 'join', 'ldap', 'demo']
/** The doors that the portal talks to by JSON: the Management API, and the ways in without a session. */
const speaksContract = ['api', 'join']
const http = ['app', 'auth', ...doors]

/** Packages with a home: production code elsewhere may not import them. Rooms, or whole trees. */
const homes = [
  { packages: 'kysely|pg', rooms: ['store'] },
  { packages: 'fastify|@fastify|fastify-type-provider-zod', rooms: http },
  { packages: 'zod', rooms: http, trees: ['contract', 'portal/src/client'] },
  { packages: 'libxml2-wasm|selfsigned', rooms: ['saml'] },
  { packages: 'openid-client', rooms: ['oidc'] },
  { packages: 'ldapts', rooms: ['ldap'] },
  { packages: 'nodemailer', rooms: ['outbox'] },
  { packages: '@node-rs/argon2|otpauth', rooms: ['auth'] },
  { packages: '@simplewebauthn/server', rooms: ['auth'] },
  { packages: '@simplewebauthn/browser', rooms: [], trees: ['portal'] },
  { packages: '@simplewebauthn/browser', rooms: [], trees: ['portal'] },
  // Client assertions are credentials: who is calling is found out in `auth`.
  { packages: 'jose', rooms: ['auth'] },
  { packages: 'undici|ipaddr[.]js', rooms: ['lib'] },
  { packages: 'commander|pino|yaml', rooms: ['app'] },
  {
    packages:
      'react|react-dom|react-hook-form|@base-ui|@tanstack|lucide-react|tailwindcss|@fontsource-variable',
    rooms: [],
    trees: ['portal'],
  },
]

// The parser knows `using`, its visitor not yet: without this, such a file stops the whole check.
const { visitStatement } = Visitor.prototype
Visitor.prototype.visitStatement = function visit(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement)
  statement.decls = this.visitVariableDeclarators(statement.decls)
  return statement
}

const open = ['model', 'lib'] // small files imported by name; every other room has one front door
const server = 'server/src'
const test = '[.]test[.]tsx?$'
const error = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to })
const anyOf = (names) => `(${names.join('|')})`

export default {
  forbidden: [
    ...Object.entries(mayImport).map(([room, allowed]) =>
      error(
        `${room}-looks-down`,
        `${room} may import only: ${allowed.join(', ') || 'nothing'}`,
        { path: `^${server}/${room}/`, pathNot: test },
        { path: `^${server}/`, pathNot: `^${server}/${anyOf([room, ...allowed])}/` },
      ),
    ),
    ...Object.entries(mayImport)
      .filter(([room]) => !speaksContract.includes(room))
      .map(([room]) =>
        error(
          `${room}-knows-no-contract`,
          'the shapes that the portal shares stop at the doors that serve it',
          { path: `^${server}/${room}/`, pathNot: test },
          { path: '^contract/' },
        ),
      ),
    ...homes.map(({ packages, rooms, trees = [] }) =>
      error(
        `home-of-${packages.split('|')[0].replace('@', '').replace('/', '-')}`,
        `lives only in: ${[...rooms, ...trees].join(', ')}`,
        {
          path: '^(server/src|portal|contract)/',
          pathNot: [
            test,
            ...rooms.map((room) => `^${server}/${room}/`),
            ...trees.map((tree) => `^${tree}/`),
          ],
        },
        { path: `(^|/)node_modules/(${packages})/` },
      ),
    ),
    error(
      'known-rooms',
      'a new room is a decision: add it to the table above',
      {
        path: `^${server}/`,
        pathNot: `^${server}/(main[.]ts$|${anyOf(['app', ...Object.keys(mayImport)])}/)`,
      },
      {},
    ),
    error(
      'known-rooms-only',
      'a new room is a decision: add it to the table above',
      {},
      {
        path: `^${server}/`,
        pathNot: `^${server}/(main[.]ts$|${anyOf(['app', ...Object.keys(mayImport)])}/)`,
      },
    ),
    error(
      'front-door',
      'enter a room by its index.ts',
      { path: `^${server}/([^/]+)/` },
      {
        path: `^${server}/[^/]+/`,
        pathNot: [`^${server}/($1|${open.join('|')})/`, `^${server}/[^/]+/index[.]ts$`],
      },
    ),
    error(
      'front-door-from-outside',
      'enter a room by its index.ts; only app may be entered by name, and a core by its own index',
      { path: `^(server/testing|e2e|bench|scripts)/|^${server}/main[.]ts$` },
      {
        path: `^${server}/[^/]+/`,
        pathNot: [
          `^${server}/(app|${open.join('|')})/`,
          `^${server}/[^/]+/index[.]ts$`,
          `^${server}/s(aml|cim)/core/index[.]ts$`,
        ],
      },
    ),
    // A protocol without HTTP and database stands apart from its door.
    ...['saml', 'scim'].flatMap((room) => [
      error(
        `${room}-core-front-door`,
        `the core of ${room} is entered by ${room}/core/index.ts`,
        { path: `^${server}/`, pathNot: `^${server}/${room}/core/` },
        { path: `^${server}/${room}/core/`, pathNot: `^${server}/${room}/core/index[.]ts$` },
      ),
      error(
        `${room}-core-stands-alone`,
        'a core reads messages: no directory, no web framework, no rest of its room',
        { path: `^${server}/${room}/core/`, pathNot: test },
        {
          path: `^${server}/|(^|/)node_modules/(fastify|@fastify)/`,
          pathNot: `^${server}/(${room}/core|${open.join('|')})/`,
        },
      ),
    ]),
    error(
      'pure',
      'model and policy are arithmetic on values: no packages, no Node built-ins',
      { path: `^${server}/(model|policy)/`, pathNot: test },
      { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
    error(
      'production-ships-its-packages',
      'a package for development is not there in production',
      { path: '^(server/src|portal/src|contract)/', pathNot: test },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
    error('no-unresolved', 'this import leads nowhere', {}, { couldNotResolve: true }),
    error(
      'nobody-imports-main',
      'main starts the process; it has nothing to offer',
      {},
      { path: `^${server}/main[.]ts$` },
    ),
    error(
      'testing-is-for-tests',
      'only tests, browser stories and benchmarks use the test harness',
      { pathNot: [test, '^server/testing/', '^e2e/', '^bench/'] },
      { path: '^(server/testing|e2e|bench)/' },
    ),
    error(
      'portal-knows-the-contract',
      'the browser never imports the server',
      { path: '^portal/' },
      { path: '^server/' },
    ),
    error(
      'portal-is-a-browser',
      'there are no Node built-ins in a browser',
      { path: '^portal/src/', pathNot: test },
      { dependencyTypes: ['core'] },
    ),
    error(
      'server-knows-no-portal',
      'the server serves the built portal as files',
      { path: '^server/' },
      { path: '^portal/' },
    ),
    error(
      'contract-stands-alone',
      'shared shapes only',
      { path: '^contract/' },
      { path: '^(server|portal|e2e|bench|scripts)/' },
    ),
    error(
      'pages-do-not-meet',
      'a page never imports another page',
      { path: '^portal/src/pages/([^/]+)/' },
      { path: '^portal/src/pages/', pathNot: '^portal/src/pages/$1/' },
    ),
    error(
      'parts-have-no-data',
      'parts take props',
      { path: '^portal/src/parts/' },
      { path: '^portal/src/(pages|client|app)/|(^|/)node_modules/@tanstack/react-query/' },
    ),
    error('no-cycles', 'a circle has no beginning to read from', {}, { circular: true }),
    error(
      'no-orphans',
      'dead file',
      {
        orphan: true,
        pathNot: [
          test,
          '[.]story[.]ts$',
          '[.]config[.]',
          '[.]d[.]ts$',
          '[.]css$',
          '^portal/public/',
        ],
      },
      {},
    ),
    error('tests-are-leaves', 'nothing imports a test', {}, { path: '[.](test|story)[.]tsx?$' }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Packages of their own, which are installed when the bench asks for them.
    exclude: { path: '^bench/peers/' },
    tsConfig: { fileName: 'tsconfig.json' },
    parser: 'swc', // beside TypeScript 7, which has no JavaScript API yet
    tsPreCompilationDeps: true, // count `import type` too: a type is a dependency
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
}
