import { expect, test } from 'vitest'
import { atEndOfTurn, behindEndOfTurn, endOfTurn, oncePerTurn } from './turn.ts'

test('what is sent at the end of a turn, or by promises that it settled, leaves with what was sent before', async () => {
  const happened: string[] = []
  const send = (what: string) => behindEndOfTurn(() => happened.push(`sent ${what}`))
  send('early')
  atEndOfTurn(() => {
    happened.push('ended')
    void Promise.resolve().then(() => send('late'))
  })
  const nextPhase = new Promise((resolve) => setTimeout(resolve))

  await nextPhase

  expect(happened).toEqual(['ended', 'sent early', 'sent late'])
})

test('what begins while a turn ends has its own end, and nothing is forgotten', async () => {
  const happened: string[] = []
  await new Promise<void>((resolve) => {
    behindEndOfTurn(() => {
      happened.push('sent')
      atEndOfTurn(() => {
        happened.push('ended again')
        behindEndOfTurn(resolve)
      })
    })
  })

  expect(happened).toEqual(['sent', 'ended again'])
})

test('what is sent waits for one end of a turn and not for the next, however often one follows', async () => {
  let ends = 0
  const goOn = () => {
    ends += 1
    if (ends < 10) void endOfTurn().then(goOn)
  }
  void endOfTurn().then(goOn)

  const endsBefore = await new Promise<number>((resolve) => {
    behindEndOfTurn(() => resolve(ends))
  })

  expect(endsBefore).toBe(1)
})

test('who asks the same in one turn shares the answer; the next turn asks anew', async () => {
  const asked: string[] = []
  const find = oncePerTurn(
    async ({ name }: { name: string }) => asked.push(name),
    ({ name }) => name,
  )

  const answers = await Promise.all(['ada', 'bob', 'ada'].map((name) => find({ name })))
  await endOfTurn()
  const later = await find({ name: 'ada' })

  expect(answers).toEqual([1, 2, 1])
  expect(later).toBe(3)
  expect(asked).toEqual(['ada', 'bob', 'ada'])
})

test('a question that failed fails whoever shared it, and is asked anew', async () => {
  let isDown = true
  const find = oncePerTurn(
    async () => {
      if (isDown) throw new Error('down')
      return 'here'
    },
    () => 'one',
  )

  const answers = await Promise.allSettled([find({}), find({})])
  await endOfTurn()
  isDown = false

  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await find({})).toBe('here')
})
