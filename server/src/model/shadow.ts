/** What going live does to somebody, the gravest first; `matched` is here under another id. */
export const differences = [
  'deleted',
  'deactivated',
  'created',
  'matched',
  'enabled',
  'adopted',
  'changed',
] as const
export type Difference = (typeof differences)[number]

export const groupDifferenceNames = ['deleted', 'created', 'adopted', 'changed'] as const
export type GroupDifference = (typeof groupDifferenceNames)[number]

/** Whom a shadow could not bring to life, and why. */
export type ShadowRefusal = {
  kind: 'user' | 'group'
  label: string
  code: string
  detail: string
}
