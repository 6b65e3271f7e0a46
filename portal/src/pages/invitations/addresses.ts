/** Addresses as people paste them: by comma, semicolon, blank or new line, also `Noa Levi <noa@acme.test>` (IN-1). */
export function readAddresses(typed: string): string[] {
  return typed
    .split(/[,;\n]+/)
    .flatMap((part) => {
      const inBrackets = /<([^<>]*)>/.exec(part)?.[1]
      return inBrackets === undefined ? part.split(/\s+/) : [inBrackets]
    })
    .map((one) => one.trim())
    .filter(Boolean)
}

export const addressesAtMost = 200
