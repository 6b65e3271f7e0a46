import { sql } from 'kysely'
import type { GoogleSettings } from '../model/connection.ts'
import type {
  LoginMethod,
  Organisation,
  Paused,
  ProvisioningSource,
  Rollback,
  Shadow,
  Switching,
} from '../model/organisation.ts'
import { type Db, isSqlite } from './dialect.ts'
import { gathered, requireOwnTransaction, statement } from './statement.ts'
import type { Flag, OrganisationsTable } from './tables.ts'

export async function insert(db: Db, organisation: Organisation): Promise<boolean> {
  const row = await db
    .insertInto('organisations')
    .values(toRow(organisation))
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function find(db: Db, id: string): Promise<Organisation | undefined> {
  const row = await db
    .selectFrom('organisations')
    .selectAll()
    .where('id', '=', id)
    .where('shadow_of', 'is', null)
    .executeTakeFirst()
  return row && toOrganisation(row)
}

export async function findBySlug(db: Db, slug: string): Promise<Organisation | undefined> {
  const row = await db
    .selectFrom('organisations')
    .selectAll()
    .where('slug', '=', slug)
    .where('shadow_of', 'is', null)
    .executeTakeFirst()
  return row && toOrganisation(row)
}

/**
 * Holds the organisation's settings still until the transaction ends. Changes of people share the
 * lock with each other; a change of the settings themselves takes it alone.
 */
export async function lock(
  db: Db,
  id: string,
  how: 'share' | 'alone' = 'share',
): Promise<Organisation | undefined> {
  const [row] = await locked[how](db, { id })
  return row && toOrganisation(row)
}

const locked = { share: gathered(lockedBy('share')), alone: lockedBy('alone') }

function lockedBy(how: 'share' | 'alone') {
  return statement<{ id: string }, OrganisationsTable>((db, { id }) => {
    const query = db.selectFrom('organisations').selectAll().where('id', '=', id)
    if (isSqlite(db)) return query
    return how === 'alone' ? query.forUpdate() : query.forShare()
  })
}

/**
 * Those who hold the organisation together with others and have to be one after the other wait here.
 * Taking the organisation alone instead, two of them would wait for each other. The row is that of the
 * Default group, which nobody else ever waits for.
 */
export async function standInLine(
  db: Db,
  { id, defaultGroupId }: Pick<Organisation, 'id' | 'defaultGroupId'>,
): Promise<void> {
  if (isSqlite(db)) return
  requireOwnTransaction(db)
  await db
    .selectFrom('groups')
    .select('id')
    .where('org_id', '=', id)
    .where('id', '=', defaultGroupId)
    .forUpdate()
    .execute()
}

export async function list(db: Db): Promise<Organisation[]> {
  const rows = await db
    .selectFrom('organisations')
    .selectAll()
    .where('shadow_of', 'is', null)
    .orderBy('name')
    .limit(1_000)
    .execute()
  return rows.map(toOrganisation)
}

const readAtOnce = 200

/** Every organisation, in the order of their ids, however many there are. */
export async function* each(db: Db): AsyncGenerator<Organisation> {
  let after = ''
  for (;;) {
    const rows = await db
      .selectFrom('organisations')
      .selectAll()
      .where('id', '>', after)
      .where('shadow_of', 'is', null)
      .orderBy('id')
      .limit(readAtOnce)
      .execute()
    yield* rows.map(toOrganisation)
    const last = rows.at(-1)
    if (!last || rows.length < readAtOnce) return
    after = last.id
  }
}

/** Whether the installation is in use; a demo leaves the set-up page open. */
export async function any(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('organisations')
    .select('id')
    .where('demo', '=', 0)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export type Change = {
  name?: string
  loginMethod?: LoginMethod
  google?: GoogleSettings
  source?: {
    source: ProvisioningSource
    chosenBy: string
    at: number
    handedOver: ProvisioningSource[]
    rollback: Rollback | null
  }
  paused?: Paused | null
  shadow?: Shadow | null
  selfServiceEnabled?: boolean
  requireSecondFactor?: boolean
}

export async function change(db: Db, id: string, change: Change): Promise<void> {
  await db
    .updateTable('organisations')
    .set({
      version: sql`version + 1`,
      ...(change.name !== undefined && { name: change.name }),
      ...(change.loginMethod && { login_method: change.loginMethod }),
      ...(change.google && { google_domain: change.google.workspaceDomain ?? null }),
      ...(change.source && {
        source: change.source.source,
        source_chosen_by: change.source.chosenBy,
        source_chosen_at: change.source.at,
        handed_over: change.source.handedOver.join(' '),
        rollback: change.source.rollback && JSON.stringify(change.source.rollback),
      }),
      ...(change.paused !== undefined && pausedColumns(change.paused)),
      ...(change.shadow !== undefined && {
        shadow: change.shadow && JSON.stringify(change.shadow),
      }),
      ...(change.selfServiceEnabled !== undefined && {
        self_service_enabled: flag(change.selfServiceEnabled),
      }),
      ...(change.requireSecondFactor !== undefined && {
        require_second_factor: flag(change.requireSecondFactor),
      }),
    })
    .where('id', '=', id)
    .execute()
}

export function flag(value: boolean): Flag {
  return value ? 1 : 0
}

function pausedColumns(paused: Paused | null) {
  return { paused_by: paused?.by ?? null, paused_at: paused?.at ?? null }
}

function toRow(organisation: Organisation): OrganisationsTable {
  return {
    id: organisation.id,
    name: organisation.name,
    slug: organisation.slug,
    login_method: organisation.loginMethod,
    source: organisation.source,
    source_chosen_by: organisation.sourceChosenBy,
    source_chosen_at: organisation.sourceChosenAt,
    handed_over: organisation.handedOver.join(' '),
    rollback: organisation.rollback && JSON.stringify(organisation.rollback),
    ...pausedColumns(organisation.paused),
    require_second_factor: flag(organisation.requireSecondFactor),
    self_service_enabled: flag(organisation.selfServiceEnabled),
    default_group_id: organisation.defaultGroupId,
    default_pool_id: organisation.defaultPoolId,
    demo: flag(organisation.demo),
    google_domain: organisation.google.workspaceDomain ?? null,
    switching: organisation.switching && JSON.stringify(organisation.switching),
    shadow: organisation.shadow && JSON.stringify(organisation.shadow),
    shadow_of: null,
    version: organisation.version,
    created_at: organisation.createdAt,
  }
}

export function readSwitching({ switching }: { switching: string | null }): Switching | null {
  return switching === null ? null : (JSON.parse(switching) as Switching)
}

export function toOrganisation(row: OrganisationsTable): Organisation {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    loginMethod: row.login_method,
    source: row.source,
    sourceChosenBy: row.source_chosen_by,
    sourceChosenAt: row.source_chosen_at,
    handedOver: row.handed_over === '' ? [] : (row.handed_over.split(' ') as ProvisioningSource[]),
    rollback: row.rollback === null ? null : (JSON.parse(row.rollback) as Rollback),
    paused: row.paused_at === null ? null : { by: row.paused_by ?? '', at: row.paused_at },
    requireSecondFactor: row.require_second_factor === 1,
    selfServiceEnabled: row.self_service_enabled === 1,
    defaultGroupId: row.default_group_id,
    defaultPoolId: row.default_pool_id,
    demo: row.demo === 1,
    google: row.google_domain === null ? {} : { workspaceDomain: row.google_domain },
    switching: readSwitching(row),
    shadow: row.shadow === null ? null : (JSON.parse(row.shadow) as Shadow),
    version: row.version,
    createdAt: row.created_at,
  }
}
