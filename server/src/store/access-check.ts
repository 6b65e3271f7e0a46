import { sql } from 'kysely'
import type { Provenance, UserStatus } from '../model/user.ts'
import { toProvenance } from './access.ts'
import { type Db, isSqlite } from './dialect.ts'
import { statement } from './statement.ts'
import type { Flag, ProvenanceColumns } from './tables.ts'

type Asked = { org: string; user: string; pool: string; now: number }
type Row = Partial<ProvenanceColumns> & {
  first_name: string
  last_name: string
  email: string
  status: UserStatus
  held: Flag
  pool: string | null
  pool_roles: string | null
  role: string | null
  group_name: string | null
  by_way_of: string | null
}

/** How one person reaches one pool. */
export type Reach = {
  person: { name: string; status: UserStatus; held: boolean }
  pool: { name: string; roles: string[] } | undefined
  /** Grants that reach the person now: of a group, by way of another when it is inherited, or their own. */
  ways: { role: string; groups: string[]; provenance: Provenance }[]
}

// The person, the pool and every way between them in one round trip: what the customer's own
// product asks before it opens a door (RB-13).
const reach = statement<Asked, Row>((db, { org, user, pool, now }) => {
  const nobody = isSqlite(db) ? sql`null` : sql`null::text collate "C"`
  const time = isSqlite(db) ? sql`${now}` : sql`${now}::bigint`
  const told = sql.raw('provenance, x.actor, x.actor_id, x.rule, x.request_id, x.at')
  const columns = sql.raw('provenance, actor, actor_id, rule, request_id, at')
  return {
    compile: () =>
      sql<Row>`with recursive
      reached(group_id, via, ${columns}) as (
        select x.group_id, ${nobody}, x.${told} from group_members x
          where x.org_id = ${org} and x.user_id = ${user}
        union
        select n.group_id, coalesce(x.via, x.group_id), x.${told} from reached x
          join nested_groups n on n.org_id = ${org} and n.child_id = x.group_id),
      ways(role, group_name, by_way_of, ${columns}) as (
        select x.role, ${nobody}, ${nobody}, x.${told} from grants x
          where x.org_id = ${org} and x.subject_kind = 'user' and x.subject_id = ${user}
            and x.pool_id = ${pool} and (x.expires_at is null or x.expires_at > ${time})
        union all
        select r.role, g.name, d.name, x.${told} from reached x
          join grants r on r.org_id = ${org} and r.subject_kind = 'group'
            and r.subject_id = x.group_id and r.pool_id = ${pool}
            and (r.expires_at is null or r.expires_at > ${time})
          join groups g on g.org_id = ${org} and g.id = x.group_id
          left join groups d on d.org_id = ${org} and d.id = x.via)
      select u.first_name, u.last_name, u.email, u.status, u.held, p.name as pool,
          (select string_agg(a.role, ' ') from pool_roles a
            where a.org_id = ${org} and a.pool_id = ${pool}) as pool_roles, ways.*
        from users u left join pools p on p.org_id = ${org} and p.id = ${pool}
          left join ways on true
        where u.org_id = ${org} and u.id = ${user}`.compile(db),
  }
})

/** @returns undefined when there is no such person; a pool that is not there is left out. */
export async function find(
  db: Db,
  organisationId: string,
  asked: { userId: string; poolId: string; now: number },
): Promise<Reach | undefined> {
  const { userId: user, poolId: pool, now } = asked
  const rows = await reach(db, { org: organisationId, user, pool, now })
  const [first] = rows
  if (!first) return undefined
  return {
    person: {
      name: `${first.first_name} ${first.last_name}`.trim() || first.email,
      status: first.status,
      held: first.held === 1,
    },
    pool:
      first.pool === null
        ? undefined
        : { name: first.pool, roles: first.pool_roles?.split(' ').sort() ?? [] },
    ways: rows.flatMap((row) =>
      row.role === null
        ? []
        : {
            role: row.role,
            groups: [row.by_way_of, row.group_name].filter((name) => name !== null),
            provenance: toProvenance(row as ProvenanceColumns),
          },
    ),
  }
}
