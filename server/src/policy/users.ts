import type { Connection } from '../model/connection.ts'
import type { Organisation, ProvisioningSource } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import { sourceLabels } from './provisioning.ts'

type Facts = {
  organisation: Pick<Organisation, 'source' | 'loginMethod' | 'handedOver'>
  user: Pick<User, 'id' | 'managedBy' | 'status'>
  actorId: string | null
  byBreakGlass: boolean
}

/** Who manages this person or group now: after a hand-over the portal does, whoever brought them (PV-13). */
export function managerOf<Source extends ProvisioningSource>(
  { handedOver }: Pick<Organisation, 'handedOver'>,
  { managedBy }: { managedBy: Source },
): Source | 'portal' {
  return handedOver.includes(managedBy) ? 'portal' : managedBy
}

/** PV-8 and PV-9: under SCIM and LDAP the source owns every person of the organisation. */
function ownedBySource({ organisation, byBreakGlass }: Facts): boolean {
  return (organisation.source === 'scim' || organisation.source === 'ldap') && !byBreakGlass
}

function ownedElsewhere({ organisation }: Facts, act: string): Refusal {
  const source = sourceLabels[organisation.source]
  return {
    code: 'user.managed_externally',
    detail: `${source} governs the people of this organisation. ${act} in the identity provider.`,
  }
}

type Refresh = Connection['refresh']

/** Whether every sign-in brings this attribute, so that the portal must not change it (JI-16). */
export function isOwnedByIdp(
  facts: Pick<Facts, 'organisation' | 'user'>,
  refresh: Refresh,
  attribute: 'firstName' | 'lastName',
): boolean {
  return (
    facts.organisation.loginMethod === 'sso' &&
    managerOf(facts.organisation, facts.user) === 'sso_jit' &&
    refresh[attribute] === 'every_sign_in'
  )
}

export function decideEdit(
  facts: Facts,
  refresh: Refresh,
  attributes: ('firstName' | 'lastName')[],
): Refusal | undefined {
  if (ownedBySource(facts)) return ownedElsewhere(facts, 'Edit them')
  const owned = attributes.filter((attribute) => isOwnedByIdp(facts, refresh, attribute))
  if (owned.length === 0) return undefined
  return {
    code: 'user.attribute_managed',
    detail: 'The identity provider sends this name at every sign-in. Change it there.',
    errors: owned.map((attribute) => ({
      pointer: `/${attribute}`,
      code: 'user.attribute_managed',
    })),
  }
}

export function decideDisable(facts: Facts): Refusal | undefined {
  const managed = facts.user.managedBy === facts.organisation.source
  if (ownedBySource(facts) && managed) return ownedElsewhere(facts, 'Deactivate them')
  return undefined
}

/** US-12: Hold is how a manager stops somebody whom SCIM or LDAP manages. */
export function decideHold({
  organisation,
  user,
}: Pick<Facts, 'organisation' | 'user'>): Refusal | undefined {
  const manager = managerOf(organisation, user)
  if (manager === 'scim' || manager === 'ldap') return undefined
  return {
    code: 'request.invalid',
    detail: 'Hold is for people whom SCIM or LDAP manages. Deactivate this person instead.',
  }
}

/** SC-40, PV-8: with Sync roles on, roles come from the identity provider. */
export function decideRoleEdit(facts: Facts, syncRoles: boolean): Refusal | undefined {
  const isManaged = facts.user.managedBy === facts.organisation.source
  return ownedBySource(facts) && isManaged && syncRoles
    ? ownedElsewhere(facts, 'Sync roles is on: change their roles')
    : undefined
}

/** US-9, US-10, PV-8. */
export function decideDelete(facts: Facts): Refusal | undefined {
  if (facts.actorId === facts.user.id) {
    return { code: 'user.self_delete', detail: 'You cannot delete yourself. Ask another manager.' }
  }
  if (ownedBySource(facts)) return ownedElsewhere(facts, 'Delete them')
  if (facts.user.status !== 'deactivated') {
    return {
      code: 'user.must_deactivate_first',
      detail: 'Deactivate this person before deleting them.',
    }
  }
  return undefined
}
