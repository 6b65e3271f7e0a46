/** The first of the people whom a peer starts with; the others are the same rows with other keys. */
export const person = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName: 'seed0@acme.test',
  externalId: 'seed-0',
  active: true,
  displayName: 'Seed',
  name: { givenName: 'Seed', familyName: 'Number', formatted: 'Seed Number' },
  emails: [{ type: 'work', value: 'seed0@acme.test', primary: true }],
  title: 'Engineer',
}
