/** What was read from the network at once has been looked at then. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
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
    if (asked.size === 0) setImmediate(() => asked.clear())
    const answer = ask(key)
    asked.set(name, answer)
    return answer
  }
}
