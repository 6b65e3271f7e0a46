import { entra } from './entra.ts'
import { google } from './google.ts'
import type { Guide } from './guide.ts'
import { jumpcloud } from './jumpcloud.ts'
import { okta } from './okta.ts'
import { onelogin } from './onelogin.ts'
import { ping } from './ping.ts'

export type { Entry, Guide, Part } from './guide.ts'
export const guides: Guide[] = [entra, okta, onelogin, ping, jumpcloud, google]
