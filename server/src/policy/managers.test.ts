import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideManagerLoss, isWorking, type ManagerFacts } from './index.ts'

const methods = [null, 'password', 'google', 'sso'] as const
const ana: ManagerFacts = {
  id: 'ana',
  status: 'active',
  held: false,
  hasPassword: true,
  hasIdentity: true,
}

describe('a working manager', () => {
  const cells = methods.flatMap((method) =>
    (['active', 'pending', 'deactivated'] as const).flatMap((status) =>
      [true, false].flatMap((held) =>
        [true, false].flatMap((hasPassword) =>
          [true, false].map((hasIdentity) => ({ method, status, held, hasPassword, hasIdentity })),
        ),
      ),
    ),
  )

  test('is active, not held, and has the credential of the method in force', () => {
    const working = cells.filter(({ method, ...facts }) => isWorking({ ...ana, ...facts }, method))

    expect(working).toEqual(
      cells.filter(
        ({ method, status, held, hasPassword, hasIdentity }) =>
          status === 'active' &&
          !held &&
          (method === null || method === 'password' ? hasPassword : hasIdentity),
      ),
    )
  })
})

describe('US-13: who may go', () => {
  test.each<[string, Partial<ManagerFacts>[], string, boolean]>([
    ['the only one', [{}], 'ana', false],
    ['one of two', [{}, { id: 'bob' }], 'ana', true],
    ['one whose colleague is pending', [{}, { id: 'bob', status: 'pending' }], 'ana', false],
    [
      'one whose colleague is deactivated',
      [{}, { id: 'bob', status: 'deactivated' }],
      'ana',
      false,
    ],
    ['one whose colleague is held', [{}, { id: 'bob', held: true }], 'ana', false],
    ['one whose colleague has no way in', [{}, { id: 'bob', hasPassword: false }], 'ana', false],
    ['a pending one beside a working one', [{}, { id: 'bob', status: 'pending' }], 'bob', true],
    ['somebody who is no manager', [{}], 'carl', true],
  ])('%s', (_, managers, leaving, may) => {
    const facts = managers.map((one) => ({ ...ana, ...one }))

    expect(decideManagerLoss(facts, 'password', leaving)?.code).toBe(
      may ? undefined : 'manager.last_working',
    )
  })
})

test('US-14: no sequence of acts takes the last working manager away', () => {
  type Act = {
    kind: 'demote' | 'deactivate' | 'enable' | 'delete' | 'promote' | 'signIn'
    who: number
  }
  const act = fc.record({
    kind: fc.constantFrom<Act['kind']>(
      'demote',
      'deactivate',
      'enable',
      'delete',
      'promote',
      'signIn',
    ),
    who: fc.nat(4),
  })
  const person = fc.record({
    status: fc.constantFrom<ManagerFacts['status']>('active', 'pending', 'deactivated'),
    manager: fc.boolean(),
    hasPassword: fc.boolean(),
    hasIdentity: fc.boolean(),
  })
  type Person = { id: string; here: boolean; manager: boolean } & ManagerFacts

  fc.assert(
    fc.property(
      fc.array(person, { minLength: 4, maxLength: 4 }),
      fc.array(act, { maxLength: 40 }),
      fc.constantFrom(...methods),
      (others, acts, method) => {
        const people: Person[] = [{ ...ana, manager: true }, ...others].map((one, index) => ({
          ...one,
          id: String(index),
          held: false,
          here: true,
        }))
        const managers = () => people.filter((one) => one.here && one.manager)
        const mayLose = (id: string) => !decideManagerLoss(managers(), method, id)

        for (const { kind, who } of acts) {
          const one = people[who]
          if (!one?.here) continue
          if (kind === 'promote') one.manager = true
          if (kind === 'enable' && one.status === 'deactivated') one.status = 'active'
          if (kind === 'signIn' && one.status === 'pending') one.status = 'active'
          if (kind === 'demote' && one.manager && mayLose(one.id)) one.manager = false
          if (kind === 'deactivate' && one.status !== 'deactivated' && mayLose(one.id))
            one.status = 'deactivated'
          if (kind === 'delete' && one.status === 'deactivated') one.here = false

          expect(managers().some((manager) => isWorking(manager, method))).toBe(true)
        }
      },
    ),
    { numRuns: 2_500 },
  )
})
