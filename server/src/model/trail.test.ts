import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chainText, firstFault, readList, type Sealed, textOf, writeList } from './trail.ts'

const id = fc.uuid({ version: 7 })
const digest = fc.stringMatching(/^[\w-]{43}$/)
const sealed = fc
  .uniqueArray(fc.record({ id, digest }), {
    selector: (one) => one.id,
    minLength: 1,
    maxLength: 40,
  })
  .map((all) => all.toSorted((one, other) => (one.id < other.id ? -1 : 1)))

describe('AU-5: the list of a seal', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(sealed, (all) => {
        const short = all.map((one) => ({ ...one, digest: one.digest.slice(0, 22) }))
        expect(readList(writeList(all))).toEqual(short)
      }),
    )
  })

  test('that was cut is none', () => {
    fc.assert(
      fc.property(sealed, fc.integer({ min: 1, max: 53 }), (all, cut) => {
        expect(readList(writeList(all).slice(cut))).toBeUndefined()
      }),
    )
  })
})

describe('AU-5: the first fault of a stretch', () => {
  const listOf = (all: Sealed[]) => readList(writeList(all)) ?? []
  const at = fc.nat()

  test('of what is as it was is none', () => {
    fc.assert(
      fc.property(sealed, (all) => {
        expect(firstFault(3, listOf(all), all)).toBeUndefined()
      }),
    )
  })

  test('names the event that was altered, removed or added, whichever it is', () => {
    fc.assert(
      fc.property(sealed, at, id, digest, (all, place, newId, newDigest) => {
        const index = place % all.length
        const one = all[index] as Sealed
        fc.pre(!all.some((other) => other.id === newId) && newDigest !== one.digest)
        const altered = all.with(index, { ...one, digest: newDigest })
        const removed = all.toSpliced(index, 1)
        const added = [...all, { id: newId, digest: newDigest }].toSorted((a, b) =>
          a.id < b.id ? -1 : 1,
        )

        expect(firstFault(3, listOf(all), altered)).toEqual({
          kind: 'altered',
          eventId: one.id,
          seal: 3,
        })
        expect(firstFault(3, listOf(all), removed)).toEqual({
          kind: 'missing',
          eventId: one.id,
          seal: 3,
        })
        expect(firstFault(3, listOf(all), added)).toEqual({
          kind: 'added',
          eventId: newId,
          seal: 3,
        })
      }),
    )
  })

  test('names the first of several, in the order of the trail', () => {
    fc.assert(
      fc.property(sealed, at, at, digest, (all, one, other, newDigest) => {
        const places = [one % all.length, other % all.length].toSorted((a, b) => a - b)
        const [first = 0, last = 0] = places
        fc.pre(first !== last && all[first]?.digest !== newDigest)
        const tampered = all
          .with(first, { ...(all[first] as Sealed), digest: newDigest })
          .toSpliced(last, 1)

        expect(firstFault(1, listOf(all), tampered)?.eventId).toBe(all[first]?.id)
      }),
    )
  })
})

test('AU-5: no two events, and no two seals, come to the same text', () => {
  const event = { id: 'a', type: 'b', at: 1, actor: '["x"]', data: null }
  const others = [
    { ...event, at: '1' },
    { ...event, actor: ['x'] },
    { ...event, type: 'b",1' },
    { ...event, data: '' },
    { ...event, before: 'b', type: null },
  ]
  const seal = { org_id: 'o', number: 1, first_id: 'a', last_id: 'b', events: 2, list_digest: 'l' }
  const seals = [
    chainText(null, seal),
    chainText('', seal),
    chainText(null, { ...seal, number: 2 }),
    chainText(null, { ...seal, org_id: 'p' }),
    chainText(null, { ...seal, first_id: 'b', last_id: 'a' }),
  ]

  expect(new Set([event, ...others].map(textOf)).size).toBe(6)
  expect(new Set(seals).size).toBe(5)
})
