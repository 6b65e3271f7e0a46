import { expect, test } from 'vitest'
import { createOrganisation } from '../../testing/organisation.ts'
import { newId } from '../lib/ids.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }

test.each([
  ['a field that is unknown', '/users', { ...ada, shoeSize: 43 }, ['/shoeSize']],
  ['two of them', '/users', { ...ada, shoeSize: 43, 'a/b~c': 1 }, ['/shoeSize', '/a~1b~0c']],
  [
    'one inside another field',
    '/identity/login-method/preview',
    { method: 'google', google: { hosted: 'acme.test' } },
    ['/google/hosted'],
  ],
  ['one beside a field', '/users', { ...ada, lastName: ' ', age: 36 }, ['/lastName', '/age']],
  [
    'one in a body that may be of two kinds',
    `/groups/${newId()}/members`,
    { userId: newId(), role: 'owner' },
    ['/role'],
  ],
])('GE-1: of %s a refusal says where it is', async (_, path, body, pointers) => {
  const acme = await createOrganisation({ method: 'password' })

  const refused = await acme.api('POST', path, body)

  expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect(refused.body.errors.map((one: { pointer: string }) => one.pointer)).toEqual(pointers)
})

test.each([
  ['GET', '/users/ada'],
  ['PATCH', '/users/ada'],
  ['DELETE', '/groups/1'],
  ['GET', `/domains/${'x'.repeat(300)}`],
  ['GET', '/sign-in-log/%20'],
])('GE-2: at %s %s there is nothing, as at any id that nobody has', async (method, path) => {
  const acme = await createOrganisation({ method: 'password' })

  const refused = await acme.api(method, path, method === 'PATCH' ? {} : undefined)
  const elsewhere = await acme.api('GET', '/users', undefined, { of: 'acme' })

  for (const answer of [refused, elsewhere]) {
    expect(answer).toMatchObject({ status: 404, body: { code: 'resource.not_found' } })
  }
})
