import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Filter, type Operator, parseFilter, printFilter } from './filter.ts'
import type { JsonObject } from './json.ts'
import { matches } from './matches.ts'
import { enterpriseSchema } from './names.ts'
import { type AttributeRef, allAttributes, attributeRef, leaf, userResource } from './schema.ts'

const type = userResource({ syncRoles: true })

/** Few and alike, so that random people meet random filters. */
const word = fc.constantFrom('a', 'A', 'ab', 'Ab', 'ba', 'work', 'home', 'ä"\\', ' ', '')
const text = fc.oneof(
  { arbitrary: word, weight: 5 },
  { arbitrary: fc.string({ unit: 'grapheme' }), weight: 1 },
)
const clean = text.map((value) => value.replaceAll('\0', ''))
const moment = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })

const refs = allAttributes(type)
  .flatMap((ref): AttributeRef[] =>
    ref.attribute.subAttributes
      ? ref.attribute.subAttributes.map((sub) => attributeRef(ref.extension, ref.attribute, sub))
      : [ref],
  )
  .filter((ref) => leaf(ref).returned !== 'never')
const multi = allAttributes(type).filter(
  ({ attribute }) => attribute.multiValued && attribute.subAttributes,
)

const equality: Operator[] = ['eq', 'ne']
const order: Operator[] = [...equality, 'gt', 'ge', 'lt', 'le']

function conditionOn(ref: AttributeRef): fc.Arbitrary<Filter> {
  const compare = (operators: Operator[], values: fc.Arbitrary<string | number | boolean>) =>
    fc.record({
      kind: fc.constant('compare' as const),
      attribute: fc.constant(ref),
      operator: fc.constantFrom(...operators),
      value: values,
    })
  const present = fc.constant({ kind: 'present' as const, attribute: ref })
  const moments = moment.map((date) => date.getTime())
  const { type: kind } = leaf(ref)
  if (kind === 'boolean') return fc.oneof(present, compare(equality, fc.boolean()))
  if (kind === 'binary') return fc.oneof(present, compare(equality, clean))
  if (kind === 'dateTime') return fc.oneof(present, compare(order, moments))
  return fc.oneof(present, compare([...order, 'co', 'sw', 'ew'], clean))
}

/** Filters over conditions, three deep. */
function combined(condition: fc.Arbitrary<Filter>, depth = 3): fc.Arbitrary<Filter> {
  if (depth === 0) return condition
  const inner = combined(condition, depth - 1)
  return fc.oneof(
    { arbitrary: condition, weight: 3 },
    {
      arbitrary: fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        terms: fc.array(inner, { minLength: 2, maxLength: 3 }),
      }),
      weight: 2,
    },
    { arbitrary: inner.map((term) => ({ kind: 'not' as const, term })), weight: 1 },
  )
}

const popular = refs.filter(({ path }) =>
  /^(userName|title|active|name\.|emails\.|externalId|meta\.created|urn:.*employeeNumber)/.test(
    path,
  ),
)
const plain = fc.constantFrom(...popular, ...popular, ...refs).chain(conditionOn)
const inValue = fc.constantFrom(...multi).chain((owner) =>
  combined(
    fc
      .constantFrom(...(owner.attribute.subAttributes ?? []))
      .chain((sub) => conditionOn(attributeRef(owner.extension, owner.attribute, sub))),
    1,
  ).map((where): Filter => ({ kind: 'value', attribute: owner, where })),
)
const anyFilter = combined(
  fc.oneof({ arbitrary: plain, weight: 3 }, { arbitrary: inValue, weight: 1 }),
)

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 })
const person = fc
  .record({
    userName: clean,
    title: maybe(clean),
    externalId: maybe(clean),
    active: maybe(fc.boolean()),
    name: maybe(fc.record({ givenName: maybe(clean), familyName: maybe(clean) })),
    emails: maybe(
      fc.array(fc.record({ value: clean, type: maybe(word), primary: maybe(fc.boolean()) }), {
        maxLength: 3,
      }),
    ),
    meta: fc.record({ created: moment.map((date) => date.toISOString()) }),
    [enterpriseSchema]: maybe(fc.record({ employeeNumber: clean })),
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)

const reread = (filter: Filter) => parseFilter(type, printFilter(filter))
const runs = { numRuns: 500 }

test('a filter printed and read again is the same filter', () => {
  fc.assert(
    fc.property(anyFilter, (filter) => {
      expect(reread(filter)).toEqual(filter)
    }),
    runs,
  )
})

test('"not", "and" and "or" mean what they say', () => {
  fc.assert(
    fc.property(anyFilter, anyFilter, person, (a, b, someone) => {
      const holds = (text: string) => matches(parseFilter(type, text), someone)
      const [left, right] = [printFilter(a), printFilter(b)]
      const [isLeft, isRight] = [holds(left), holds(right)]

      expect(holds(`not (${left})`)).toBe(!isLeft)
      expect(holds(`not (not (${left}))`)).toBe(isLeft)
      expect(holds(`(${left}) and (${right})`)).toBe(isLeft && isRight)
      expect(holds(`(${left}) or (${right})`)).toBe(isLeft || isRight)
      expect(holds(`not ((${left}) and (${right}))`)).toBe(holds(`not (${left}) or not (${right})`))
      expect(holds(`not ((${left}) or (${right}))`)).toBe(holds(`not (${left}) and not (${right})`))
    }),
    runs,
  )
})

test('without parentheses "and" binds before "or"', () => {
  fc.assert(
    fc.property(plain, plain, plain, person, (a, b, c, someone) => {
      const holds = (text: string) => matches(parseFilter(type, text), someone)
      const [x, y, z] = [a, b, c].map(printFilter)

      expect(holds(`${x} or ${y} and ${z}`)).toBe(holds(`${x} or (${y} and ${z})`))
      expect(holds(`${x} and ${y} or ${z}`)).toBe(holds(`(${x} and ${y}) or ${z}`))
      expect(holds(`not (${x}) and ${y}`)).toBe(!holds(`${x}`) && holds(`${y}`))
    }),
    runs,
  )
})

test('conditions on one value hold at most where they hold apart', () => {
  const onEmail = fc
    .constantFrom(...popular.filter(({ attribute }) => attribute.name === 'emails'))
    .chain(conditionOn)
  fc.assert(
    fc.property(onEmail, onEmail, person, (a, b, someone) => {
      const email = multi.find(({ path }) => path === 'emails') as AttributeRef
      const together: Filter = {
        kind: 'value',
        attribute: email,
        where: { kind: 'and', terms: [a, b] },
      }
      const apart: Filter = { kind: 'and', terms: [a, b] }

      expect(matches(together, someone) && !matches(apart, someone)).toBe(false)
      expect(matches({ kind: 'value', attribute: email, where: a }, someone)).toBe(
        matches(a, someone),
      )
    }),
    runs,
  )
})
