/** Random calls at the SCIM door, and what RFC 7643 and RFC 7644 say of them, written down as plainly as possible. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { ScimOrganisation } from './scim.ts'

const names = 4
const groupNames = 3
const titles = ['Engineer', 'engineer', 'Lead', '']
const number = (below: number) => fc.nat({ max: below - 1 })

/** One call, or what makes one. */
export const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('create'),
      who: number(names),
      email: number(names + 1),
      externalId: number(3),
      title: number(titles.length),
      upper: fc.boolean(),
      active: fc.constantFrom(true, false, 'False', undefined),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('replace'),
      who: number(names),
      email: number(names + 1),
      externalId: number(3),
      title: number(titles.length),
      active: fc.constantFrom(true, false, undefined),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('patch'),
      who: number(names),
      changes: fc.array(
        fc.constantFrom(
          'activate',
          'deactivate',
          'title',
          'no title',
          'work mail',
          'phone',
          'no phones',
          'primary phone',
          'rename',
        ),
        { minLength: 1, maxLength: 3 },
      ),
      value: number(names + 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('delete'), who: number(names) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('create group'),
      group: number(groupNames),
      members: fc.array(number(names + groupNames), { maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('patch group'),
      group: number(groupNames),
      how: fc.constantFrom('add', 'remove', 'remove one', 'replace', 'remove all', 'add each'),
      members: fc.array(number(names + groupNames), { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('replace group'),
      group: number(groupNames),
      members: fc.array(number(names + groupNames), { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('delete group'), group: number(groupNames) }),
  },
) as fc.Arbitrary<Step>

export type Step = {
  act: string
  who: number
  email: number
  externalId: number
  title: number
  upper?: boolean
  active?: boolean | 'False' | undefined
  changes: string[]
  value: number
  group: number
  how: string
  members: number[]
}

type Phone = { value: string; type: string; primary?: boolean }
type Person = {
  id: string
  userName: string
  externalId: string | undefined
  active: boolean
  title: string | undefined
  workMail: string
  phones: Phone[]
}
type Group = { id: string; displayName: string; members: Set<string> }
type Left = { person: Person; groups: string[] }

/** The standard, in memory: what must be so after each answer. */
class Model {
  readonly people = new Map<string, Person>()
  readonly groups = new Map<string, Group>()
  readonly left: Left[] = []

  named(userName: string): Person | undefined {
    return [...this.people.values()].find((one) => same(one.userName, userName))
  }
  mailed(mail: string): Person | undefined {
    return [...this.people.values()].find((one) => same(one.workMail, mail))
  }
  groupNamed(displayName: string): Group | undefined {
    return [...this.groups.values()].find((one) => same(one.displayName, displayName))
  }
  /** Whether `inner` is in `outer`, by whatever way. */
  isInside(inner: string, outer: string): boolean {
    const members = [...(this.groups.get(outer)?.members ?? [])]
    return members.some((id) => id === inner || this.isInside(inner, id))
  }
  /** Who is deleted does not return to it: all of them, or those with these ids (SC-37). */
  keepAway(group: string, ids?: string[]): void {
    for (const left of this.left)
      if (!ids || ids.includes(left.person.id))
        left.groups = left.groups.filter((id) => id !== group)
  }
  groupsOf(id: string): string[] {
    return [...this.groups.values()].filter(({ members }) => members.has(id)).map((one) => one.id)
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** Calls, each held against the model. */
export class Run {
  readonly model = new Model()
  readonly acme: ScimOrganisation
  readonly prefix: string
  /** Ids by number, of people and then of groups, also of those who are gone. */
  readonly ids = new Map<number, string>()

  constructor(acme: ScimOrganisation, prefix: string) {
    this.acme = acme
    this.prefix = prefix
  }

  userName = (who: number) => `${this.prefix}-u${who}`
  mail = (at: number) => `${this.prefix}-m${at}@acme.test`
  externalId = (at: number) => (at === 0 ? undefined : `${this.prefix}-x${at}`)
  groupName = (at: number) => `${this.prefix}-g${at}`
  idOf = (at: number) => this.ids.get(at) ?? '01a20000-0000-7000-8000-000000000000'

  async take(taken: Step): Promise<void> {
    const { act } = taken
    if (act === 'create') return this.create(taken)
    if (act === 'replace') return this.replace(taken)
    if (act === 'patch') return this.patch(taken)
    if (act === 'delete') return this.remove(taken)
    if (act === 'create group') return this.createGroup(taken)
    if (act === 'patch group') return this.patchGroup(taken)
    if (act === 'replace group') return this.replaceGroup(taken)
    return this.removeGroup(taken)
  }

  private async create({ who, email, externalId, title, upper, active }: Step): Promise<void> {
    const { model } = this
    const userName = upper ? this.userName(who).toUpperCase() : this.userName(who)
    const sent = {
      userName,
      externalId: this.externalId(externalId) ?? null,
      title: titles[title] ?? '',
      emails: [{ type: 'work', value: this.mail(email) }],
      ...(active === undefined ? {} : { active }),
    }
    const answer = await this.acme.scim('POST', '/Users', sent)
    if (model.named(userName) || model.mailed(this.mail(email))) {
      expect([answer.status, answer.body.scimType]).toEqual([409, 'uniqueness'])
      return
    }
    const back =
      model.left.findLast(({ person }) => same(person.userName, userName)) ??
      model.left.findLast(
        ({ person }) => sent.externalId !== null && person.externalId === sent.externalId,
      )
    expect(answer.status).toBe(201)
    if (back) expect(answer.body.id).toBe(back.person.id)
    const id = answer.body.id as string
    expect(model.people.has(id)).toBe(false)
    model.people.set(id, {
      id,
      userName,
      externalId: sent.externalId ?? undefined,
      active: active !== false && active !== 'False',
      title: sent.title || undefined,
      workMail: this.mail(email),
      phones: [],
    })
    if (back) {
      model.left.splice(model.left.indexOf(back), 1)
      for (const group of back.groups) model.groups.get(group)?.members.add(id)
    }
    this.ids.set(who, id)
  }

  private async replace({ who, email, externalId, title, active }: Step): Promise<void> {
    const { model } = this
    const id = this.idOf(who)
    const before = model.people.get(id)
    const answer = await this.acme.scim('PUT', `/Users/${id}`, {
      userName: before?.userName ?? this.userName(who),
      externalId: this.externalId(externalId) ?? null,
      title: titles[title],
      emails: [{ type: 'work', value: this.mail(email) }],
      ...(active === undefined ? {} : { active }),
    })
    if (!before) return expect(answer.status).toBe(404)
    const owner = model.mailed(this.mail(email))
    if (owner && owner !== before) return expect(answer.status).toBe(409)
    expect(answer.status).toBe(200)
    model.people.set(id, {
      ...before,
      externalId: this.externalId(externalId),
      active: active === undefined ? before.active : active === true,
      title: titles[title] || undefined,
      workMail: this.mail(email),
      phones: [],
    })
  }

  private async patch({ who, changes, value }: Step): Promise<void> {
    const { model } = this
    const id = this.idOf(who)
    const before = model.people.get(id)
    const after: Person | undefined = before && { ...before, phones: [...before.phones] }
    let refused = false
    const operations = changes.map((change) => {
      const other = after && this.expectation(after, change, value)
      refused ||= other === 'refused'
      return this.operation(change, value)
    })
    const answer = await this.acme.patch(`/Users/${id}`, ...operations)
    if (!before || !after) return expect(answer.status).toBe(404)
    const named = model.named(after.userName)
    const mailed = model.mailed(after.workMail)
    if ((named && named !== before) || (mailed && mailed !== before)) {
      return expect(answer.status).toBe(409)
    }
    if (refused) return expect(answer.status).toBe(400)
    expect(answer.status).toBe(200)
    model.people.set(id, after)
  }

  private operation(change: string, value: number): object {
    switch (change) {
      case 'activate':
        return { op: 'Replace', path: 'active', value: 'True' }
      case 'deactivate':
        return { op: 'replace', value: { active: false } }
      case 'title':
        return { op: 'add', path: 'title', value: `T${value}` }
      case 'no title':
        return { op: 'remove', path: 'title' }
      case 'work mail':
        return { op: 'replace', path: 'emails[type eq "work"].value', value: this.mail(value) }
      case 'phone':
        return { op: 'add', path: 'phoneNumbers', value: [{ type: 'work', value: `${value}` }] }
      case 'no phones':
        return { op: 'remove', path: 'phoneNumbers' }
      case 'primary phone':
        return {
          op: 'add',
          path: 'phoneNumbers',
          value: { type: 'home', value: `${value}`, primary: true },
        }
      default:
        return { op: 'replace', path: 'userName', value: this.userName(value % names) }
    }
  }

  /** RFC 7644 §3.5.2.1 to §3.5.2.3, for the operations above. */
  private expectation(person: Person, change: string, value: number): 'refused' | undefined {
    const phone = { type: change === 'phone' ? 'work' : 'home', value: `${value}` }
    const isSame = (one: Phone) => one.type === phone.type && one.value === phone.value
    switch (change) {
      case 'activate':
        person.active = true
        return
      case 'deactivate':
        person.active = false
        return
      case 'title':
        person.title = `T${value}`
        return
      case 'no title':
        person.title = undefined
        return
      case 'work mail':
        person.workMail = this.mail(value)
        return
      case 'phone':
        if (!person.phones.some(isSame)) person.phones.push(phone)
        return
      case 'no phones':
        person.phones = []
        return
      case 'primary phone': {
        person.phones = person.phones.map((one) =>
          one.primary && !isSame(one) ? { ...one, primary: false } : one,
        )
        const known = person.phones.findIndex(isSame)
        const primary = { ...phone, primary: true }
        if (known < 0) person.phones.push(primary)
        else person.phones[known] = primary
        return
      }
      default:
        person.userName = this.userName(value % names)
    }
  }

  private async remove({ who }: Step): Promise<void> {
    const { model } = this
    const id = this.idOf(who)
    // Who left last is told by the clock.
    this.acme.usher.clock.advance(1)
    const answer = await this.acme.scim('DELETE', `/Users/${id}`)
    const person = model.people.get(id)
    if (!person) return expect(answer.status).toBe(404)
    expect(answer.status).toBe(204)
    model.left.push({ person, groups: model.groupsOf(id) })
    model.people.delete(id)
    for (const { members } of model.groups.values()) members.delete(id)
  }

  private idsOf(members: number[]): string[] {
    return members.map((at) => this.idOf(at))
  }

  /** Whether these may be members: everybody is there, and no circle closes. */
  private maySit(ids: string[], group: string | undefined): boolean {
    const { people, groups } = this.model
    return ids.every(
      (id) =>
        people.has(id) ||
        (groups.has(id) &&
          (group === undefined || (id !== group && !this.model.isInside(group, id)))),
    )
  }

  private async createGroup({ group, members }: Step): Promise<void> {
    const { model } = this
    const displayName = this.groupName(group)
    const ids = this.idsOf(members)
    const answer = await this.acme.scim('POST', '/Groups', {
      displayName,
      members: ids.map((value) => ({ value })),
    })
    if (model.groupNamed(displayName)) return expect(answer.status).toBe(409)
    if (!this.maySit(ids, undefined)) return expect(answer.status).toBe(400)
    expect(answer.status).toBe(201)
    const id = answer.body.id as string
    model.groups.set(id, { id, displayName, members: new Set(ids) })
    this.ids.set(names + group, id)
  }

  private async patchGroup({ group, how, members }: Step): Promise<void> {
    const id = this.idOf(names + group)
    const ids = this.idsOf(members)
    const value = ids.map((one) => ({ value: one }))
    const [first = this.idOf(0)] = ids
    const operations: Record<string, object[]> = {
      add: [{ op: 'add', path: 'members', value }],
      'add each': ids.map((one) => ({ op: 'Add', path: 'members', value: [{ value: one }] })),
      remove: [{ op: 'Remove', path: 'members', value }],
      'remove one': [{ op: 'remove', path: `members[value eq "${first}"]` }],
      replace: [{ op: 'replace', path: 'members', value }],
      'remove all': [{ op: 'remove', path: 'members' }],
    }
    const sent = operations[how] ?? []
    if (sent.length === 0 || (how === 'remove' && ids.length === 0)) return
    const answer = await this.acme.patch(`/Groups/${id}`, ...sent)
    const known = this.model.groups.get(id)
    if (!known) return expect(answer.status).toBe(404)
    const adds = how.startsWith('add') || how === 'replace'
    if (adds && !this.maySit(ids, id)) return expect(answer.status).toBe(400)
    expect(answer.status).toBe(204)
    const isWhole = how === 'replace' || how === 'remove all'
    if (isWhole) known.members.clear()
    if (isWhole) this.model.keepAway(id)
    if (how === 'remove') this.model.keepAway(id, ids)
    if (how === 'remove one') this.model.keepAway(id, [first])
    for (const one of adds ? ids : []) known.members.add(one)
    for (const one of how === 'remove' ? ids : []) known.members.delete(one)
    if (how === 'remove one') known.members.delete(first)
  }

  private async replaceGroup({ group, members }: Step): Promise<void> {
    const id = this.idOf(names + group)
    const ids = this.idsOf(members)
    const answer = await this.acme.scim('PUT', `/Groups/${id}`, {
      displayName: this.groupName(group),
      members: ids.map((value) => ({ value })),
    })
    const known = this.model.groups.get(id)
    if (!known) return expect(answer.status).toBe(404)
    if (!this.maySit(ids, id)) return expect(answer.status).toBe(400)
    expect(answer.status).toBe(200)
    known.members = new Set(ids)
    this.model.keepAway(id)
  }

  private async removeGroup({ group }: Step): Promise<void> {
    const id = this.idOf(names + group)
    const answer = await this.acme.scim('DELETE', `/Groups/${id}`)
    const isKnown = this.model.groups.delete(id)
    expect(answer.status).toBe(isKnown ? 204 : 404)
    for (const { members } of this.model.groups.values()) members.delete(id)
  }

  /** What the door shows is what must be. */
  async compare(): Promise<void> {
    const listed = async (path: string, name: string) => {
      const filter = encodeURIComponent(`${name} sw "${this.prefix}-"`)
      const { body } = await this.acme.scim('GET', `${path}?count=200&filter=${filter}`)
      // biome-ignore lint/suspicious/noExplicitAny: what the door says is what is under test
      return body.Resources as any[]
    }
    const people = (await listed('/Users', 'userName')).map((one) => ({
      id: one.id,
      userName: one.userName,
      externalId: one.externalId,
      active: one.active,
      title: one.title,
      emails: one.emails,
      phones: one.phoneNumbers ?? [],
      groups: (one.groups ?? [])
        .filter(({ type }: { type: string }) => type === 'direct')
        .map(({ value }: { value: string }) => value)
        .toSorted(),
    }))
    const wanted = [...this.model.people.values()].map(({ workMail, ...one }) => ({
      ...one,
      emails: [{ type: 'work', value: workMail }],
      groups: this.model.groupsOf(one.id).toSorted(),
    }))
    expect(byId(people)).toEqual(byId(wanted))
    const groups = (await listed('/Groups', 'displayName')).map((one) => ({
      id: one.id,
      displayName: one.displayName,
      members: (one.members ?? []).map(({ value }: { value: string }) => value).toSorted(),
    }))
    const held = [...this.model.groups.values()].map((one) => ({
      ...one,
      members: [...one.members].toSorted(),
    }))
    expect(byId(groups)).toEqual(byId(held))
  }
}

const nobody = { email: 0, externalId: 0, title: 0, changes: [], value: 0, how: '', members: [] }
/** Some people and groups are there from the start, or most calls would be about nobody. */
export const opening: Step[] = [
  { ...nobody, act: 'create', who: 0, group: 0, externalId: 1 },
  { ...nobody, act: 'create', who: 1, group: 0, email: 1 },
  { ...nobody, act: 'create', who: 2, group: 0, email: 2, externalId: 2 },
  { ...nobody, act: 'create group', who: 0, group: 0, members: [0, 1] },
  { ...nobody, act: 'create group', who: 0, group: 1, members: [2, 4] },
]

function byId<One extends { id: string }>(list: One[]): One[] {
  return list.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
