import type { Problem } from '../../../contract/src/index.ts'

/** The server understood and said no, or could not be reached (`status` 0). */
export class Refusal extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'Refusal'
    this.problem = problem
  }
}

/** A settings document with the version it was read at (GE-5). */
export type Versioned<Value> = { value: Value; etag: string | null }

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Query = Record<string, string | number | string[] | undefined>
type Options = { body?: unknown; query?: Query; ifMatch?: string | null; signal?: AbortSignal }

/** What the portal does when the server asks who is there; set once at start. */
type Doorman = {
  /** The session is gone: go to sign-in and come back. */
  signInAgain(): void
  /** A sensitive act needs a fresh sign-in (SE-6); answers whether it happened. */
  confirmIdentity(): Promise<boolean>
}

let csrfToken = 'none'
let doorman: Doorman = { signInAgain() {}, confirmIdentity: async () => false }

export function rememberCsrfToken(token: string): void {
  csrfToken = token
}

export function appointDoorman(appointed: Doorman): void {
  doorman = appointed
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem
  return {
    type: 'about:blank',
    title: 'Unexpected',
    status: 0,
    code: 'portal.unexpected',
    detail: error instanceof Error ? error.message : 'Something unexpected happened.',
  }
}

export async function ask<Answer>(
  method: Method,
  path: string,
  options: Options = {},
): Promise<Answer> {
  return (await askVersioned<Answer>(method, path, options)).value
}

export async function askVersioned<Answer>(
  method: Method,
  path: string,
  options: Options = {},
): Promise<Versioned<Answer>> {
  const response = await send(method, path, options)
  if (!response.ok) {
    const problem = await readProblem(response)
    if (problem.code === 'auth.reauth_required' && (await doorman.confirmIdentity())) {
      return askVersioned(method, path, options)
    }
    if (problem.code === 'auth.required') doorman.signInAgain()
    throw new Refusal(problem)
  }
  const text = response.status === 204 ? '' : await response.text()
  return {
    value: (text === '' ? undefined : JSON.parse(text)) as Answer,
    etag: response.headers.get('etag'),
  }
}

/** A file that is made by asking for it, such as links that are shown once. */
export async function askForFile(path: string): Promise<Blob> {
  const response = await send('POST', path, {})
  if (response.ok) return response.blob()
  const problem = await readProblem(response)
  if (problem.code === 'auth.required') doorman.signInAgain()
  throw new Refusal(problem)
}

async function send(method: Method, path: string, options: Options): Promise<Response> {
  const headers = new Headers({ accept: 'application/json' })
  if (options.body !== undefined) headers.set('content-type', 'application/json')
  if (method !== 'GET') headers.set('x-csrf-token', csrfToken)
  if (options.ifMatch) headers.set('if-match', options.ifMatch)
  try {
    return await fetch(`/api/v1${path}${queryString(options.query)}`, {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new Refusal({
      type: 'about:blank',
      title: 'Unreachable',
      status: 0,
      code: 'portal.unreachable',
      detail: 'Usher cannot be reached. Check your connection, then try again.',
    })
  }
}

/** Where a browser downloads a file from. */
export function addressTo(path: string, query: Query): string {
  return `/api/v1${path}${queryString(query)}`
}

function queryString(query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== '') search.append(name, String(one))
    }
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

async function readProblem(response: Response): Promise<Problem> {
  const requestId = response.headers.get('x-request-id')
  const body: unknown = await response.json().catch(() => null)
  if (isProblem(body)) return requestId && !body.requestId ? { ...body, requestId } : body
  return {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: `http.${response.status}`,
    detail: 'Usher could not answer this request. Try again in a moment.',
    ...(requestId ? { requestId } : {}),
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body
}
