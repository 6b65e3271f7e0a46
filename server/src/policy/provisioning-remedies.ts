/**
 * What the administrator of an identity provider, or a manager here, does about a refused call. Keys
 * are codes of Usher, `scimType` of RFC 7644 §3.12 and RFC 9865 §2.1, and errors of RFC 6749 §5.2.
 */
const byCode: Record<string, string> = {
  uniqueness:
    'Somebody else has this user name, e-mail address or group name. Find them in User Management; when they are the same person, approve the adoption or switch on "provision existing users", then provision again.',
  invalidFilter:
    'Match by userName, externalId or e-mail address: in Entra ID under Mappings, matching precedence; in Okta the unique identifier field is userName.',
  invalidValue:
    'An attribute has a value that cannot be kept. Correct it at the source or in the attribute mapping, then provision this person again (Entra ID: Provision on demand; Okta: Retry selected tasks).',
  invalidPath:
    'A mapping names an attribute that does not exist here. Compare the target attribute of the mapping with the schema, or remove the mapping.',
  noTarget:
    'The change is about a value that is not there. Provision the whole person again (Entra ID: Restart provisioning; Okta: Force sync).',
  mutability:
    'A mapping writes an attribute that cannot be changed, such as id or meta. Remove it from the mapping.',
  invalidSyntax:
    'The request is not what SCIM 2.0 asks for. Open the entry, compare the body with the detail, and report it to the maker of the connector.',
  invalidVers: 'The base URL has to end with /v2: copy it again from Identity Configuration.',
  tooMany: 'The search finds too many. Narrow it, or let the identity provider page.',
  sensitive: 'Secrets belong in the body and not in the address: search by POST.',
  invalidCursor: 'The cursor belongs to another search. The identity provider has to begin again.',
  expiredCursor: 'The search took too long. The identity provider has to begin again.',
  invalidCount: 'Ask for fewer results on a page.',
  'request.invalid':
    'A value is not one that this organisation can keep. Correct it at the source or in the attribute mapping, then provision this person again.',
  'manager.last_working':
    'This is the last manager who can sign in. Make somebody else a manager first, then provision again.',
  'provisioning.method_conflict':
    'This organisation takes people from another source. Choose SCIM on Identity Configuration, or stop provisioning in the identity provider (Entra ID: Stop provisioning; Okta: Provisioning, To App, off).',
  'provisioning.paused':
    'A manager has paused provisioning. Resume it on Identity Configuration; the identity provider sends what was missed.',
  'scim.group_sync_off':
    'Groups are not synchronised. Switch group synchronisation on under Identity Configuration, or stop pushing groups (Entra ID: disable the group mapping; Okta: Push Groups, deactivate).',
  'group.name_exists':
    'A group of this name is managed here by hand. Rename one of the two, or let the identity provider adopt it.',
  'group.managed_externally':
    'This group is not managed by the identity provider. Remove it from what is pushed, or let it be adopted.',
  'user.managed_externally':
    'This person is not managed by the identity provider. Approve their adoption in User Management first.',
  'user.email_exists':
    'Somebody else has this e-mail address. Correct the address at the source, or rename the person here.',
  'user.user_name_exists':
    'Somebody else has this user name. Correct it at the source, or rename the person here.',
  'user.email_immutable':
    'This e-mail address cannot be changed here. Correct the mapping of the e-mail address.',
  'resource.not_found':
    'This person or group is not here, or was removed. The identity provider should create it anew (Entra ID: Restart provisioning; Okta: unassign and assign again).',
  'request.stale':
    'Somebody changed it meanwhile. Nothing is to be done: the identity provider reads it again and repeats the change.',
  'rate.limited':
    'It called too often. Nothing is to be done: it tries again after the time in Retry-After.',
  invalid_client:
    'Client id, secret or key are wrong, revoked or expired, or the client proves itself by another method than it was made for. Compare them with the client here, or make a new one.',
  invalid_request:
    'The token request is not a form as OAuth 2.0 asks for (RFC 6749 §4.4.2). Check the token URL and the grant type of the connector.',
  unsupported_grant_type: 'Choose the grant type "client credentials" in the identity provider.',
  invalid_scope: 'Leave the scope empty, or enter scim.',
  temporarily_unavailable:
    'Too many wrong attempts from this address. Correct the credential, wait a quarter of an hour, and test again.',
}
const expired =
  'The token has expired. Make a new one here and enter it in the identity provider, then revoke the old one.'
const byStatus: Record<number, string | undefined> = {
  400: byCode.invalidSyntax,
  401: 'The call came without a live token of this organisation. Make one here and enter it in the identity provider (Entra ID: Secret Token; Okta: HTTP Header, Authorization), and check that the base URL is that of this organisation.',
  403: byCode['provisioning.method_conflict'],
  404: byCode['resource.not_found'],
  405: 'This address does not take this method. Check that the base URL ends with /v2 and has nothing behind it.',
  409: byCode.uniqueness,
  412: byCode['request.stale'],
  413: 'The request is larger than 1 MB. Lower the number of operations or members in one call.',
  415: 'The connector has to send application/scim+json.',
  429: byCode['rate.limited'],
  501: 'The connector asks for something that this server does not offer; see ServiceProviderConfig.',
}

/**
 * @param known whether a credential of ours was sent: one that is refused nevertheless has expired.
 * @returns null when the call succeeded and nothing is to be done.
 */
export function remedyFor({
  status,
  code,
  known,
}: {
  status: number
  code: string | null
  known: boolean
}): string | null {
  if (status < 400) return null
  if (code !== null && Object.hasOwn(byCode, code)) return byCode[code] ?? null
  if (status === 401 && known) return expired
  if (status >= 500 && !byStatus[status]) {
    return 'This server met an error. Give the request id to its operator; the identity provider tries again by itself.'
  }
  return byStatus[status] ?? 'Open the entry and compare what was sent with the detail.'
}
