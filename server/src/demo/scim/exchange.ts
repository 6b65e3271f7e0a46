/** What goes over the line between a simulated identity provider and the SCIM door. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [name: string]: Json }

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type ScimRequest = {
  method: Method
  /** Below the address of the connection, with its query: `/Users?count=1`. */
  path: string
  /** All but the credential, which is the transport's to add: a transcript never holds one. */
  headers: Record<string, string>
  body?: JsonObject
}

export type ScimResponse = {
  status: number
  headers: Record<string, unknown>
  /** Parsed when it is JSON. */
  body: unknown
}

export type Exchange = (request: ScimRequest) => Promise<ScimResponse>

/** What the identity provider counts on; anything else would show up as an error in its own log. */
export type Expectation = {
  status: readonly number[]
  /** Parts of the body: every name in it with this value, lists as long as they are here. */
  body?: JsonObject
}

/** One request of the transcript, in the order in which they were sent. */
export type Step = {
  title: string
  request: ScimRequest
  response: ScimResponse
  expected: Expectation
}

/** Whether the answer was what the identity provider counts on. */
export function isAsExpected({ response, expected }: Step): boolean {
  return (
    expected.status.includes(response.status) &&
    (expected.body === undefined || holds(response.body, expected.body))
  )
}

function holds(actual: unknown, expected: Json): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((one, index) => holds(actual[index], one))
    )
  if (!isObject(expected)) return actual === expected
  return (
    isObject(actual) && Object.entries(expected).every(([name, one]) => holds(actual[name], one))
  )
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
