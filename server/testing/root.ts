import { hashPassword } from '../src/auth/index.ts'
import { addRoot } from '../src/directory/index.ts'
import { newId } from '../src/lib/ids.ts'
import { createOrganisation } from './organisation.ts'

/** ROLE_ROOT, signed in at the level of the installation. */
export async function signInRoot() {
  const acme = await createOrganisation()
  const email = `root-${newId()}@usher.example`
  const passwordHash = await hashPassword('Correct-horse-7')
  await acme.usher.directory.change(acme.operator, (write) =>
    addRoot(write, { email, passwordHash }),
  )
  const signedIn = await acme.send('POST', '/api/v1/platform/sign-in', {
    email,
    password: 'Correct-horse-7',
  })
  const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? ''
  return { acme, email, signedIn, cookie, root: { cookie, origin: acme.usher.config.baseUrl } }
}
