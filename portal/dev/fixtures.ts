import type {
  Adoption,
  AuditEvent,
  Domain,
  HandOverPreview,
  LoginMethodView,
  MailSettingsView,
  Me,
  Provenance,
  ProvisioningLogDetails,
  ProvisioningLogEntry,
  ProvisioningView,
  SamlView,
  ScimClient,
  ScimToken,
  ScimView,
  SecondFactor,
  SentMail,
  SignInAttempt,
  SimulatedCall,
  SimulationView,
  TrailVerified,
  UserRow,
} from '../../contract/src/index.ts'
import { differencesOf, isShadowFace, type ShadowFace, shadowAfter } from './shadow.ts'

/** A small invented company, as the server would tell of it. */
const now = Date.now()
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const id = (n: number) => `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}`

const organisation = { id: id(1), slug: 'acme', name: 'Acme Robotics' }

export const me: Me = {
  user: {
    id: id(10),
    email: 'ana.ruiz@acme.example',
    firstName: 'Ana',
    lastName: 'Ruiz',
    managedBy: 'portal',
    status: 'active',
    roles: ['ROLE_MANAGER', 'ROLE_USER'],
    breakGlass: false,
  },
  organisation,
  session: { method: 'sso', signedInAt: now - 22 * minute, expiresAt: now + 11 * hour },
  csrfToken: 'csrf',
}

const certificate = {
  pem: '-----BEGIN CERTIFICATE-----\nMIIC8DCCAdigAwIBAgIQ\n-----END CERTIFICATE-----',
  fingerprint:
    '9F:2C:11:7A:50:E8:3D:44:B1:6E:07:C9:AB:32:5F:10:8D:21:EE:74:63:0B:98:D5:1A:FC:47:E2:90:3B:66:C8',
  subject: 'CN=Microsoft Azure Federated SSO Certificate',
  notBefore: now - 300 * day,
  notAfter: now + 812 * day,
}
const expiring = {
  ...certificate,
  fingerprint: certificate.fingerprint.split(':').reverse().join(':'),
  notAfter: now + 12 * day,
}

const serviceProvider = {
  acsUrl: `https://usher.acme.example/saml/${organisation.id}/acs`,
  entityId: `https://usher.acme.example/saml/${organisation.id}/metadata`,
  metadataUrl: `https://usher.acme.example/saml/${organisation.id}/metadata`,
  sloUrl: `https://usher.acme.example/saml/${organisation.id}/slo`,
  signOnUrl: 'https://usher.acme.example/login/acme',
  startUrl: `https://usher.acme.example/saml/${organisation.id}/start`,
}

const saml: SamlView = {
  connectionName: 'Microsoft Entra ID',
  provider: 'entra',
  idpEntityId: 'https://sts.windows.net/6f1c2a3e-55aa-4d0e-9a0b-9f1f5cf0a111/',
  ssoUrl: 'https://login.microsoftonline.com/6f1c2a3e-55aa-4d0e-9a0b-9f1f5cf0a111/saml2',
  ssoBinding: 'redirect',
  sloUrl: null,
  metadataUrl:
    'https://login.microsoftonline.com/6f1c2a3e-55aa-4d0e-9a0b-9f1f5cf0a111/federationmetadata/2007-06/federationmetadata.xml',
  certificates: [expiring, certificate],
  signAuthnRequests: true,
  allowIdpInitiated: false,
  emailFrom: 'nameId',
  subjectClaim: null,
  attributes: { firstName: 'firstName', lastName: 'lastName' },
  refresh: { firstName: 'every_sign_in', lastName: 'every_sign_in' },
}

const login: LoginMethodView = {
  password: { requireSecondFactor: false },
  method: 'sso',
  googleAvailable: false,
  saml,
  oidc: null,
  google: {
    workspaceDomain: null,
    redirectUri: 'https://usher.acme.example/oidc/google/callback',
  },
  relyingParty: {
    redirectUri: `https://usher.acme.example/oidc/${organisation.id}/callback`,
    jwksUrl: `https://usher.acme.example/oidc/${organisation.id}/jwks`,
  },
  serviceProvider,
  breakGlass: { exists: true, proved: true, drillDueAt: now + 61 * day },
  switching: null,
  ownPasswordSet: true,
  canWrite: true,
}
/** Connected by OpenID Connect; the installation has a Google client as well. */
const oidcLogin: LoginMethodView = {
  ...login,
  googleAvailable: true,
  saml: null,
  oidc: {
    connectionName: 'Microsoft Entra ID',
    provider: 'entra',
    discoveryUrl:
      'https://login.microsoftonline.com/5f0c1d2e-7a4b-4c3d-9e8f-0a1b2c3d4e5f/v2.0/.well-known/openid-configuration',
    issuer: 'https://login.microsoftonline.com/5f0c1d2e-7a4b-4c3d-9e8f-0a1b2c3d4e5f/v2.0',
    clientId: '0f1e2d3c-4b5a-6978-8695-a4b3c2d1e0f9',
    clientSecretSet: true,
    clientAuth: 'client_secret_basic',
    emailClaim: 'email',
    subjectClaim: 'sub',
    attributes: { firstName: 'firstName', lastName: 'lastName' },
    refresh: { firstName: 'every_sign_in', lastName: 'every_sign_in' },
  },
}
const newLogin: LoginMethodView = {
  ...login,
  method: null,
  saml: null,
  breakGlass: { exists: false, proved: false, drillDueAt: null },
}

function loginOf(face: Face): LoginMethodView {
  if (face === 'new') return newLogin
  if (face === 'password') return { ...login, method: 'password' }
  if (face === 'switching') return { ...login, switching: { done: 34_250, total: 100_000 } }
  return face === 'oidc' ? oidcLogin : login
}

const provisioning: ProvisioningView = {
  source: 'sso_jit',
  configurable: true,
  entrySentence:
    'People enter Acme Robotics by signing in through Microsoft Entra ID (SAML JIT); chosen by Ana Ruiz on 3 May 2026.',
  options: [
    {
      source: 'portal',
      label: 'Portal',
      purpose: 'Managers create and invite people here. For small teams, or no central directory.',
      requires: 'Nothing: it works with every login method.',
      howToEnable: 'On by default. Switch the others off.',
      available: true,
      unavailableBecause: null,
    },
    {
      source: 'sso_jit',
      label: 'SAML JIT',
      purpose: 'The first successful SSO sign-in of an unknown person creates the account.',
      requires: 'SSO as the login method.',
      howToEnable: 'Set SSO up, switch this on and save.',
      available: true,
      unavailableBecause: null,
    },
    {
      source: 'scim',
      label: 'SCIM',
      purpose: 'The identity provider creates, changes and removes people, the whole life long.',
      requires: 'SSO as the login method.',
      howToEnable: 'Set SSO up, switch this on, save and give the token to the provider.',
      available: true,
      unavailableBecause: null,
    },
    {
      source: 'ldap',
      label: 'LDAP',
      purpose: 'People are read from a directory at a regular interval.',
      requires: 'SSO as the login method.',
      howToEnable: 'Set SSO up, enter the directory, test and save.',
      available: false,
      unavailableBecause: 'Not available in this version',
    },
  ],
  selfService: {
    enabled: false,
    state: 'closed_source',
    url: null,
    linkId: '019a0000-0000-7000-8000-000000000001',
    linkCreatedAt: 0,
    uses: 0,
    allowedDomains: [],
    anyDomain: false,
    expiresAt: null,
    maxUses: null,
    requireApproval: false,
    approvalForced: false,
    termsUrl: null,
  },
  paused: null,
  rollback: null,
  canWrite: true,
}
const scimProvisioning: ProvisioningView = {
  ...provisioning,
  source: 'scim',
  entrySentence:
    'People enter Acme Robotics by SCIM from Microsoft Entra ID; chosen by Ana Ruiz on 3 May 2026.',
  rollback: { source: 'sso_jit', label: 'SAML JIT', until: Date.UTC(2026, 6, 2, 9, 30) },
}
const soundTrail: TrailVerified = {
  seals: 25,
  events: 12_482,
  purged: 0,
  next: null,
  fault: null,
  head: { number: 25, chain: 'q1Hk0sXb2jT9vYp7mWcR4dLzNf8uAeG6iKoQxB3tS5w', sealedAt: now - hour },
  unsealed: 14,
}
const brokenTrail: TrailVerified = {
  seals: 3,
  events: 1_500,
  purged: 0,
  next: null,
  fault: { kind: 'missing', eventId: id(77), seal: 4 },
  head: null,
  unsealed: null,
}
const handOverPreview: HandOverPreview = {
  previewId: 'v1.preview',
  expiresAt: Date.UTC(2026, 5, 2, 9, 40),
  from: 'scim',
  to: 'portal',
  entrySentence:
    'People enter Acme Robotics when a manager creates or invites them; chosen by Ana Ruiz on 2 June 2026.',
  becomeManaged: 0,
  stay: 12,
  orphaned: {
    total: 1_204,
    people: [
      { id: 'u1', email: 'ana.ruiz@acme.example', name: 'Ana Ruiz', isManager: true },
      { id: 'u2', email: 'bob.hall@acme.example', name: 'Bob Hall', isManager: false },
      {
        id: 'u3',
        email: 'maximiliane.von-und-zu-hohenstaufen@robotics.acme.example',
        name: 'Maximiliane von und zu Hohenstaufen-Wittelsbach',
        isManager: false,
      },
    ],
  },
  invitationsToClose: 0,
  linkCloses: false,
  workingManager: true,
}
const goLivePreview: HandOverPreview = {
  ...handOverPreview,
  from: 'sso_jit',
  to: 'scim',
  entrySentence:
    'People enter Acme Robotics when the identity provider sends them (SCIM); chosen by Ana Ruiz on 2 June 2026.',
  becomeManaged: 0,
  stay: 80,
  invitationsToClose: 6,
}
const pausedProvisioning: ProvisioningView = {
  ...scimProvisioning,
  entrySentence:
    'Nobody new enters Acme Robotics now: Ana Ruiz paused provisioning on 1 June 2026. Otherwise people enter Acme Robotics when the identity provider sends them (SCIM); chosen by Ana Ruiz on 3 May 2026.',
  paused: { by: 'Ana Ruiz', at: Date.UTC(2026, 5, 1, 9, 30) },
}
const linkProvisioning: ProvisioningView = {
  ...provisioning,
  source: 'portal',
  entrySentence:
    'People enter Acme Robotics when a manager creates or invites them, or by the self-service link; chosen by Ana Ruiz on 3 May 2026.',
  selfService: {
    ...provisioning.selfService,
    enabled: true,
    state: 'open',
    url: 'https://id.acme.example/join/acme/Zk3vQ0pJm7uT4cXy9WbR2nLd',
    linkCreatedAt: Date.UTC(2026, 4, 3),
    uses: 41,
    allowedDomains: ['acme.example', 'robotics.example'],
    maxUses: 100,
    requireApproval: true,
    termsUrl: 'https://acme.example/terms',
  },
}
const newProvisioning: ProvisioningView = {
  ...provisioning,
  source: 'portal',
  configurable: false,
  entrySentence: 'Nobody can enter Acme Robotics yet: no login method is chosen.',
  options: provisioning.options.map((option) =>
    option.source === 'portal'
      ? option
      : {
          ...option,
          available: false,
          unavailableBecause: 'Requires SSO as the login method',
        },
  ),
  selfService: { ...provisioning.selfService, state: 'closed_off' },
}

const people = [
  ['Ana', 'Ruiz'],
  ['Björn', 'Lindqvist'],
  ['Chidinma', 'Okonkwo-Featherstonehaugh'],
  ['Dmitri', 'Volkov'],
  ['Élodie', 'Marchand'],
  ['Farid', 'Haddad'],
  ['Grace', 'Kim'],
  ['Hannah', 'Weiß'],
  ['Ichirō', 'Tanaka'],
  ['João', 'Pereira da Silva'],
] as const
const groups = [
  {
    id: id(101),
    name: 'Default',
    isDefault: true,
    managedBy: 'portal',
    adoptable: false,
    members: { count: 1_000, exact: false },
    nested: 0,
    pools: 1,
    createdAt: now - 400 * day,
    updatedAt: now - 3 * day,
  },
  {
    id: id(102),
    name: 'Engineering',
    isDefault: false,
    managedBy: 'scim',
    adoptable: false,
    members: { count: 218, exact: true },
    nested: 0,
    pools: 2,
    createdAt: now - 200 * day,
    updatedAt: now - 3 * day,
  },
  {
    id: id(103),
    name: 'Customer Support (EMEA)',
    isDefault: false,
    managedBy: 'portal',
    adoptable: false,
    members: { count: 14, exact: true },
    nested: 1,
    pools: 1,
    createdAt: now - 90 * day,
    updatedAt: now - 3 * day,
  },
]
const pools = [
  {
    id: id(201),
    name: 'Default',
    isDefault: true,
    roles: ['ROLE_USER'],
    groups: 1,
    assigned: { count: 0, exact: true },
    createdAt: now - 400 * day,
    updatedAt: now - 5 * day,
  },
  {
    id: id(202),
    name: 'Production',
    isDefault: false,
    roles: ['ROLE_USER'],
    groups: 2,
    assigned: { count: 3, exact: true },
    createdAt: now - 120 * day,
    updatedAt: now - 5 * day,
  },
]

const failedMail = {
  template: 'activation',
  state: 'failed' as const,
  error: '550 5.1.1 <joao.weiss@acme.example>: Recipient address rejected: User unknown',
  at: now - 3 * hour,
}

const users: UserRow[] = people.map(([firstName, lastName], n) => ({
  id: id(10 + n),
  email: `${firstName}.${lastName}@acme.example`
    .normalize('NFKD')
    .replaceAll(/[^\w.@-]/g, '')
    .toLowerCase(),
  firstName,
  lastName,
  status: n === 3 ? 'deactivated' : n === 6 || n === 8 ? 'pending' : 'active',
  pendingReason: n === 6 ? 'method_changed' : n === 8 ? 'not_activated' : null,
  held: false,
  roles: n === 0 ? ['ROLE_MANAGER', 'ROLE_USER'] : n === 4 ? ['ROLE_VIEWER'] : ['ROLE_USER'],
  roleLabel: n === 0 ? 'Manager' : n === 4 ? 'Viewer' : 'User',
  managedBy: n === 0 || n === 8 ? 'portal' : 'sso_jit',
  joinedBy: n === 0 ? 'first_manager' : n === 8 ? 'created' : 'sso_jit',
  groups: groups.slice(0, 1 + (n % 3)).map(({ id, name }) => ({ id, name })),
  createdBy: n === 0 ? 'System' : n === 8 ? 'Ana Ruiz' : 'SAML JIT',
  createdAt: now - (300 - n * 21) * day,
  updatedBy: n % 2 ? 'Ana Ruiz' : 'SAML JIT',
  updatedAt: now - (n + 1) ** 3 * hour,
  lastSignInAt: n === 8 ? null : now - (n + 1) ** 4 * 7 * minute,
  mail: n === 8 ? { id: id(900), ...failedMail } : null,
}))

const byDefault: Provenance = {
  kind: 'default',
  actor: 'System',
  rule: null,
  requestId: null,
  at: now - 280 * day,
}
const byAna: Provenance = {
  kind: 'manual',
  actor: 'Ana Ruiz',
  rule: null,
  requestId: 'req-7f3a91',
  at: now - 31 * day,
}
const byJit: Provenance = { ...byDefault, kind: 'jit', actor: 'Microsoft Entra ID' }

const person = {
  ...users[1],
  groups: groups.slice(0, 2).map(({ id, name }) => ({ id, name })),
  roleGrants: [{ role: 'ROLE_USER', provenance: byJit }],
  memberships: [
    {
      id: id(101),
      name: 'Default',
      isDefault: true,
      managedBy: 'portal',
      inherited: false,
      via: [],
      provenance: byDefault,
    },
    {
      id: id(102),
      name: 'Engineering',
      isDefault: false,
      managedBy: 'portal',
      inherited: false,
      via: [],
      provenance: byAna,
    },
  ],
  pools: [
    {
      poolId: id(201),
      poolName: 'Default',
      isDefault: true,
      roles: ['ROLE_USER'],
      directGrantId: null,
    },
    {
      poolId: id(202),
      poolName: 'Production',
      isDefault: false,
      roles: ['ROLE_USER'],
      directGrantId: id(301),
    },
  ],
  managedAttributes: [
    { attribute: 'firstName', reason: 'Refreshed by Microsoft Entra ID at every sign-in.' },
    { attribute: 'lastName', reason: 'Refreshed by Microsoft Entra ID at every sign-in.' },
  ],
  identities: [
    {
      connection: 'Microsoft Entra ID',
      issuer: saml.idpEntityId,
      subject: 'bjorn.lindqvist@acme.example',
      linkedAt: now - 279 * day,
    },
  ],
  locked: {
    edit: null,
    disable: null,
    delete: 'Deactivate this person first.',
    roles: null,
    hold: 'Hold is for people whom SCIM or LDAP manages. Deactivate this person instead.',
  },
  userName: null,
  externalId: null,
  version: 4,
}

const byScim: Provenance = {
  ...byDefault,
  kind: 'scim',
  actor: 'Entra ID production',
  requestId: 'req-20ab77',
  at: now - 31 * day,
}
const governed = 'SCIM governs the people of this organisation.'
/** As the identity provider manages them. */
const managedPerson = {
  ...users[4],
  held: true,
  managedBy: 'scim',
  joinedBy: 'scim',
  createdBy: 'Entra ID production',
  roleGrants: [{ role: 'ROLE_USER', provenance: byDefault }],
  memberships: [
    person.memberships[0],
    {
      id: id(102),
      name: 'Engineering',
      isDefault: false,
      managedBy: 'scim',
      inherited: false,
      via: [],
      provenance: byScim,
    },
    {
      id: id(104),
      name: 'All of Acme',
      isDefault: false,
      managedBy: 'scim',
      inherited: true,
      via: ['Engineering'],
      provenance: { ...byScim, rule: 'through Engineering' },
    },
    {
      id: id(103),
      name: 'Customer Support (EMEA)',
      isDefault: false,
      managedBy: 'portal',
      inherited: false,
      via: [],
      provenance: byAna,
    },
  ],
  pools: person.pools,
  managedAttributes: [],
  identities: [],
  locked: {
    edit: `${governed} Edit them in the identity provider.`,
    disable: `${governed} Deactivate them in the identity provider.`,
    delete: `${governed} Delete them in the identity provider.`,
    roles: null,
    hold: null,
  },
  userName: 'elodie.marchand@acme.example',
  externalId: '5f0c7a32-8f5b-4d7e-9d55-0f0ff1c1a2b3',
  version: 7,
}

const scim: ScimView = {
  baseUrl: `https://usher.acme.example/scim/${organisation.id}/v2`,
  tokenUrl: `https://usher.acme.example/scim/${organisation.id}/oauth/token`,
  syncGroups: true,
  syncRoles: false,
  provisionExistingUsers: true,
  graceDays: 30,
  dialect: null,
  detectedDialect: { name: 'entra', label: 'Microsoft Entra ID' },
  dialects: [
    {
      name: 'entra',
      label: 'Microsoft Entra ID',
      quirks: [
        {
          says: 'op is Add, Replace or Remove',
          source: 'https://learn.microsoft.com/en-us/entra/identity/app-provisioning',
        },
        {
          says: 'active is the text "True" or "False"',
          source: 'https://github.com/AzureAD/SCIMReferenceCode/issues/21',
        },
        {
          says: 'members are removed by path "members" and a list of values',
          source: 'https://github.com/pond/scimitar/issues/43',
        },
      ],
    },
    {
      name: 'okta',
      label: 'Okta',
      quirks: [
        {
          says: 'people come with password, locale and groups: []',
          source: 'https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20',
        },
      ],
    },
    { name: 'generic', label: 'SCIM 2.0', quirks: [] },
  ],
  health: {
    state: 'healthy',
    sentence: 'The identity provider called 4 minutes ago, and was answered as it asked.',
    lastCallAt: now - 4 * minute,
    lastStatus: 200,
    callsLastDay: 1248,
    refusedLastDay: 3,
  },
  people: { managed: 1201, notInIdp: 14 },
  version: 4,
  canWrite: true,
  simulator: true,
}
const newScim: ScimView = {
  ...scim,
  syncGroups: false,
  detectedDialect: null,
  health: {
    state: 'never_called',
    sentence: 'The identity provider has not called yet.',
    lastCallAt: null,
    lastStatus: null,
    callsLastDay: 0,
    refusedLastDay: 0,
  },
  people: { managed: 0, notInIdp: 1 },
  version: 0,
  simulator: false,
}
const credential = {
  createdBy: 'Ana Ruiz',
  createdAt: now - 170 * day,
  expiresAt: now + 10 * day,
  lastUsedAt: now - 4 * minute,
  lastUsedIp: '20.190.160.14',
  state: 'live',
} as const
const scimTokens: ScimToken[] = [
  { ...credential, id: id(601), label: 'Entra ID production', last3: 'x7Q' },
  {
    ...credential,
    id: id(602),
    label: 'Entra ID 2025',
    last3: 'b0K',
    createdAt: now - 400 * day,
    expiresAt: now - 35 * day,
    lastUsedAt: now - 36 * day,
    state: 'expired',
  },
]
const scimClients: ScimClient[] = [
  {
    ...credential,
    id: id(611),
    label: 'PingOne pilot',
    clientId: id(611),
    method: 'private_key_jwt',
    keys: [{ kid: 'ping-2026', type: 'P-256' }],
    expiresAt: now + 90 * day,
    lastUsedAt: null,
    lastUsedIp: null,
  },
]

const callDetail =
  'uniqueness: grace.kim@acme.example is already here, and taking over people who are here is switched off.'
const calls: ProvisioningLogEntry[] = (
  [
    [
      'GET',
      '/Users?filter=userName%20eq%20%22grace.kim%40acme.example%22',
      200,
      'grace.kim@acme.example',
    ],
    ['POST', '/Users', 409, 'grace.kim@acme.example'],
    ['PATCH', `/Users/${id(14)}`, 200, 'elodie.marchand@acme.example'],
    ['PATCH', `/Groups/${id(102)}`, 204, 'Engineering'],
    ['DELETE', `/Users/${id(13)}`, 204, 'dmitri.volkov@acme.example'],
    ['GET', '/ServiceProviderConfig', 401, null],
  ] as const
).map(([method, path, status, about], n) => ({
  id: id(650 + n),
  at: now - (n + 1) ** 3 * 2 * minute,
  method,
  path,
  status,
  code: status === 409 ? 'uniqueness' : status === 401 ? 'scim_token.expired' : null,
  detail: status === 409 ? callDetail : null,
  remedy:
    status === 409
      ? 'Somebody else has this user name, e-mail address or group name. Find them in User Management; when they are the same person, approve the adoption or switch on "provision existing users", then provision again.'
      : null,
  dialect: 'Microsoft Entra ID',
  credential: status === 401 ? null : 'Entra ID production',
  ip: '20.190.160.14',
  ms: 7 + n,
  subject: about
    ? {
        kind: path.startsWith('/Groups') ? 'group' : 'user',
        id: status === 409 ? null : id(14),
        label: about,
      }
    : null,
}))
const callDetails: ProvisioningLogDetails = {
  ...(calls[1] as ProvisioningLogEntry),
  notes: ['op is Add, Replace or Remove', 'the attribute costCenter is not known and was left out'],
  request: JSON.stringify({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: 'grace.kim@acme.example',
    active: 'True',
    password: '•••',
  }),
  response: JSON.stringify({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '409',
    scimType: 'uniqueness',
    detail: callDetail,
  }),
  userAgent: 'Microsoft-Entra-Provisioning',
  requestId: 'req-20ab78',
}

const step = (kind: string, label: string, provenance: Provenance, groupId: string | null) => ({
  kind,
  label,
  provenance,
  groupId,
  grantId: null,
})
const throughEngineering = {
  sentence: 'ROLE_USER on Production: through the group Engineering (given by Ana Ruiz).',
  steps: [
    step('membership', 'Member of Engineering', byAna, id(102)),
    step('group_grant', 'Engineering reaches Production', byAna, id(102)),
  ],
}
const assignedDirectly = {
  sentence: 'ROLE_USER on Production: assigned directly (given by Ana Ruiz).',
  steps: [step('direct_grant', 'Assigned to Production', byAna, null)],
}
const access = {
  items: [
    {
      scope: 'organisation',
      poolId: null,
      poolName: null,
      role: 'ROLE_USER',
      permissions: ['usher.own.read'],
      paths: [
        {
          sentence: 'ROLE_USER in the organisation: given at the first sign-in (JIT).',
          steps: [step('role', 'ROLE_USER', byJit, null)],
        },
      ],
    },
    {
      scope: 'pool',
      poolId: id(202),
      poolName: 'Production',
      role: 'ROLE_USER',
      permissions: ['pool.use'],
      paths: [throughEngineering, assignedDirectly],
    },
  ],
}

const paged = (found: object[], total = found.length) => ({
  items: found,
  total,
  totalExact: true,
  page: 0,
  size: 10,
})
const details = (row: (typeof groups)[number] | undefined) => ({
  ...row,
  inside: row?.id === id(103) ? [{ id: id(104), name: 'Night shift', provenance: byAna }] : [],
  around: [],
  locked: {
    members:
      row?.managedBy === 'scim'
        ? `${row.name} belongs to the identity provider. Change its members there.`
        : row?.isDefault
          ? 'Everyone is in the Default group.'
          : null,
    name: null,
    delete: row?.isDefault ? 'The Default group cannot be deleted.' : null,
  },
  version: 4,
})
const groupMembers = users.slice(1, 7).map((user, n) => ({
  ...user,
  inherited: n === 2,
  via: n === 2 ? ['Night shift'] : [],
  provenance: byAna,
}))
const poolGrants = [
  {
    id: id(301),
    poolId: id(202),
    poolName: 'Production',
    role: 'ROLE_USER',
    provenance: byAna,
    locked: null,
  },
]
const poolDetails = {
  ...pools[1],
  groupGrants: [
    {
      id: id(301),
      groupId: id(102),
      groupName: 'Engineering',
      role: 'ROLE_USER',
      provenance: byAna,
      locked: null,
    },
  ],
  version: 2,
}
const poolPeople = users.slice(0, 5).map((user, n) => ({
  ...user,
  roles: ['ROLE_USER'],
  paths: n === 1 ? [throughEngineering, assignedDirectly] : [throughEngineering],
  directGrantId: n === 1 ? id(302) : null,
}))

const sessions = [
  {
    id: 's1',
    method: 'sso',
    createdAt: now - 3 * hour,
    lastSeenAt: now - 4 * minute,
    ip: '203.0.113.24',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
    current: false,
  },
]

const attempts: SignInAttempt[] = [
  ['jit.claim_missing', 'failure', 'grace.kim@acme.example', 'JI-8: a last name is required'],
  [null, 'success', 'bjorn.lindqvist@acme.example', null],
  ['saml.audience_mismatch', 'failure', null, 'The assertion is meant for this service provider'],
  [null, 'success', 'ana.ruiz@acme.example', null],
  ['jit.adoption_pending', 'failure', 'elodie.marchand@acme.example', 'JI-19: domain not verified'],
].map(([code, result, email, rule], n) => ({
  id: id(500 + n),
  reference: `7K${n}M-Q4XD`,
  at: now - (n + 1) ** 3 * 3 * minute,
  result: result === 'success' ? 'success' : 'failure',
  method: 'sso',
  code: code ?? null,
  email: email ?? null,
  userId: result === 'success' ? id(10 + n) : null,
  ip: '198.51.100.7',
  rule: rule ?? null,
  test: n === 3,
}))

const checks = [
  {
    rule: 'The signature is by a configured certificate of the identity provider',
    ok: true,
    expected: 'a trusted certificate',
    received: '9F:2C:11:7A…66:C8',
  },
  {
    rule: 'The response comes from the configured identity provider',
    ok: true,
    expected: saml.idpEntityId,
    received: saml.idpEntityId,
  },
  {
    rule: 'The assertion is meant for this service provider',
    ok: false,
    expected: serviceProvider.entityId,
    received: `${serviceProvider.entityId}/`,
  },
  {
    rule: 'The assertion is to be delivered to this URL',
    ok: true,
    expected: serviceProvider.acsUrl,
    received: serviceProvider.acsUrl,
  },
  {
    rule: 'The response answers a request of ours',
    ok: true,
    expected: '_a81c…',
    received: '_a81c…',
  },
]
const claims = [
  { name: 'firstName', values: ['Grace'] },
  { name: 'http://schemas.microsoft.com/identity/claims/tenantid', values: ['6f1c2a3e-55aa'] },
  { name: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups', values: [] },
]
const attempt = {
  ...attempts[2],
  expected: serviceProvider.entityId,
  received: `${serviceProvider.entityId}/`,
  remedy:
    'The response was meant for another service. Copy the Entity ID from Identity Configuration and enter it as Identifier (Entity ID), without the slash at its end.',
  idpScreen: 'Single sign-on → Basic SAML Configuration',
  checks,
  claims,
  redactedXml:
    '<samlp:Response ID="_r1"><saml:Issuer>https://sts.windows.net/6f1c/</saml:Issuer><saml:Assertion><saml:Subject><saml:NameID>g•••@acme.example</saml:NameID></saml:Subject></saml:Assertion></samlp:Response>',
  userAgent: 'Edge 148 on Windows 11',
}

export const test = {
  id: id(900),
  state: 'succeeded',
  startUrl: '/saml/test',
  createdAt: now - 3 * minute,
  finishedAt: now - 2 * minute,
  code: null,
  remedy: null,
  idpScreen: null,
  checks: checks.map((check) => ({ ...check, ok: true, received: check.expected })),
  claims: [
    { name: 'firstName', values: ['Ana'] },
    { name: 'lastName', values: ['Ruiz'] },
  ],
  resolved: {
    email: me.user.email,
    firstName: 'Ana',
    lastName: 'Ruiz',
    subject: me.user.email,
    isYou: true,
  },
}

const changes: [type: string, label: string, before: unknown, after: unknown][] = [
  ['provisioning.changed', 'Identity Configuration', { source: 'portal' }, { source: 'sso_jit' }],
  ['user.joined', 'Grace Kim', null, { email: 'grace.kim@acme.example', roles: ['ROLE_USER'] }],
  ['user.deactivated', 'Dmitri Volkov', { status: 'active' }, { status: 'deactivated' }],
  ['auth.failed', 'grace.kim@acme.example', null, null],
]
const events: AuditEvent[] = changes.map(([type, label, before, after], n) => ({
  id: id(700 + n),
  type,
  at: now - (n + 1) ** 3 * 11 * minute,
  result: type === 'auth.failed' ? 'failure' : 'success',
  actor:
    n === 1
      ? { kind: 'system', id: null, label: 'System' }
      : { kind: 'user', id: id(10), label: 'Ana Ruiz' },
  source: n === 1 ? 'saml' : 'portal',
  ip: '203.0.113.24',
  subject: { kind: 'user', id: null, label },
  before,
  after,
  data: null,
  emergency: n === 2,
  requestId: `req-${4821 + n}`,
}))

const adoptions: Adoption[] = [
  {
    id: id(800),
    userId: id(14),
    email: 'elodie.marchand@acme.example',
    name: 'Élodie Marchand',
    issuer: saml.idpEntityId,
    subject: 'elodie.marchand@acme.example',
    risk: 'medium',
    reason: 'The e-mail is the same, but the domain acme.example is not verified.',
    createdAt: now - 2 * day,
    lastAttemptAt: now - 3 * hour,
    attempts: 3,
  },
  {
    id: id(801),
    userId: id(10),
    email: 'ana.ruiz@acme.example',
    name: 'Ana Ruiz',
    issuer: saml.idpEntityId,
    subject: 'a.ruiz@contractors.example',
    risk: 'high',
    reason: 'This person manages the organisation, and the domain acme.example is not verified.',
    createdAt: now - day,
    lastAttemptAt: now - 5 * hour,
    attempts: 1,
  },
]

const breakGlass = [
  {
    id: id(950),
    email: 'break-glass@acme.example',
    createdAt: now - 40 * day,
    credentialsChangedAt: now - 40 * day,
    lastSignInAt: now - 29 * day,
    proved: true,
    drillDueAt: now + 61 * day,
    passkeys: [
      { id: 'safe', label: 'YubiKey in the safe', addedAt: now - 30 * day, lastUsedAt: null },
    ],
  },
  {
    id: id(951),
    email: 'safe-2@acme.example',
    createdAt: now - 2 * hour,
    credentialsChangedAt: now - 2 * hour,
    lastSignInAt: null,
    proved: false,
    drillDueAt: null,
    passkeys: [],
  },
]
const qr = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h3v3H0zM6 0h3v3H6zM0 6h3v3H0zM4 1h1v2H4zM4 4h2v1H4zM7 5h2v1H7zM5 7h3v2H5z"/></svg>',
)}`

const simulatedCalls: SimulatedCall[] = (
  [
    [
      'Test connection: a person that cannot be there',
      'GET',
      '/Users?filter=userName%20eq%20%22aeb1%22',
      200,
      'Nobody and nothing of this kind yet',
      0,
    ],
    [
      'Is Ada Lovelace there already?',
      'GET',
      '/Users?filter=userName%20eq%20%22ada.lovelace%40acme.example%22',
      200,
      'Nobody and nothing of this kind yet',
      0,
    ],
    ['Create Ada Lovelace', 'POST', '/Users', 201, 'Created Ada Lovelace', 0],
    ['Create the group Engineering', 'POST', '/Groups', 201, 'Created Engineering', 0],
    ['Read Mia Weber', 'GET', `/Users/${id(18)}`, 200, 'Read Mia Schmidt', 1],
    ['Update Mia Weber', 'PATCH', `/Users/${id(18)}`, 200, 'Changed', 1],
    [
      'Update Priya Raman',
      'PATCH',
      `/Users/${id(19)}`,
      400,
      'mutability: roles is read-only while role synchronisation is off.',
      2,
    ],
  ] as const
).map(([title, method, path, status, meaning, phase], number) => ({
  number,
  phase,
  title,
  method,
  path,
  status,
  meaning,
  asExpected: status < 400,
}))
const providers = ['Microsoft Entra ID', 'Okta', 'Google Workspace'].map((label) => ({
  name: label.split(' ').at(-1)?.toLowerCase() ?? label,
  label,
}))
const simulation: SimulationView = {
  providers,
  run: {
    provider: providers[0]?.name ?? '',
    label: 'Microsoft Entra ID',
    running: false,
    phases: [
      'Connection test and initial cycle',
      'Mia Schmidt marries and changes her name',
      'Priya Raman may look at everything',
    ],
    next: 'Noor Rahimi is suspended',
    remaining: 11,
    calls: simulatedCalls,
    fault: null,
  },
}

/** `new` is an organisation on its first day; `viewer` and `member` are other people's eyes. */
export type Face =
  | 'full'
  | 'new'
  /** A switch of the login method is on its way to many people. */
  | 'switching'
  /** People sign in by password, and no mail is sent. */
  | 'password'
  | 'loading'
  | 'error'
  | 'signed-out'
  | 'viewer'
  | 'member'
  | 'stale'
  | 'reauth'
  /** The identity provider brings people by SCIM. */
  | 'scim'
  /** As `scim`, and provisioning is paused. */
  | 'paused'
  /** People register themselves by the link. */
  | 'link'
  /** The connection speaks OpenID Connect. */
  | 'oidc'
  | ShadowFace
const rolesOf: Partial<Record<Face, string[]>> = { viewer: ['ROLE_VIEWER'], member: ['ROLE_USER'] }
export type Answer = { status: number; body: unknown } | 'never'

const indented = (body: unknown) => JSON.stringify(body, null, 2)
const ok = (body: unknown): Answer => ({ status: 200, body })
const refusal = (status: number, code: string, detail: string, more: object = {}): Answer => ({
  status,
  body: {
    type: 'about:blank',
    title: code,
    status,
    code,
    detail,
    requestId: 'req-5e1f09',
    ...more,
  },
})
const items = (face: Face, all: unknown[]) => {
  const shown = face === 'new' ? [] : all
  return ok({ items: shown, total: shown.length, next: null })
}

const registrants = [
  ['waiting', 'Grace', 'Kim', 'acme.example'],
  ['waiting', 'Chidinma', 'Okonkwo-Featherstonehaugh', 'robotics.example'],
  ['joined', 'Björn', 'Lindqvist', 'acme.example'],
  ['joined', 'Élodie', 'Marchand', 'robotics.example'],
].map(([state, firstName, lastName, domain], index) => ({
  id: id(700 + index),
  state,
  firstName,
  lastName,
  email: `${lastName?.toLowerCase()}@${domain}`,
  userId: state === 'joined' ? id(100 + index) : null,
  linkId: index === 3 ? id(9) : provisioning.selfService.linkId,
  createdAt: now - (index + 1) * hour,
  joinedAt: state === 'joined' ? now - index * hour : null,
  expiresAt: state === 'joined' ? null : now + day,
  terms: null,
}))

const domainRows: [
  string,
  string,
  Domain['state'],
  NonNullable<Domain['check']>['outcome'],
  string[],
][] = [
  ['acme.example', 'acme.example', 'verified', 'found', []],
  [
    'robotics.example',
    'robotics.example',
    'waiting',
    'other',
    ['usher-domain=an-earlier-value-that-is-not-ours', 'v=spf1 include:_spf.robotics.example -all'],
  ],
  ['xn--bcher-acme-9db.example', 'bücher-acme.example', 'lapsing', 'none', []],
  ['acme-labs.example', 'acme-labs.example', 'lapsed', 'unanswered', ['ESERVFAIL']],
]
const domains: Domain[] = domainRows.map(([name, shown, state, outcome, found], n) => ({
  name,
  shown,
  state,
  proof: 'dns',
  record: {
    name: `_usher-challenge.${name}`,
    value: `usher-domain=${'Q7hV2kXw9pLs4TzB8nRc3MdY6jF'.slice(n)}${'abcd'.slice(0, n)}`,
  },
  createdAt: now - 90 * day,
  verifiedAt: state === 'waiting' ? null : now - 80 * day,
  lapsesAt: state === 'lapsing' ? now + 5 * day : null,
  check: { at: now - (n * 7 + 4) * minute, outcome, found },
}))

const mailSettings: MailSettingsView = {
  mode: 'custom',
  inForce: 'custom',
  installationMails: false,
  server: {
    host: 'smtp.acme.example',
    port: 587,
    from: 'usher@acme.example',
    tls: false,
    startTls: true,
    authentication: 'password',
    username: 'usher@acme.example',
  },
  secretSet: true,
  canWrite: true,
}
const newMailSettings: MailSettingsView = {
  mode: 'default',
  inForce: 'none',
  installationMails: false,
  server: null,
  secretSet: false,
  canWrite: true,
}
const mails: SentMail[] = (
  [
    ['activation', 'waiting', 4, null],
    ['activation', 'failed', 8, failedMail.error],
    ['invitation', 'waiting', 5, '451 4.7.1 Greylisted, please come back in five minutes'],
    ['reset', 'sent', 2, null],
    ['certificate_expires', 'sent', 0, null],
    ['activation', 'dropped', 6, 'The person had no use for it any more.'],
  ] as const
).map(([template, state, person, error], n) => ({
  id: id(901 + n),
  template,
  recipient: users[person]?.email ?? '',
  userId: template === 'invitation' ? null : (users[person]?.id ?? null),
  state,
  tries: error === null ? 1 : 3,
  error,
  createdAt: now - (n + 1) ** 3 * 10 * minute,
  sentAt: state === 'sent' ? now - n ** 3 * 10 * minute : null,
  nextAt: state === 'waiting' ? now + 5 * minute : null,
}))

/** What the server would answer to one request. */
const pendingInvitations = [
  ['noa.levi', 'sent', null, 7],
  ['lea.kim', 'waiting', null, 7],
  ['sam.okoro', 'failed', '550 5.1.1 No such user here', 3],
  ['zoe.marsh', 'sent', null, -2],
].map(([name, state, error, expires], place) => ({
  id: id(700 + place),
  email: `${name}@acme.example`,
  inviter: 'Ana Ruiz',
  roles: place === 1 ? ['ROLE_USER', 'ROLE_VIEWER'] : ['ROLE_USER'],
  groups: [],
  pools: [],
  createdAt: now - (place + 1) * 3 * 3_600_000,
  expiresAt: now + Number(expires) * day,
  expired: Number(expires) < 0,
  mail: { state, error },
}))
const invited = {
  dryRun: false,
  items: [
    { email: 'noa.levi@acme.example', status: 'sent', id: id(700) },
    { email: 'grace.kim@acme.example', status: 'already_member', id: null },
    { email: 'sam.okoro@acme.example', status: 'already_invited', id: id(702) },
    { email: 'not an address', status: 'invalid', id: null },
  ],
}
const invitedByFile = {
  dryRun: true,
  items: [
    { line: 2, email: 'noa.levi@acme.example', status: 'sent', id: null },
    { line: 3, email: 'lea.kim@acme.example', status: 'sent', id: null },
    {
      line: 4,
      email: 'sam.okoro@acme.example',
      status: 'invalid',
      id: null,
      detail: 'There is no group Engineerz.',
    },
    { line: 5, email: 'noa.levi@acme.example', status: 'duplicate', id: null },
  ],
}

const totp = {
  enrolment: 'sealed',
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  uri: 'otpauth://totp/Usher',
  qr,
}
const recoveryCodes = Array.from({ length: 10 }, (_, n) => `k7m${n}-x2wd-9hra-p5t${n}`)
const secondFactor: SecondFactor = {
  isPossible: true,
  isRequired: false,
  totpSince: now - 40 * day,
  passkeys: [
    {
      id: 'laptop',
      label: 'Chrome on macOS',
      addedAt: now - 12 * day,
      lastUsedAt: now - 3 * hour,
      backedUp: true,
    },
  ],
  recoveryCodesLeft: 8,
}

const personalKey = {
  id: id(880),
  label: 'Monthly report',
  scopes: ['users:read', 'audit:read'],
  last3: 'mZ4',
  createdAt: now - 12 * day,
  expiresAt: now + 78 * day,
  lastUsedAt: now - 5 * hour,
  lastUsedIp: '203.0.113.24',
}

/** Sign-ins that stand between password and session, each under an address of its own. */
function halfway(route: string): Answer | undefined {
  const [, slug = '', rest = ''] = /^\/sign-in\/(prove|enrol|given)(.*)$/.exec(route) ?? []
  if (slug === '') return undefined
  const step = { prove: 'second_factor', enrol: 'enrolment', given: 'new_password' }[slug]
  const ways = slug === 'prove' ? ['totp', 'passkey', 'recovery_code'] : []
  const answers: Record<string, Answer> = {
    '': ok({
      organisation: { ...organisation, slug },
      method: 'password',
      showPassword: true,
      connectionName: null,
      startUrl: null,
      joinUrl: null,
      demo: false,
    }),
    '/step': ok({ step, ways, expiresAt: now + 5 * minute }),
    '/second-factor': refusal(
      401,
      'auth.invalid_credentials',
      'This code is wrong, or was used before.',
    ),
    '/enrolment/totp': ok(totp),
    '/enrolment': ok({ returnTo: '/o/acme', recoveryCodes }),
  }
  return answers[rest]
}

export function answer(method: string, path: string, face: Face, query: string): Answer {
  const route = path.replace(`/orgs/${organisation.id}`, '/org')
  if (route === '/me') {
    return face === 'signed-out'
      ? refusal(401, 'auth.required', 'Sign in first.')
      : ok({ ...me, user: { ...me.user, roles: rolesOf[face] ?? me.user.roles } })
  }
  if (method === 'PUT' && face === 'stale') {
    return refusal(412, 'request.stale', 'Someone else has changed these settings meanwhile.')
  }
  if (method === 'PUT' && face === 'reauth') {
    return refusal(403, 'auth.reauth_required', 'Sign in again to do this.')
  }
  if (face === 'loading') return 'never'
  if (face === 'error') return refusal(503, 'http.503', 'The store does not answer just now.')
  const fresh = face === 'new'
  const half = halfway(route)
  if (half) return half
  const answers: Record<string, () => Answer> = {
    '/setup': () => ok({ open: fresh, demoAvailable: true }),
    '/me/second-factor': () =>
      ok(
        fresh
          ? { ...secondFactor, totpSince: null, passkeys: [], recoveryCodesLeft: 0 }
          : secondFactor,
      ),
    '/me/keys': () =>
      method === 'POST'
        ? { status: 201, body: { ...personalKey, key: `usp_${'k7Q2mXw4'.repeat(5)}mZ4` } }
        : ok({
            items: fresh ? [] : [personalKey],
            scopes: ['users:read', 'access:read', 'audit:read'],
          }),
    '/me/second-factor/totp': () => ok(method === 'POST' ? totp : { recoveryCodes }),
    '/sign-in/acme': () =>
      ok({
        organisation,
        method: fresh ? 'password' : 'sso',
        showPassword: fresh,
        connectionName: fresh ? null : 'Microsoft Entra ID',
        startUrl: fresh ? null : `/saml/${organisation.id}/start`,
        joinUrl: fresh ? '/join/acme/open' : null,
        demo: false,
      }),
    '/sign-in/acme/password': () =>
      refusal(401, 'auth.invalid_credentials', 'E-mail or password is not right.'),
    '/join/acme/open': () =>
      method === 'POST'
        ? { status: 202, body: { startUrl: null } }
        : ok({
            organisation,
            method: 'password',
            connectionName: null,
            allowedDomains: ['acme.example', 'robotics.example'],
            needsApproval: false,
            termsUrl: 'https://acme.example/terms',
            challenge: 'for-the-picture',
            bits: 4,
            challengeExpiresAt: now + day,
          }),
    '/invitations/good': () =>
      ok({
        organisation,
        inviter: 'Ana Ruiz',
        email: 'noa.levi@acme.example',
        firstName: 'Noa',
        lastName: 'Levi',
        completes: 'password',
        connectionName: null,
        startUrl: null,
        expiresAt: now + 7 * day,
      }),
    '/invitations/sso': () =>
      ok({
        organisation,
        inviter: 'Ana Ruiz',
        email: 'noa.levi@acme.example',
        firstName: '',
        lastName: '',
        completes: 'sso',
        connectionName: 'Microsoft Entra ID',
        startUrl: `/saml/${organisation.id}/start?link=good`,
        expiresAt: now + 7 * day,
      }),
    '/org/invitations': () =>
      method === 'POST'
        ? { status: 207, body: invited }
        : ok(paged(face === 'new' ? [] : pendingInvitations)),
    '/org/invitations/csv': () => ({ status: 207, body: invitedByFile }),
    '/activations/good': () =>
      ok({
        organisation,
        email: 'grace.kim@acme.example',
        firstName: 'Grace',
        kind: 'activation',
        completes: 'password',
        startUrl: null,
      }),
    '/platform/orgs': () =>
      items(face, [
        {
          ...organisation,
          loginMethod: 'sso',
          source: 'sso_jit',
          createdAt: now - 400 * day,
        },
        {
          id: id(2),
          slug: 'northwind',
          name: 'Northwind',
          loginMethod: null,
          source: 'portal',
          createdAt: now - 3 * day,
        },
      ]),
    '/org/identity/login-method': () =>
      ok({
        ...loginOf(face),
        canWrite: face !== 'viewer',
      }),
    '/org/identity/provisioning': () =>
      ok(
        fresh || face === 'password'
          ? { ...newProvisioning, configurable: !fresh }
          : face === 'scim' || face === 'shadow-applying' || face === 'shadow-live'
            ? scimProvisioning
            : face === 'paused'
              ? pausedProvisioning
              : face === 'link'
                ? linkProvisioning
                : provisioning,
      ),
    '/org/identity/self-service/requests': () =>
      ok(
        paged(
          face === 'link'
            ? registrants.filter(({ state }) => query.includes(`state=${state}`))
            : [],
        ),
      ),
    '/org/identity/scim': () => ok({ ...(fresh ? newScim : scim), canWrite: face !== 'viewer' }),
    '/org/identity/scim/tokens': () =>
      method === 'POST'
        ? ok({ ...scimTokens[0], label: 'Entra ID 2027', token: `uss_${'k3Vd'.repeat(10)}` })
        : items(face, scimTokens),
    '/org/identity/scim/clients': () => items(face, scimClients),
    '/org/provisioning-log': () => items(face, calls),
    '/org/simulation': () => ok(fresh ? { providers, run: null } : simulation),
    '/org/users/disable': () =>
      ok({
        items: [
          { id: id(11), status: 204, code: null, detail: null },
          {
            id: id(10),
            status: 409,
            code: 'manager.last_working',
            detail: 'Ana Ruiz is the last manager who can sign in.',
          },
        ],
      }),
    '/org/users/resend-activation': () =>
      ok({
        items: [
          {
            id: id(11),
            status: 204,
            code: null,
            detail: null,
            activationLink: `https://usher.example/activate/${id(1)}.${'k3Vd'.repeat(10)}`,
          },
          {
            id: id(10),
            status: 400,
            code: 'request.invalid',
            detail: 'This person is active. Only who is Pending has an activation to send again.',
          },
        ],
      }),
    '/org/identity/login-method/tests': () => ok({ ...test, state: 'succeeded' }),
    '/org/identity/login-method/metadata': () =>
      ok({
        idpEntityId: saml.idpEntityId,
        ssoUrl: saml.ssoUrl,
        ssoBinding: 'redirect',
        sloUrl: null,
        certificates: [expiring, certificate],
        warnings: ['The metadata lists two certificates; both will be trusted.'],
      }),
    '/org/identity/provisioning/preview': () =>
      ok(isShadowFace(face) ? goLivePreview : handOverPreview),
    '/org/identity/scim/shadow': () =>
      face === 'shadow-error'
        ? refusal(503, 'http.503', 'The store does not answer just now.')
        : ok(
            isShadowFace(face)
              ? shadowAfter(method, face)
              : {
                  state: 'none',
                  unavailableBecause: fresh ? 'Requires SSO as the login method' : null,
                  last: null,
                },
          ),
    '/org/identity/scim/shadow/differences': () =>
      face === 'shadow-reading'
        ? 'never'
        : face === 'shadow-unread'
          ? refusal(503, 'http.503', 'The store does not answer just now.')
          : ok(differencesOf(face, query)),
    '/org/audit-events/verification': () => ok(face === 'scim' ? brokenTrail : soundTrail),
    '/org/identity/login-method/preview': () =>
      ok({
        total: 1284,
        withoutCredential: 3,
        unverifiedDomain: 2,
        examples: {
          withoutCredential: users.slice(4, 7).map(({ id, email }) => ({ id, email })),
          unverifiedDomain: users.slice(7, 9).map(({ id, email }) => ({ id, email })),
        },
        waiting: {
          managers: face === 'password' ? 1 : 0,
          others: face === 'password' ? 1_240 : 0,
          people: (face === 'password' ? users.slice(3, 12) : []).map((user, n) => ({
            id: user.id,
            email: user.email,
            name: `${user.firstName} ${user.lastName}`,
            risk: n === 0 ? 'high' : 'medium',
            reason: 'The e-mail domain is not verified.',
          })),
        },
        openInvitations: 6,
        sessionsToEnd: fresh ? 0 : 212,
        becomePending: fresh ? 0 : 1283,
        linksToHandOver: fresh ? 0 : 1283,
      }),
    '/org/domains': () =>
      method === 'POST'
        ? refusal(
            400,
            'domain.not_allowed',
            'Anybody can have an address at gmail.com, so it proves nothing.',
          )
        : items(face, domains),
    '/org/mail-settings': () =>
      ok({ ...(fresh ? newMailSettings : mailSettings), canWrite: face !== 'viewer' }),
    '/org/mail-settings/test': () =>
      ok({
        to: me.user.email,
        refusal: '535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6',
      }),
    '/org/mails': () => ok(paged(fresh ? [] : mails, 214)),
    '/org/break-glass-accounts': () =>
      method === 'POST'
        ? ok({
            ...breakGlass[1],
            totp: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DP', uri: 'otpauth://totp/Usher', qr },
            signInUrl: 'https://usher.acme.example/login/acme/emergency',
          })
        : items(face, breakGlass),
    [`/org/users/${id(19)}/restore`]: () =>
      ok({
        ...person,
        firstName: 'Grace',
        lastName: 'Kim',
        activationLink: `https://usher.example/activate/${id(1)}.${'k3Vd'.repeat(10)}`,
      }),
    '/org/users': () =>
      method === 'POST'
        ? refusal(
            409,
            'user.restorable',
            'grace.kim@acme.example was here and was deleted by the identity provider. Restore them: roles, groups and pools come back.',
            { userId: id(19) },
          )
        : ok(
            fresh
              ? { items: [], total: 0, totalExact: true, page: 0, size: 10 }
              : { items: users, total: 1_000_284, totalExact: true, page: 0, size: 10 },
          ),
    '/org/groups': () =>
      method === 'POST'
        ? refusal(409, 'group.name_exists', 'There is a group "Engineering" already.')
        : ok(paged(fresh ? [] : groups)),
    '/org/access/check': () => ok({ allowed: true, because: throughEngineering.sentence }),
    '/org/pools': () => ok(paged(fresh ? [] : pools)),
    '/org/adoptions': () => items(face, adoptions),
    '/org/audit-events': () => items(face, events),
    '/org/sign-in-log': () => items(face, attempts),
    '/org/preferences/user-list': () => ok({}),
  }
  const found = answers[route]
  if (found) return found()
  if (route === `/org/users/${id(18)}`) return ok({ ...person, ...users[8] })
  if (/^\/org\/users\/[^/]+$/.test(route)) return ok(face === 'scim' ? managedPerson : person)
  if (route.endsWith('/access')) return ok(access)
  if (route.endsWith('/members')) return ok(paged(fresh ? [] : groupMembers, 218))
  if (route.endsWith('/pool-grants')) return items(face, poolGrants)
  if (route.endsWith('/people')) return ok(paged(poolPeople, 231))
  if (route.startsWith('/org/domains/')) {
    return ok({
      ...domains[route.endsWith('/verify') ? 1 : 0],
      unlinked: { count: 12, exact: true },
    })
  }
  if (route.startsWith('/org/groups/')) {
    return ok(details(groups.find((group) => route.endsWith(group.id))))
  }
  if (route.startsWith('/org/pools/')) return ok(poolDetails)
  if (route.endsWith('/second-factor')) return ok(secondFactor)
  if (route.endsWith('/sessions')) return items(face, sessions)
  if (route.startsWith('/org/simulation/calls/')) {
    return ok({
      ...simulatedCalls[6],
      request: indented({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'Replace', path: 'roles', value: [{ value: 'ROLE_VIEWER' }] }],
      }),
      response: indented({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: '400',
        scimType: 'mutability',
        detail: simulatedCalls[6]?.meaning,
      }),
    })
  }
  if (route.startsWith('/org/provisioning-log/')) return ok(callDetails)
  if (route.startsWith('/org/sign-in-log/')) return ok(attempt)
  if (route.startsWith('/org/identity/login-method/tests/')) return ok(test)
  if (route.startsWith('/invitations/')) {
    return refusal(410, 'invitation.invalid', 'This invitation does not work any more.')
  }
  if (route.startsWith('/join/')) {
    return refusal(410, 'self_service.closed', 'Registration is closed.')
  }
  return refusal(404, 'resource.not_found', 'There is nothing here.')
}
