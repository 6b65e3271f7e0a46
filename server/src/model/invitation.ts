import type { Role } from './user.ts'

/** What somebody is promised before they are here (IN-8, IN-9). */
export type Promised = { roles: Role[]; groupIds: string[]; poolIds: string[] }

/** What became of one address (IN-2). */
export type InviteResult = 'sent' | 'already_member' | 'already_invited' | 'invalid' | 'duplicate'
