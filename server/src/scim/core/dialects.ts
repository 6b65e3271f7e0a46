/**
 * How identity providers speak SCIM, as data: how each is recognised from its traffic, and what it
 * does that the standard does not say. Every quirk is understood from everyone; a dialect names what
 * was met, for the provisioning log and for the tests that replay each provider's requests.
 */
export type DialectName =
  | 'entra'
  | 'okta'
  | 'onelogin'
  | 'jumpcloud'
  | 'google'
  | 'ping'
  | 'authentik'
  | 'generic'

export type Quirk =
  | 'capitalisedOps'
  | 'textBooleans'
  | 'pathsAsNames'
  | 'bareManager'
  | 'emptyManagerClears'
  | 'primaryRolePath'
  | 'removesByValue'
  | 'replaceBuildsValue'
  | 'foreignGroupSchema'
  | 'filterBehindValuePath'
  | 'sendsPassword'
  | 'repeatsOwnId'
  | 'emptyListMeansEmptyGroup'
  | 'emptyTexts'
  | 'oldSchemas'
  | 'filtersEmailsWithoutSub'
  | 'repeatsSchemas'
  | 'operationPerMember'
  | 'suspendsBeforeDelete'

const learn = 'https://learn.microsoft.com/en-us/entra/identity/app-provisioning'
const entraTutorial = `${learn}/use-scim-to-provision-users-and-groups`
const entraCompliance = `${learn}/application-provisioning-config-problem-scim-compatibility`
const okta = 'https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20'
const oneLogin = 'https://scim.dev/guide/applications/onelogin'
const ping =
  'https://docs.pingidentity.com/integrations/scim/setup/pf_scim_connector_scim_connector_settings_reference.html'
const authentik =
  'https://github.com/goauthentik/authentik/blob/main/authentik/providers/scim/clients/groups.py'

export const quirks: Record<Quirk, { says: string; source: string }> = {
  capitalisedOps: { says: 'op is Add, Replace or Remove', source: entraTutorial },
  textBooleans: {
    says: 'active is the text "True" or "False"',
    source: 'https://github.com/AzureAD/SCIMReferenceCode/issues/21',
  },
  pathsAsNames: {
    says: 'a value without path has dotted names and URNs as names',
    source: entraCompliance,
  },
  bareManager: { says: 'manager is the bare id', source: entraCompliance },
  emptyManagerClears: {
    says: 'manager {"value": ""} removes the manager',
    source: entraCompliance,
  },
  primaryRolePath: {
    says: 'the single role is roles[primary eq "True"].value',
    source: entraTutorial,
  },
  removesByValue: {
    says: 'members are removed by path "members" and a list of values',
    source: 'https://github.com/pond/scimitar/issues/43',
  },
  replaceBuildsValue: {
    says: 'emails[type eq "work"].value is set on people without any',
    source: entraTutorial,
  },
  foreignGroupSchema: { says: 'groups carry a schema of Microsoft', source: entraTutorial },
  filterBehindValuePath: {
    says: 'people are looked up by emails[type eq "work"].value eq "…"',
    source: entraTutorial,
  },
  sendsPassword: { says: 'people come with password, locale and groups: []', source: okta },
  repeatsOwnId: { says: 'a rename without path repeats the id', source: okta },
  emptyListMeansEmptyGroup: {
    says: 'an empty group is pushed as replace members []',
    source: 'https://github.com/Captain-P-Goldfish/SCIM-SDK/issues/757',
  },
  emptyTexts: { says: 'attributes that are not mapped are empty texts', source: oneLogin },
  oldSchemas: { says: 'schemas names SCIM 1.x', source: oneLogin },
  filtersEmailsWithoutSub: { says: 'people are looked up by emails eq "…"', source: ping },
  repeatsSchemas: {
    says: 'a replace without path repeats schemas and id',
    source: authentik,
  },
  operationPerMember: { says: 'one add operation for every member', source: authentik },
  suspendsBeforeDelete: {
    says: 'people are suspended, then deleted after some days',
    source:
      'https://workspaceupdates.googleblog.com/2016/07/automatically-provision-users-with-scim.html',
  },
}

export type Dialect = {
  name: DialectName
  label: string
  /** Parts of the User-Agent, in lower case. */
  userAgents: readonly string[]
  /** A part of the request's URL that no one else sends, in lower case. */
  urlMark?: string
  /** A text in the body that no one else sends. */
  bodyMark?: RegExp
  quirks: readonly Quirk[]
}

export const dialects: readonly Dialect[] = [
  {
    name: 'entra',
    label: 'Microsoft Entra ID',
    userAgents: ['azure', 'microsoft', 'entra'],
    urlMark: 'aadoptscim062020',
    bodyMark: /"op"\s*:\s*"(?:Add|Replace|Remove)"|schemas\.microsoft\.com\/2006\/11/,
    quirks: [
      'capitalisedOps',
      'textBooleans',
      'pathsAsNames',
      'bareManager',
      'emptyManagerClears',
      'primaryRolePath',
      'removesByValue',
      'replaceBuildsValue',
      'foreignGroupSchema',
      'filterBehindValuePath',
    ],
  },
  {
    name: 'okta',
    label: 'Okta',
    userAgents: ['okta'],
    quirks: ['sendsPassword', 'repeatsOwnId', 'emptyListMeansEmptyGroup'],
  },
  {
    name: 'onelogin',
    label: 'OneLogin',
    userAgents: ['onelogin'],
    quirks: ['emptyTexts', 'oldSchemas'],
  },
  {
    name: 'jumpcloud',
    label: 'JumpCloud',
    userAgents: ['jumpcloud'],
    quirks: ['removesByValue'],
  },
  {
    name: 'google',
    label: 'Google Workspace',
    userAgents: ['google'],
    quirks: ['suspendsBeforeDelete'],
  },
  {
    name: 'ping',
    label: 'Ping',
    userAgents: ['pingfederate', 'pingone', 'ping identity'],
    quirks: ['filtersEmailsWithoutSub'],
  },
  {
    name: 'authentik',
    label: 'authentik',
    userAgents: ['authentik'],
    quirks: ['repeatsSchemas', 'operationPerMember', 'removesByValue'],
  },
  { name: 'generic', label: 'SCIM 2.0', userAgents: [], quirks: [] },
]

export type Traffic = { userAgent?: string; url?: string; body?: string }

/** Marks of a body stand at its beginning; the rest of a large one says nothing new. */
const looksAt = 4096

/** Who is speaking: what they call themselves first, then what only they send. */
export function detectDialect({ userAgent = '', url = '', body = '' }: Traffic): Dialect {
  const agent = userAgent.toLowerCase()
  const address = url.toLowerCase()
  const start = body.slice(0, looksAt)
  return (
    dialects.find(({ userAgents }) => userAgents.some((part) => agent.includes(part))) ??
    dialects.find(({ urlMark }) => urlMark !== undefined && address.includes(urlMark)) ??
    dialects.find(({ bodyMark }) => bodyMark?.test(start)) ??
    generic
  )
}

const generic: Dialect = dialects.at(-1) as Dialect
