import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { Name, Provider } from '../../../contract/src/index.ts'
import { readOwnDomain } from '../directory/index.ts'
import { readDomain } from '../lib/domains.ts'
import { clientAuths } from '../model/connection.ts'
import { refuse } from '../model/refusals.ts'
import { findBroken } from './text.ts'

const fault = (code: string, message: string, path: string[] = []) => ({
  code: 'custom' as const,
  message,
  path,
  params: { code },
})

const password = z.string().min(1)
const ownDomain = z.string().transform((typed, issues) => {
  const read = readOwnDomain(typed)
  if ('name' in read) return read.name
  issues.addIssue(fault(read.refusal.code, `${typed}: ${read.refusal.detail}`))
  return z.NEVER
})
const domain = z.string().transform((typed, issues) => {
  const read = readDomain(typed)
  if (!read) issues.addIssue(fault('domain', `${typed} is no domain name.`))
  return read ?? z.NEVER
})
const role = z.enum(['ROLE_USER'])
const claim = z.string().min(1)
const Saml = z.strictObject({
  metadataFile: z.string().optional(),
  metadataUrl: z.url().optional(),
  metadataXml: z.string().optional(),
  idpEntityId: z.string().optional(),
  ssoUrl: z.string().optional(),
  ssoBinding: z.enum(['redirect', 'post']).optional(),
  sloUrl: z.string().optional(),
  certificate: z.string().optional(),
  certificates: z.array(z.string()).optional(),
  connectionName: Name.max(60).default('SSO'),
  provider: Provider.default('other'),
  signAuthnRequests: z.boolean().default(true),
  allowIdpInitiated: z.boolean().default(false),
  emailFrom: z.union([z.literal('nameId'), z.strictObject({ claim })]).default('nameId'),
  subjectClaim: claim.optional(),
  attributes: z
    .strictObject({ firstName: claim.default('firstName'), lastName: claim.default('lastName') })
    .default({ firstName: 'firstName', lastName: 'lastName' }),
  refresh: z
    .strictObject({
      firstName: z.enum(['first_sign_in', 'every_sign_in', 'portal']),
      lastName: z.enum(['first_sign_in', 'every_sign_in', 'portal']),
    })
    .default({ firstName: 'every_sign_in', lastName: 'every_sign_in' }),
})
const Oidc = z.strictObject({
  discoveryUrl: z.url(),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  clientAuth: z.enum(clientAuths).default('client_secret_basic'),
  connectionName: Name.max(60).default('SSO'),
  provider: Provider.default('other'),
  emailClaim: claim.default('email'),
  subjectClaim: claim.default('sub'),
  attributes: Saml.shape.attributes,
  refresh: Saml.shape.refresh,
})
const methodOf = {
  requireSecondFactor: 'password',
  google: 'google',
  saml: 'sso',
  oidc: 'sso',
} as const
const LoginMethod = z
  .strictObject({
    method: z.enum(['password', 'google', 'sso']),
    /** Under `password`: nobody signs in by the password alone. */
    requireSecondFactor: z.boolean().optional(),
    saml: Saml.optional(),
    oidc: Oidc.optional(),
    google: z.strictObject({ workspaceDomain: domain.optional() }).optional(),
  })
  .superRefine((given, issues) => {
    // LM-9: settings of a method that is not chosen are no settings.
    for (const setting of ['requireSecondFactor', 'google', 'saml', 'oidc'] as const) {
      const method = methodOf[setting]
      if (given[setting] === undefined || given.method === method) continue
      const detail = `These settings belong to the login method ${method}.`
      issues.addIssue(fault('not_accepted', detail, [setting]))
    }
  })
const Declared = z.strictObject({
  organisation: z.strictObject({ name: Name, slug: z.string() }),
  domains: z
    .array(z.strictObject({ name: ownDomain, verified: z.boolean().default(false) }))
    .default([]),
  managers: z
    .array(
      z.strictObject({
        email: z.string(),
        firstName: Name,
        lastName: Name,
        password: password.optional(),
      }),
    )
    .default([]),
  breakGlass: z
    .array(
      z.strictObject({
        email: z.string(),
        password,
        totpSecret: z.string().optional(),
      }),
    )
    .default([]),
  loginMethod: LoginMethod.optional(),
  provisioning: z
    .strictObject({
      source: z.enum(['portal', 'sso_jit', 'scim', 'ldap']),
      selfService: z
        .strictObject({ enabled: z.boolean(), allowedDomains: z.array(z.string()).optional() })
        .optional(),
      scim: z
        .strictObject({
          syncGroups: z.boolean().default(false),
          syncRoles: z.boolean().default(false),
          provisionExistingUsers: z.boolean().default(true),
          tokens: z.array(z.strictObject({ label: z.string() })).default([]),
        })
        .optional(),
    })
    .optional(),
  pools: z
    .array(z.strictObject({ name: Name, roles: z.array(role).default(['ROLE_USER']) }))
    .default([]),
  groups: z
    .array(
      z.strictObject({
        name: Name,
        /** All that it reaches; left out, what it reaches stays. */
        pools: z
          .array(z.strictObject({ pool: z.string(), roles: z.array(role).default(['ROLE_USER']) }))
          .optional(),
      }),
    )
    .default([]),
  apiKeys: z.array(z.strictObject({ label: z.string(), scopes: z.array(z.string()) })).default([]),
})
export type Declared = z.infer<typeof Declared>
const Several = z.strictObject({ organisations: z.array(Declared).min(1) })

/** Reads a declared state. @throws Refused with the place in the file of every fault. */
export async function readDeclared(
  path: string,
): Promise<{ organisations: Declared[]; folder: string }> {
  const content = await readContent(path)
  const several = typeof content === 'object' && content !== null && 'organisations' in content
  const parsed = await Several.safeParseAsync(several ? content : { organisations: [content] })
  if (parsed.success) {
    const broken = findBroken(parsed.data)
    if (broken === undefined) return { ...parsed.data, folder: dirname(resolve(path)) }
    const detail = `${path} holds text that is none: a NUL, or half a character, at ${broken}.`
    return refuse('request.invalid', detail, [{ pointer: broken, code: 'text' }])
  }
  const named: string[] = []
  const errors = parsed.error.issues.map((issue) => {
    const place = (several ? issue.path : issue.path.slice(2)).map(String)
    named.push(`${place.join('.') || 'file'}: ${issue.message}`)
    const code = issue.code === 'custom' ? String(issue.params?.code) : issue.code
    return { pointer: `/${place.join('/')}`, code, detail: issue.message }
  })
  return refuse('request.invalid', `${path} is not a declared state. ${named.join('; ')}`, errors)
}

async function readContent(path: string): Promise<unknown> {
  const document = parseDocument(await readNamed(path))
  const wrong = (message: string) =>
    refuse('request.invalid', `${path} is not YAML or JSON. ${message}`)
  const [first] = document.errors
  // What follows its first line is a drawing of the place.
  if (first) return wrong(first.message.replace(/:?\n[\s\S]*/, ''))
  try {
    return document.toJS()
  } catch (error) {
    // An alias of nothing, or of so much that it would fill the memory.
    if (error instanceof ReferenceError) return wrong(error.message)
    throw error
  }
}

/** A file that somebody named; that it is not there is their mistake and not an outage. */
export async function readNamed(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') throw error
    return refuse('request.invalid', `${path} cannot be read (${code}).`)
  }
}
