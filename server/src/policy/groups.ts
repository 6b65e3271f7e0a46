import type { ProvisioningSource } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'

export type GroupChange = 'name' | 'delete' | 'join' | 'members' | 'groups' | 'adoption'
type GroupFacts = { name: string; isDefault: boolean; managedBy: 'portal' | 'scim' }

/**
 * What may be changed of a group here. Everyone is in the Default one (US-15, RB-8); what the
 * identity provider sends is changed there as long as SCIM is the source (SC-36). Pool grants are
 * no part of this: they stay with the manager.
 */
export function decideGroupChange(
  { name, isDefault, managedBy }: GroupFacts,
  source: ProvisioningSource,
  change: GroupChange,
): Refusal | undefined {
  if (isDefault && change === 'delete') {
    return { code: 'group.default_undeletable', detail: 'The Default group cannot be deleted.' }
  }
  if (isDefault && (change === 'members' || change === 'groups')) {
    return { code: 'group.default_membership', detail: 'Everyone is in the Default group.' }
  }
  if (isDefault && change === 'adoption') {
    return { code: 'group.default_membership', detail: 'The Default group is not part of SCIM.' }
  }
  if (managedBy === 'scim' && source === 'scim') {
    const what = change === 'name' ? 'Rename it' : change === 'delete' ? 'Delete it' : ofMembers
    return {
      code: 'group.managed_externally',
      detail: `${name} belongs to the identity provider. ${what} there.`,
    }
  }
  return undefined
}

const ofMembers = 'Change its members'
