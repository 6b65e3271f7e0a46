import { expect, test } from 'vitest'
import type { Shadow } from '../model/organisation.ts'
import { decideScim } from './provisioning.ts'
import { decideBesideShadow, decideShadow } from './shadow.ts'

const running = { portal: true, sso_jit: true, scim: true, ldap: false }
const shadow = (state: Shadow['state']): Shadow => ({ copyId: 'copy', state })
const acme = { name: 'Acme', loginMethod: 'sso', source: 'sso_jit', shadow: null } as const

test.each([
  ['where people sign in by SSO', {}, undefined],
  ['before a login method is chosen', { loginMethod: null }, 'login_method.not_set'],
  ['under a password', { loginMethod: 'password' }, 'provisioning.sso_required'],
  ['where SCIM is the source', { source: 'scim' }, 'provisioning.method_conflict'],
  ['while another is there', { shadow: shadow('open') }, 'provisioning.method_conflict'],
] as const)('a shadow begins %s: %s', (_, facts, code) => {
  expect(decideShadow({ ...acme, ...facts }, running)?.code).toBe(code)
})

test.each([
  [null, true, undefined],
  ['copying', true, 'provisioning.method_conflict'],
  ['open', true, 'provisioning.method_conflict'],
  ['open', false, undefined],
  ['applying', false, 'provisioning.method_conflict'],
] as const)(
  'beside a shadow that is %s, a source is chosen (SCIM: %s)',
  (state, choosesScim, code) => {
    const beside = decideBesideShadow({ shadow: state && shadow(state) }, choosesScim)
    expect(beside?.code).toBe(code)
  },
)

test.each([
  ['portal', 'copying', 'idp', 'provisioning.paused'],
  ['scim', 'applying', 'idp', 'provisioning.paused'],
  ['scim', 'applying', 'copy', undefined],
  ['portal', 'open', 'idp', 'provisioning.method_conflict'],
] as const)('of %s with a shadow that is %s, SCIM hears %s: %s', (source, state, caller, code) => {
  const refusal = decideScim({ name: 'Acme', source, paused: null, shadow: shadow(state) }, caller)
  expect(refusal?.code).toBe(code)
})
