/**
 * `scimmy-routers`, which brings no store: here over the plainest durable one, a table of documents
 * with an index by id and by userName, each write a transaction of its own.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import express from 'express'
import SCIMMY from 'scimmy'
import Routers from 'scimmy-routers'
import { person } from './person.js'
import { serve } from './serve.js'

const token = 'bench-token-of-scimmy'
const people = Number(process.env.PEOPLE)
const database = new DatabaseSync(join(process.env.DATA_DIR, 'scimmy.db'))
database.exec(`pragma journal_mode = wal; pragma synchronous = full;
  create table if not exists documents (kind text not null, id text not null, name text not null,
    document text not null, primary key (kind, id)) without rowid;
  create unique index if not exists documents_name on documents (kind, name)`)
const put = database.prepare(`insert into documents values (?, ?, ?, ?)
  on conflict (kind, id) do update set name = excluded.name, document = excluded.document`)
const byId = database.prepare('select document from documents where kind = ? and id = ?')
const byName = database.prepare('select document from documents where kind = ? and name = ?')
const page = database.prepare(
  'select document from documents where kind = ? order by id limit ? offset ?',
)
const remove = database.prepare('delete from documents where kind = ? and id = ?')
fill()

declare('User', 'userName')
declare('Group', 'displayName')

function declare(kind, nameOf) {
  SCIMMY.Resources.declare(SCIMMY.Resources[kind], {
    ingress(resource, data) {
      const id = resource.id ?? randomUUID()
      const now = new Date()
      const document = {
        ...JSON.parse(JSON.stringify(data)),
        id,
        meta: { created: now, lastModified: now },
      }
      put.run(kind, id, document[nameOf].toLowerCase(), JSON.stringify(document))
      return document
    },
    egress(resource) {
      if (resource.id) {
        const found = byId.get(kind, resource.id)
        if (!found) throw new SCIMMY.Types.Error(404, null, `${kind} not found`)
        return read(found)
      }
      const name = exactName(resource.filter, nameOf)
      if (name !== undefined) return byName.all(kind, name.toLowerCase()).map(read)
      // It counts and cuts the page itself, from everything.
      return page.all(kind, -1, 0).map(read)
    },
    degress(resource) {
      remove.run(kind, resource.id)
    },
  })
}

function read({ document }) {
  const { meta, ...rest } = JSON.parse(document)
  return {
    ...rest,
    meta: { created: new Date(meta.created), lastModified: new Date(meta.lastModified) },
  }
}

function exactName(filter, nameOf) {
  const said = filter?.[0]?.[nameOf]
  return Array.isArray(said) && said[0] === 'eq' ? String(said[1]) : undefined
}

function fill() {
  const { there } = database.prepare('select count(*) as there from documents').get()
  if (there >= people) return
  database.exec('begin')
  for (let number = there; number < people; number += 1) {
    const userName = `seed${number}@acme.test`
    const now = new Date()
    const id = randomUUID()
    const one = { ...person, id, userName, meta: { created: now, lastModified: now } }
    put.run('User', id, userName, JSON.stringify(one))
  }
  database.exec('commit')
}

const app = express()
app.use(
  '/scim/v2',
  new Routers({
    type: 'bearer',
    handler(request) {
      if (request.header('authorization') !== `Bearer ${token}`) throw new Error('Unknown token.')
      return 'bench'
    },
  }),
)
serve(app, { base: '/scim/v2', token })
