import { z } from 'zod'
import { AuditConditions, Id } from '../../../contract/src/index.ts'
import { beginAuditExport, endAuditExport, exportedEvents } from '../directory/index.ts'
import { type Columns, csvMoment, sendCsv } from './csv-file.ts'
import { type Api, type ApiDoor, callerFor, csvFile } from './door.ts'

const params = z.object({ organisationId: Id })

type Event =
  Awaited<ReturnType<typeof exportedEvents>> extends AsyncGenerator<(infer One)[]> ? One : never

const columns: Columns<Event> = {
  Id: ({ id }) => id,
  Time: ({ at }) => csvMoment(at),
  Type: ({ type }) => type,
  Result: ({ result }) => result,
  'Actor kind': (event) => event.actor_kind,
  'Actor id': (event) => event.actor_id ?? '',
  Actor: ({ actor }) => actor,
  Address: ({ ip }) => ip ?? '',
  Source: ({ source }) => source ?? '',
  'Subject kind': (event) => event.subject_kind ?? '',
  'Subject id': (event) => event.subject_id ?? '',
  Subject: ({ subject }) => subject ?? '',
  Before: ({ before }) => json(before),
  After: ({ after }) => json(after),
  Data: ({ data }) => json(data),
  Emergency: ({ emergency }) => (emergency === 1 ? 'yes' : 'no'),
  'Request id': (event) => event.request_id ?? '',
}

const json = (value: unknown) => (value === null ? '' : JSON.stringify(value))

/** The audit as a file, by the conditions in force, newest first (AU-3). */
export function auditExportRoutes(app: Api, door: ApiDoor): void {
  app.get(
    '/orgs/:organisationId/audit-events/export',
    // Who asks for the headings alone would have the whole trail read.
    {
      exposeHeadRoute: false,
      schema: { params, querystring: AuditConditions, response: { 200: csvFile } },
    },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const { userId, ...rest } = request.query
      const conditions = { ...rest, subjectId: userId }
      await door.directory.change(actor, (write) => beginAuditExport(write, conditions))
      const { found } = await door.directory.view(actor, async (read) => ({
        found: exportedEvents(read, conditions),
      }))
      return sendCsv(reply, {
        name: 'usher-audit',
        now: door.clock.now(),
        columns,
        pages: found,
        ended: (count, complete) =>
          door.directory.change(actor, (write) =>
            endAuditExport(write, { events: count, complete }),
          ),
      })
    },
  )
}
