import { expect, test } from 'vitest'
import { type Person, throughWhich } from './person.ts'

type Membership = Person['memberships'][number]

const member = (name: string, at: number, more: Partial<Membership> = {}): Membership => ({
  id: name,
  name,
  isDefault: false,
  managedBy: 'scim',
  inherited: false,
  provenance: { kind: 'scim', actor: 'Entra ID', rule: null, requestId: `request ${at}`, at },
  ...more,
})

test('an inherited group names the group that it is reached through', () => {
  const everyone = member('Everyone', 2, { inherited: true })

  const via = throughWhich(everyone, [member('Sales', 1), member('Engineering', 2), everyone])

  expect(via).toEqual(['Engineering'])
})

test('groups of the same moment cannot be told apart, so that both are named', () => {
  const everyone = member('Everyone', 2, { inherited: true })
  const byDefault = member('Default', 2, { isDefault: true, managedBy: 'portal' })

  const all = [byDefault, member('Sales', 2), member('Engineering', 2), everyone]

  expect(throughWhich(everyone, all)).toEqual(['Sales', 'Engineering'])
})
