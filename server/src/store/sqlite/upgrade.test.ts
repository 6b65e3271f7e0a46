import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openSqlite } from './index.ts'

/** What this process has read so far, in bytes. */
const readSoFar = () => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])

test('a server of a newer version does not read a whole directory before it answers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'usher-upgrade-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'usher.db')
  await (await openSqlite(file)).close()
  const before = new DatabaseSync(file)
  before.exec(`delete from schema_migrations where version = 2;
    alter table groups drop column members_set;
    insert into group_members with recursive many(i) as
      (select 1 union all select i + 1 from many where i < 200000)
      select 'acme', 'team', printf('%040d', i), 'scim', 'SCIM', null, null, null, 1 from many`)
  const statistics = 'select * from sqlite_stat1 order by tbl, idx'
  const described = before.prepare(statistics).all()
  before.close()

  const begun = readSoFar()
  const store = await openSqlite(file)
  const read = readSoFar() - begun
  await store.close()

  const after = new DatabaseSync(file)
  expect(after.prepare(statistics).all()).toEqual(described)
  expect(after.prepare('select members_set from groups').all()).toEqual([])
  after.close()
  expect(statSync(file).size).toBeGreaterThan(20_000_000)
  expect(read).toBeLessThan(2_000_000)
})
