/** A command cannot be carried out, for a reason that the operator can mend. */
export class CommandRefused extends Error {
  readonly code: string

  constructor(code: string, detail: string) {
    super(detail)
    this.name = 'CommandRefused'
    this.code = code
  }
}
