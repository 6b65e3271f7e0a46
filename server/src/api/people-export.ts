import { z } from 'zod'
import { Id, UserExport } from '../../../contract/src/index.ts'
import { beginExport, endExport, exportedPeople, roleLabel } from '../directory/index.ts'
import { type Columns, csvMoment as moment, sendCsv } from './csv-file.ts'
import { type Api, type ApiDoor, callerFor, csvFile } from './door.ts'
import { readPeopleSort, readWanted } from './people-query.ts'

const params = z.object({ organisationId: Id })

type Person =
  Awaited<ReturnType<typeof exportedPeople>> extends AsyncGenerator<(infer One)[]> ? One : never

/** By the names under which a file of people is read again, where it has them (IN-12). */
const columns: Columns<Person> = {
  Id: ({ user }) => user.id,
  'First name': ({ user }) => user.firstName,
  'Last name': ({ user }) => user.lastName,
  'E-mail': ({ user }) => user.email,
  Status: ({ user }) => user.status,
  'Pending reason': ({ user }) => (user.status === 'pending' ? (user.pendingReason ?? '') : ''),
  Held: ({ user }) => (user.held ? 'yes' : 'no'),
  Roles: ({ roles }) => roles.join(';'),
  'Highest role': ({ roles }) => roleLabel(roles),
  'Managed by': ({ user }) => user.managedBy,
  'Joined by': ({ user }) => user.joinedBy,
  Groups: ({ groups }) => groups.map(({ name }) => name).join(';'),
  'Created by': ({ user }) => user.createdBy,
  Created: ({ user }) => moment(user.createdAt),
  'Last modified by': ({ user }) => user.updatedBy,
  'Last modified': ({ user }) => moment(user.updatedAt),
  'Last sign-in': ({ user }) => (user.lastSignInAt === null ? 'Never' : moment(user.lastSignInAt)),
}

/** The filtered list as a file (US-16), handed out as fast as it is taken and never held whole. */
export function peopleExportRoutes(app: Api, door: ApiDoor): void {
  app.get(
    '/orgs/:organisationId/users/export',
    // Who asks for the headings alone would have the whole directory read.
    {
      exposeHeadRoute: false,
      schema: { params, querystring: UserExport, response: { 200: csvFile } },
    },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const now = door.clock.now()
      const wanted = readWanted(request.query, now)
      const sort = readPeopleSort(request.query.sort)
      await door.directory.change(actor, (write) => beginExport(write, wanted, sort))
      const pages = await door.directory.view(actor, async (read) => ({
        found: exportedPeople(read, wanted, sort),
      }))
      return sendCsv(reply, {
        name: 'usher-users',
        now,
        columns,
        pages: pages.found,
        ended: (people, complete) =>
          door.directory.change(actor, (write) => endExport(write, { people, complete })),
      })
    },
  )
}
