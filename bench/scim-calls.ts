import type { Contender } from './scim-contenders.ts'

const core = 'urn:ietf:params:scim:schemas:core:2.0'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
// Names of an earlier run are taken in a directory that is kept.
const run = Date.now().toString(36)
let made = 0

/** As Entra ID sends a person. */
export function newPerson(): Record<string, unknown> & { userName: string } {
  const number = `${run}-${made++}`
  const userName = `new${number}@acme.test`
  return {
    schemas: [`${core}:User`, enterprise],
    userName,
    externalId: `new-${number}`,
    active: true,
    displayName: `New ${number}`,
    name: { givenName: 'New', familyName: `Person${number}`, formatted: `New Person${number}` },
    emails: [{ type: 'work', value: userName, primary: true }],
    title: 'Engineer',
    [enterprise]: { department: 'Department 7', employeeNumber: number },
  }
}

export const newGroup = (members: { value: string }[] = []) => ({
  schemas: [`${core}:Group`],
  displayName: `Group ${run}-${made++}`,
  ...(members.length > 0 && { members }),
})

export const patch = (...Operations: object[]) => ({ schemas: [patchSchema], Operations })
export const addMembers = (ids: string[]) =>
  patch({ op: 'add', path: 'members', value: ids.map((value) => ({ value })) })
export const removeMember = (id: string) =>
  patch({ op: 'remove', path: `members[value eq "${id}"]` })
export const removeMembers = (ids: string[]) =>
  patch({ op: 'remove', path: 'members', value: ids.map((value) => ({ value })) })

/** `@better-auth/scim` bears one change of a group at a time and has the others try again. */
function isAskedAgain(method: string, path: string, status: number, tries: number): boolean {
  return method === 'PATCH' && path.startsWith('/Groups/') && status === 409 && tries < 100
}

export type Person = { id: string; userName: string }

/** The calls of one client of one server, each of which fails loudly when the answer is not the right one. */
export function callsOf({ name, store, call }: Pick<Contender, 'name' | 'store' | 'call'>) {
  async function ask(
    method: string,
    path: string,
    body?: object,
    tries = 1,
  ): Promise<Record<string, unknown>> {
    const answer = await call(method, path, body)
    if (answer.status < 300) return answer.body
    if (isAskedAgain(method, path, answer.status, tries)) return ask(method, path, body, tries + 1)
    const said = JSON.stringify(answer.body).slice(0, 500)
    throw new Error(`${name} on ${store}: ${method} ${path}: ${answer.status} ${said}`)
  }

  return {
    async create(): Promise<Person> {
      const person = newPerson()
      const { id } = await ask('POST', '/Users', person)
      return { id: String(id), userName: person.userName }
    },
    async find({ userName }: Person): Promise<void> {
      const filter = encodeURIComponent(`userName eq "${userName}"`)
      const { totalResults } = await ask('GET', `/Users?filter=${filter}`)
      if (totalResults !== 1) throw new Error(`${name} on ${store} does not find ${userName}`)
    },
    get: ({ id }: Person) => ask('GET', `/Users/${id}`),
    async page(startIndex: number, count = 100): Promise<{ total: number; found: number }> {
      const list = await ask('GET', `/Users?startIndex=${startIndex}&count=${count}`)
      const found = Array.isArray(list.Resources) ? list.Resources.length : 0
      return { total: Number(list.totalResults), found }
    },
    setActive: ({ id }: Person, active: boolean) =>
      ask('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: active })),
    async createGroup(members: string[] = []): Promise<string> {
      const group = newGroup(members.map((value) => ({ value })))
      return String((await ask('POST', '/Groups', group)).id)
    },
    add: (group: string, ids: string[]) => ask('PATCH', `/Groups/${group}`, addMembers(ids)),
    remove: (group: string, id: string) => ask('PATCH', `/Groups/${group}`, removeMember(id)),
    ask,
  }
}

export type Calls = ReturnType<typeof callsOf>
