import { createHash } from 'node:crypto'
import { newId } from '../lib/ids.ts'
import type { Connection, ConnectionSettings, Tested } from '../model/connection.ts'
import { type Db, sso } from '../store/index.ts'

/**
 * What a test sign-in proves: the same settings have the same digest; with another certificate, secret,
 * name on the sign-in page or rule for names they have not (LM-17).
 */
export function digestOf(tested: Tested): string {
  return createHash('sha256')
    .update(canonical(provable(tested)))
    .digest('base64url')
}

/** What the identity provider calls itself, and every identity that it vouches for. */
export function issuerOf(connection: ConnectionSettings): string {
  return connection.protocol === 'saml' ? connection.saml.idpEntityId : connection.oidc.issuer
}

function provable(tested: Tested): unknown {
  if (tested.protocol === 'google') return { google: tested.google }
  const { name, provider, refresh } = tested
  if (tested.protocol === 'saml') return { name, provider, refresh, saml: tested.saml }
  // Sealed anew each time; its mark says whether it is the same.
  const { secret: _, ...oidc } = tested.oidc
  return { name, provider, refresh, oidc }
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`
}

export async function readConnection(
  db: Db,
  organisationId: string,
): Promise<Connection | undefined> {
  const row = await sso.connection(db, organisationId)
  return row && { ...(JSON.parse(row.settings) as ConnectionSettings), id: row.id }
}

export async function storeConnection(
  db: Db,
  organisationId: string,
  connection: ConnectionSettings,
  now: number,
): Promise<void> {
  const known = await sso.connection(db, organisationId)
  await sso.putConnection(db, {
    org_id: organisationId,
    id: known?.id ?? newId(),
    protocol: connection.protocol,
    name: connection.name,
    provider: connection.provider,
    settings: JSON.stringify(connection),
    digest: digestOf(connection),
    updated_at: now,
  })
}
