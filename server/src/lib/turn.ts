type Work = () => void

let ending: Work[] = []
let sending: Work[] = []
let sendersDue = 0
let turnsEnded = 0

/** Runs at the end of this turn of the event loop, when what was read from the network at once has been looked at. */
export function atEndOfTurn(work: Work): void {
  ending.push(work)
  if (ending.length > 1) return
  setImmediate(() => {
    turnsEnded += 1
    const works = ending
    ending = []
    for (const one of works) one()
  })
  // Promises that these works settle go on between the two, and what they send leaves at once.
  sendSoon()
}

/** Runs behind what waits for the end of this turn, so that whatever is sent until then leaves together. */
export function behindEndOfTurn(work: Work): void {
  sending.push(work)
  if (sendersDue === 0) sendSoon()
}

function sendSoon(): void {
  sendersDue += 1
  const turn = turnsEnded
  setImmediate(() => {
    sendersDue -= 1
    // This turn has yet to end, and another comes behind its end. For the next one nothing waits.
    if (turn === turnsEnded && ending.length > 0) return
    const works = sending
    sending = []
    for (const one of works) one()
  })
}

export function endOfTurn(): Promise<void> {
  return new Promise(atEndOfTurn)
}

/**
 * One answer for all who ask the same in one turn of the event loop. For what is asked while a request
 * is read, and for nothing later: requests of one turn lay there before it began, so what they are told
 * is as new as if each had asked alone.
 */
export function oncePerTurn<Key, Value>(
  ask: (key: Key) => Promise<Value>,
  nameOf: (key: Key) => string,
) {
  const asked = new Map<string, Promise<Value>>()
  return (key: Key): Promise<Value> => {
    const name = nameOf(key)
    const known = asked.get(name)
    if (known) return known
    if (asked.size === 0) atEndOfTurn(() => asked.clear())
    const answer = ask(key)
    asked.set(name, answer)
    return answer
  }
}
