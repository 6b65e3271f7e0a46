import type { ZodFastifySchemaValidationError } from 'fastify-type-provider-zod'
import type { FieldFault } from '../model/refusals.ts'
import { escaped } from './text.ts'

type Issue = {
  code?: string | undefined
  path: PropertyKey[]
  message: string
  /** Names of unknown fields. */
  keys?: string[]
  /** What each kind of a body that may be of several has against it. */
  errors?: Issue[][]
}

/** Where a request departs from the schema of its route (GE-1). */
export function wrongFields(found: ZodFastifySchemaValidationError[]): FieldFault[] {
  return found.flatMap(({ keyword, instancePath, message, params }) =>
    faultsOf(
      { ...(params as Partial<Issue>), code: keyword, message: message ?? '', path: [] },
      instancePath.replace(/^\/$/, ''),
    ),
  )
}

function faultsOf(
  { code = 'invalid', path, message, keys, errors }: Issue,
  at: string,
): FieldFault[] {
  const pointer = [at, ...path.map((step) => escaped(String(step)))].join('/')
  if (keys)
    return keys.map((key) => ({ pointer: `${pointer}/${escaped(key)}`, code, detail: message }))
  // It was meant as the kind that it departs from least.
  const [nearest] = [...(errors ?? [])].sort((one, other) => one.length - other.length)
  if (nearest) return nearest.flatMap((issue) => faultsOf(issue, pointer))
  return [{ pointer: pointer || '/', code, ...(message && { detail: message }) }]
}
