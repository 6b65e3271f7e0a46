import { createHash } from 'node:crypto'
import { newId } from '../lib/ids.ts'
import type { Connection, SamlSettings } from '../model/saml.ts'
import { type Db, sso } from '../store/index.ts'

/** What a test sign-in proves: the same settings have the same digest, one other certificate has not (LM-17). */
export function digestOf(settings: SamlSettings): string {
  return createHash('sha256').update(canonical(settings)).digest('base64url')
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
  if (row?.protocol !== 'saml') return undefined
  return { ...(JSON.parse(row.settings) as Connection), id: row.id }
}

export async function storeConnection(
  db: Db,
  organisationId: string,
  connection: Omit<Connection, 'id'>,
  now: number,
): Promise<void> {
  const known = await sso.connection(db, organisationId)
  await sso.putConnection(db, {
    org_id: organisationId,
    id: known?.id ?? newId(),
    protocol: 'saml',
    name: connection.name,
    provider: connection.provider,
    settings: JSON.stringify(connection),
    digest: digestOf(connection.saml),
    updated_at: now,
  })
}
