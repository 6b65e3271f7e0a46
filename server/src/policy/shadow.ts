import type { Organisation } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'
import { decideSource, type Running } from './provisioning.ts'

/** May SCIM be rehearsed now? (BY-3) */
export function decideShadow(
  organisation: Pick<Organisation, 'loginMethod' | 'source' | 'shadow' | 'name'>,
  running: Running,
): Refusal | undefined {
  const code = 'provisioning.method_conflict'
  if (organisation.source === 'scim')
    return { code, detail: `SCIM is the source of ${organisation.name} already.` }
  if (organisation.shadow)
    return { code, detail: 'There is a shadow already: go live or discard it first.' }
  return decideSource(organisation, { source: 'scim' }, running)
}

/** While there is a shadow, SCIM begins by it; while it is applied, the source stays (BY-3). */
export function decideBesideShadow(
  { shadow }: Pick<Organisation, 'shadow'>,
  choosesScim: boolean,
): Refusal | undefined {
  const code = 'provisioning.method_conflict'
  if (shadow?.state === 'applying')
    return { code, detail: 'What was rehearsed is being brought to people: wait until it is done.' }
  if (shadow && choosesScim)
    return { code, detail: 'There is a shadow of SCIM: go live with it, or discard it first.' }
  return undefined
}
