import { expect, test } from 'vitest'
import { decideGroupChange, type GroupChange } from './index.ts'

const changes: GroupChange[] = ['name', 'delete', 'join', 'members', 'groups', 'adoption']
const plain = { name: 'Engineers', isDefault: false, managedBy: 'portal' as const }

test.each([
  ['a group of the portal, under any source', plain, 'scim', {}],
  [
    'a group of the identity provider',
    { ...plain, managedBy: 'scim' as const },
    'scim',
    Object.fromEntries(changes.map((change) => [change, 'group.managed_externally'])),
  ],
  [
    'a group of an identity provider that is no longer the source',
    { ...plain, managedBy: 'scim' as const },
    'portal',
    {},
  ],
  [
    'the Default group, which may be renamed, and where nobody is missing',
    { ...plain, isDefault: true },
    'portal',
    {
      delete: 'group.default_undeletable',
      members: 'group.default_membership',
      groups: 'group.default_membership',
      adoption: 'group.default_membership',
    },
  ],
] as const)('RB-8, US-15, SC-36: %s', (_, group, source, refused) => {
  const answers = Object.fromEntries(
    changes.flatMap((change) => {
      const refusal = decideGroupChange(group, source, change)
      return refusal ? [[change, refusal.code]] : []
    }),
  )

  expect(answers).toEqual(refused)
})
