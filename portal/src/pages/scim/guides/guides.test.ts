import { expect, test } from 'vitest'
import { guides } from './index.ts'

const names = ['entra', 'okta', 'onelogin', 'ping', 'jumpcloud', 'google']

test('there is a guide for each identity provider that the simulation has, in a fixed order', () => {
  expect(guides.map(({ id }) => id)).toEqual(names)
})

test.each(guides)(
  '$label: says where the base URL and the token go, and marks words in pairs',
  (guide) => {
    const parts = guide.steps.flatMap((step) => step.parts)
    const values = parts
      .flatMap((part) => ('enter' in part ? part.enter : []))
      .map(({ value }) => value)
    const sentences = parts.flatMap((part) =>
      'say' in part ? [part.say] : 'list' in part ? part.list : [],
    )

    expect(values).toContain('baseUrl')
    expect(values).toContain('token')
    for (const sentence of sentences) expect(sentence.split('**').length % 2, sentence).toBe(1)
    expect(guide.mapping.map(({ here }) => here)).toEqual(
      expect.arrayContaining(['userName', 'externalId', 'active', 'name.givenName']),
    )
    expect(guide.source).toMatch(/^https:\/\//)
  },
)

test('the template for OneLogin is JSON and has what a person needs', () => {
  const onelogin = guides.find(({ id }) => id === 'onelogin')
  const pasted = onelogin?.steps.flatMap(({ parts }) => parts).find((part) => 'paste' in part)

  const template = JSON.parse(pasted && 'paste' in pasted ? pasted.paste.text : '')

  expect(template).toMatchObject({ userName: expect.any(String), emails: [{ primary: true }] })
})
