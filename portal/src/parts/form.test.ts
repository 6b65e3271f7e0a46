import { expect, test } from 'vitest'
import { indentXml } from './Code.tsx'
import { slugFrom } from './form.ts'

test.each([
  ['Acme Robotics', 'acme-robotics'],
  ['Müller & Söhne GmbH', 'muller-sohne-gmbh'],
  ['  --  ', ''],
  ['東京', ''],
])('the short name of "%s" is "%s"', (name, slug) => {
  expect(slugFrom(name)).toBe(slug)
})

test('XML is indented for reading and otherwise unchanged', () => {
  expect(indentXml('<a><b>text</b><c/></a>')).toBe('<a>\n  <b>text</b>\n  <c/>\n</a>')
})
