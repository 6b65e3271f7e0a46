import { randomFillSync } from 'node:crypto'
import { systemClock } from './clock.ts'

const pool = Buffer.alloc(16 * 256)
let used = pool.length
let lastMs = 0
let sequence = 0

/**
 * UUID version 7 (RFC 9562 §5.7): Unix milliseconds, then a 12-bit counter that keeps ids made in
 * the same millisecond in order (§6.2 method 1), then 62 random bits.
 */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.subarray(used, used + 16)
  used += 16
  const ms = systemClock.now()
  if (ms > lastMs) {
    lastMs = ms
    sequence = bytes.readUInt16BE(6) & 0x7ff
  } else {
    sequence += 1
    if (sequence > 0xfff) {
      lastMs += 1
      sequence = 0
    }
  }
  bytes.writeUIntBE(lastMs, 0, 6)
  bytes.writeUInt16BE(0x7000 | sequence, 6)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether a path or query parameter can be an id at all; saves the database the question. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && uuid.test(value)
}
