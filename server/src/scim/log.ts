import { type Directory, type RecordedCall, recordCalls } from '../directory/index.ts'
import { type Clock, minutes } from '../lib/clock.ts'
import { isId } from '../lib/ids.ts'
import { systemActor } from '../model/actor.ts'
import type { WrittenList } from './core/index.ts'
import { maskBody, maskPath, maskText } from './masking.ts'

export type ProvisioningLog = {
  /** Never throws and never waits: the call that is recorded has been answered. */
  record(organisationId: string, call: ProvisioningCall): void
  /** Resolves when everything recorded before it is written. */
  flush(): Promise<void>
}
/** A call as it came: masking and cutting is the log's own business. */
export type ProvisioningCall = Omit<RecordedCall, 'at' | 'ip' | 'userAgent' | 'response'> & {
  ip: string | undefined
  userAgent: string | undefined
  response?: string | WrittenList | undefined
}
type Waiting = { organisationId: string; call: RecordedCall; tries: number }

const writtenAtOnce = 200
const waitsMs = 300
/** Beyond these, calls that succeeded are forgotten, oldest first; refusals stay while there are any. */
const waitingAtMost = 5_000
const triesAtMost = 5
/** Calls without a credential of ours, in a minute: an outsider cannot fill the log (SC-42). */
const strangersAMinute = 60
/** Organisations whose strangers are counted at a time; addresses can be made up. */
const countedAtMost = 10_000
const longest = {
  path: 500,
  userAgent: 300,
  code: 80,
  detail: 2_000,
  note: 300,
  label: 254,
  id: 64,
}
const notesAtMost = 50

/** Every call of every identity provider, written behind the answers (SC-42). */
export function createProvisioningLog({
  directory,
  clock,
  log,
}: {
  directory: Directory
  clock: Clock
  log: { error(fields: object, message: string): void }
}): ProvisioningLog {
  let waiting: Waiting[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let forgotten = 0
  const strangers = countStrangers(clock)

  function record(organisationId: string, call: ProvisioningCall): void {
    try {
      if (!isId(organisationId)) return
      if (call.status === 401 && !call.credential && !strangers.admit(organisationId)) return
      waiting.push({ organisationId, call: readCall(call, clock.now()), tries: 0 })
      forgetBeyond()
      if (waiting.length < writtenAtOnce) schedule(waitsMs)
      else if (!writing) void flush()
    } catch (error) {
      log.error({ err: error }, 'a provisioning call was not recorded')
    }
  }

  function forgetBeyond(): void {
    while (waiting.length > waitingAtMost) {
      const oldest = waiting.findIndex(({ call }) => call.status < 400)
      waiting.splice(Math.max(oldest, 0), 1)
      forgotten += 1
    }
  }

  function schedule(afterMs: number): void {
    timer ??= setTimeout(() => void flush(), afterMs)
    timer.unref()
  }

  /** Writes all that waits now; what comes meanwhile gathers for the next time. */
  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    while (writing) await writing
    writing = write(waiting.splice(0)).finally(() => {
      writing = undefined
    })
    return writing
  }

  async function write(calls: Waiting[]): Promise<void> {
    let failed: Waiting[] = []
    let left = calls
    while (left.length > 0 && failed.length === 0) {
      const batch = left.slice(0, writtenAtOnce)
      left = left.slice(writtenAtOnce)
      failed = (await Promise.all(byOrganisation(batch).map(writeOne))).flat()
    }
    const again = failed.filter(({ tries }) => tries < triesAtMost)
    forgotten += failed.length - again.length
    waiting = [...again, ...left, ...waiting]
    forgetBeyond()
    if (failed.length > 0) schedule(waitsMs * 2 ** (again[0]?.tries ?? 0))
    else if (waiting.length > 0) schedule(waiting.length < writtenAtOnce ? waitsMs : 0)
    if (forgotten > 0) log.error({ calls: forgotten }, 'provisioning calls were not recorded')
    forgotten = 0
  }

  /** @returns what could not be written, to be tried again. */
  async function writeOne(calls: Waiting[]): Promise<Waiting[]> {
    const organisationId = calls[0]?.organisationId ?? ''
    try {
      await directory.change(systemActor(organisationId), (write) =>
        recordCalls(
          write,
          calls.map(({ call }) => call),
        ),
      )
      return []
    } catch (error) {
      log.error({ err: error, organisationId }, 'the provisioning log was not written')
      return calls.map((one) => ({ ...one, tries: one.tries + 1 }))
    }
  }

  return { record, flush }
}

function byOrganisation(calls: Waiting[]): Waiting[][] {
  return [...Map.groupBy(calls, ({ organisationId }) => organisationId).values()]
}

function countStrangers(clock: Clock) {
  let minute = 0
  const counts = new Map<string, number>()
  return {
    admit(organisationId: string): boolean {
      const current = Math.floor(clock.now() / minutes(1))
      if (current !== minute) counts.clear()
      minute = current
      const count = (counts.get(organisationId) ?? 0) + 1
      if (count > strangersAMinute || counts.size > countedAtMost) return false
      counts.set(organisationId, count)
      return true
    },
  }
}

function readCall(call: ProvisioningCall, now: number): RecordedCall {
  const text = (value: string | null | undefined, atMost: number) =>
    value === null || value === undefined ? null : maskText(value, atMost)
  return {
    at: now,
    credential: call.credential,
    ip: text(call.ip, longest.id),
    dialect: call.dialect,
    userAgent: maskText(call.userAgent ?? '', longest.userAgent),
    method: maskText(call.method, longest.id),
    path: maskPath(call.path, longest.path),
    status: call.status,
    code: text(call.code, longest.code),
    detail: text(call.detail, longest.detail),
    ms: call.ms,
    ...(call.subject && {
      subject: {
        kind: call.subject.kind,
        id: text(call.subject.id, longest.id),
        label: text(call.subject.label, longest.label),
      },
    }),
    notes: call.notes.slice(0, notesAtMost).map((note) => maskText(note, longest.note)),
    ...(call.request !== undefined && { request: maskBody(call.request) }),
    ...(call.response !== undefined && { response: responseOf(call.response) }),
    requestId: call.requestId,
  }
}

function responseOf(response: string | WrittenList): string {
  if (typeof response === 'string') return maskBody(response)
  return maskBody(response.beginning, response.length)
}
