import { minutes } from '../lib/clock.ts'
import type { Actor } from '../model/actor.ts'
import type { ProvisioningSource } from '../model/organisation.ts'
import { refuse } from '../model/refusals.ts'
import type { ApiDoor } from './door.ts'

const goodForMinutes = 10
const purpose = 'preview'

/** A change of the source as it was looked at: of these settings, to this source, with the link open or not. */
type Foreseen = {
  version: number
  from: ProvisioningSource
  to: ProvisioningSource
  selfService: boolean
}
type Sealed = Foreseen & { organisationId: string; rollback: boolean; until: number }

/** What a preview is known by afterwards: it is in the caller's hands, sealed, and nothing is stored. */
export function sealPreview(
  { secrets, clock }: Pick<ApiDoor, 'secrets' | 'clock'>,
  { organisationId }: Actor,
  { version, from, to, selfService }: Foreseen,
  rollback: boolean,
): { previewId: string; expiresAt: number } {
  const until = clock.now() + minutes(goodForMinutes)
  const sealed: Sealed = { organisationId, version, from, to, selfService, rollback, until }
  return { previewId: secrets.seal(JSON.stringify(sealed), purpose), expiresAt: until }
}

/** @throws Refused unless it is a preview of this organisation that was made a moment ago (PV-11). */
export function openPreview(
  { secrets, clock }: Pick<ApiDoor, 'secrets' | 'clock'>,
  { organisationId }: Actor,
  previewId: string | undefined,
  isLookedAt: (preview: Pick<Sealed, 'to' | 'selfService' | 'rollback'>) => boolean,
): { version: number } {
  const preview = previewId === undefined ? undefined : unseal(secrets, previewId)
  const isFresh = preview?.organisationId === organisationId && preview.until > clock.now()
  if (preview && isFresh && isLookedAt(preview)) return { version: preview.version }
  return refuse(
    'provisioning.preview_required',
    'Look at the preview of this change first (POST …/identity/provisioning/preview), and send its previewId within ten minutes.',
    [{ pointer: '/previewId', code: 'provisioning.preview_required' }],
  )
}

function unseal(secrets: ApiDoor['secrets'], previewId: string): Sealed | undefined {
  try {
    return JSON.parse(secrets.open(previewId, purpose)) as Sealed
  } catch {
    // Made up, or sealed for something else.
    return undefined
  }
}
