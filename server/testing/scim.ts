/** An organisation whose people come by SCIM, and a client at its door. */
import { expect } from 'vitest'
import type { Outcome, ScimRequest, ScimResponse } from '../src/demo/index.ts'
import { ensureScimToken, putScimSettings } from '../src/directory/index.ts'
import type { ProvisioningSource } from '../src/model/organisation.ts'
import { type Answer, createOrganisation, startSecondNode, type Wish } from './organisation.ts'

export type ScimWish = {
  source?: ProvisioningSource
  syncGroups?: boolean
  syncRoles?: boolean
  provisionExistingUsers?: boolean
  /** Calls go to two nodes by turns; the embedded database has one. */
  overTwoNodes?: boolean
  /** What the connection for single sign-on is to be like. */
  saml?: NonNullable<Wish['saml']>
}

/** A user as a client sends them, when it matters little what is sent. */
export type SentUser = { userName: string; [name: string]: unknown }

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'
export const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

/** A fresh organisation connected by SCIM; groups are synced, roles are not, unless wished for. */
export async function createScimOrganisation({
  source = 'scim',
  saml = {},
  overTwoNodes = false,
  ...wish
}: ScimWish = {}) {
  const acme = await createOrganisation({ method: 'sso', source, saml })
  const settings = { syncGroups: true, syncRoles: false, provisionExistingUsers: true, ...wish }
  const token = await acme.usher.directory.change(acme.operator, async (write) => {
    await putScimSettings(write, settings)
    return ensureScimToken(write, { label: 'Tests' })
  })
  const isShared = acme.usher.store.dialect.name === 'postgres'
  const nodes = [acme.usher, ...(overTwoNodes && isShared ? [await startSecondNode()] : [])]
  let calls = 0
  const madeBefore = (await acme.events()).length
  const baseUrl = `${acme.usher.config.baseUrl}/scim/${acme.id}/v2`

  /** A body that is text goes as it is; a header that is empty is left out. */
  async function scim(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const sent: Record<string, string> = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
      ...headers,
    }
    const node = nodes[calls % nodes.length] ?? acme.usher
    calls += 1
    const response = await node.app.inject({
      method: method as 'GET',
      url: `/scim/${acme.id}/v2${path}`,
      headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== '')),
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = response.body
    const isJson = String(response.headers['content-type'] ?? '').includes('json')
    return {
      status: response.statusCode,
      body: isJson && text ? JSON.parse(text) : undefined,
      headers: response.headers,
      text,
    }
  }

  async function made(path: string, body: unknown): Promise<string> {
    const answer = await scim('POST', path, body)
    if (answer.status !== 201) throw new Error(`Not made: ${answer.status} ${answer.text}`)
    return answer.body.id
  }

  return {
    ...acme,
    baseUrl,
    token: token ?? '',
    scim,
    /** The transport of a simulated identity provider. */
    exchange: ({ method, path, headers, body }: ScimRequest): Promise<ScimResponse> =>
      scim(method, path, body, headers),
    /** @returns the id of a person who was not there. */
    user: (user: SentUser) => made('/Users', { schemas: [userSchema], ...user }),
    /** @returns the id of a group that was not there. */
    group: (displayName: string, ...members: string[]) =>
      made('/Groups', {
        schemas: [groupSchema],
        displayName,
        members: members.map((value) => ({ value })),
      }),
    /** What a filter finds, by id. */
    async find(filter: string, endpoint = '/Users') {
      const answer = await scim('GET', `${endpoint}?filter=${encodeURIComponent(filter)}`)
      if (answer.status !== 200) throw new Error(`Not found out: ${answer.status} ${answer.text}`)
      return (answer.body.Resources as { id: string }[]).map(({ id }) => id)
    },
    /** People and groups are as the identity provider's own directory says, no more and no fewer. */
    async expectOutcome({ people, groups }: Outcome) {
      const listed = await scim('GET', '/Users?count=200')
      const found = (listed.body.Resources as ListedPerson[]).map((one) => ({
        id: one.id,
        userName: one.userName,
        displayName: one.displayName,
        active: one.active,
      }))
      const wanted = people.map(({ email: _, ...person }) => person)
      expect(byId(found)).toEqual(byId(wanted))

      const addresses = new Map((await acme.people()).map(({ id, email }) => [id, email]))
      for (const { id, email } of people) expect(addresses.get(id)).toBe(email)

      const pushed = await scim('GET', '/Groups?count=200')
      const held = (pushed.body.Resources as ListedGroup[]).map((group) => ({
        id: group.id,
        displayName: group.displayName,
        members: sorted(...(group.members ?? []).map(({ value }) => value)),
      }))
      expect(byId(held)).toEqual(byId(groups))
    },
    patch: (path: string, ...operations: object[]) =>
      scim('PATCH', path, { schemas: [patchSchema], Operations: operations }),
    /** The ids of the members, in no order. */
    async membersOf(groupId: string) {
      const { body } = await scim('GET', `/Groups/${groupId}`)
      const members = (body.members ?? []) as { value: string }[]
      return members.map(({ value }) => value).toSorted((a, b) => a.localeCompare(b))
    },
    /** Everything recorded since the identity provider was connected. */
    events: async () => (await acme.events()).slice(madeBefore),
    eventNames: async () => (await acme.events()).slice(madeBefore).map(({ type }) => type),
  }
}

export type ScimOrganisation = Awaited<ReturnType<typeof createScimOrganisation>>

type ListedPerson = { id: string; userName: string; displayName: string; active: boolean }
type ListedGroup = { id: string; displayName: string; members?: { value: string }[] }

function byId<T extends { id: string }>(list: T[]): T[] {
  return list.toSorted((a, b) => a.id.localeCompare(b.id))
}

export function sorted(...ids: string[]): string[] {
  return ids.toSorted((a, b) => a.localeCompare(b))
}

/** How an error looks (RFC 7644 §3.12), for `toMatchObject`. */
export function scimError(status: number, scimType?: string, detail?: RegExp) {
  return {
    status,
    body: {
      schemas: [errorSchema],
      status: String(status),
      ...(scimType ? { scimType } : {}),
      ...(detail ? { detail: expect.stringMatching(detail) as unknown } : {}),
    },
  }
}
