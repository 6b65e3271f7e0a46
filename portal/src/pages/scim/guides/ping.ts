import { effects, type Guide } from './guide.ts'

export const ping: Guide = {
  id: 'ping',
  label: 'Ping Identity',
  sends: 'People and groups, from PingOne or PingFederate',
  about: 'About ten minutes. The steps are those of PingOne; PingFederate comes last.',
  steps: [
    {
      title: 'New connection',
      parts: [
        { say: 'In the PingOne admin console:' },
        {
          go: [
            'Integrations',
            'Provisioning',
            '+',
            'New connection',
            'Identity Store',
            'SCIM Outbound',
          ],
        },
      ],
    },
    {
      title: 'Configure authentication',
      parts: [
        {
          enter: [
            { field: 'SCIM Base URL', value: 'baseUrl' },
            { field: 'Users Resource', value: { is: '/Users' } },
            { field: 'Groups Resource', value: { is: '/Groups' } },
            { field: 'SCIM Version', value: { is: '2.0' } },
            { field: 'Authentication Method', value: { is: 'OAuth 2 Bearer Token' } },
            { field: 'OAuth Access Token', value: 'token' },
            { field: 'Auth Type Header', value: { is: 'Bearer' } },
          ],
        },
        {
          say: 'Or, without a long-lived token, make an OAuth client here (“Secret in the header”) and choose **OAuth 2 Client Credentials**:',
        },
        {
          enter: [
            { field: 'OAuth Token Request', value: 'tokenUrl' },
            { field: 'OAuth Client ID', value: 'clientId' },
            { field: 'OAuth Client Secret', value: 'clientSecret' },
          ],
        },
        { say: '**Test connection** has to succeed.' },
      ],
    },
    {
      title: 'Configure preferences',
      parts: [
        {
          enter: [
            { field: 'User Filter Expression', value: { is: 'userName Eq "%s"' } },
            { field: 'User Identifier', value: { is: 'userName' } },
          ],
        },
        {
          say: 'Leave **Allow users to be created**, **updated**, **disabled** and **deprovisioned** on. **Remove action**: “Disable” deactivates; “Delete” lets the person come back within the grace days.',
        },
      ],
    },
    {
      title: 'A rule says who is sent',
      parts: [
        { go: ['Integrations', 'Provisioning', '+', 'New rule'] },
        {
          say: 'The source is **PingOne**, the target this connection. Under **User Filter** choose people by group or population; under **Attribute Mapping** compare with the table below. Switch rule and connection on.',
        },
        {
          say: 'When “Sync groups” is on here, add the groups under **Group Provisioning** of the rule.',
        },
      ],
    },
    {
      title: 'With PingFederate instead',
      parts: [
        {
          say: 'In the SP connection choose **Outbound Provisioning** with the type **SCIM Connector**:',
        },
        {
          enter: [
            { field: 'SCIM URL', value: 'baseUrl' },
            { field: 'SCIM Version', value: { is: '2.0' } },
            { field: 'Authentication Method', value: { is: 'OAuth 2 Bearer Token' } },
            { field: 'Access Token', value: 'token' },
            { field: 'Unique User Identifier', value: { is: 'userName' } },
          ],
        },
      ],
    },
  ],
  mapping: [
    { there: 'Username', here: 'userName', effect: effects.userName },
    { there: 'User ID', here: 'externalId', effect: effects.externalId },
    { there: 'Email Address', here: 'emails (work, primary)', effect: effects.email },
    { there: 'Given Name', here: 'name.givenName', effect: effects.givenName },
    { there: 'Family Name', here: 'name.familyName', effect: effects.familyName },
    { there: 'Enabled', here: 'active', effect: effects.active },
    { there: 'Formatted name', here: 'displayName', effect: effects.displayName },
    { there: 'Groups', here: 'displayName, members', effect: effects.groups },
  ],
  mistakes: [
    {
      seen: '400 invalidFilter',
      cause:
        'The filter expression has no quotes around %s, or names an attribute that is not here.',
    },
    {
      seen: '401 invalid_client at the token URL',
      cause:
        'Client id or secret is wrong, or the client was made for another way to prove itself.',
    },
    {
      seen: 'The test succeeds and nobody comes',
      cause: 'The rule or the connection is switched off, or its filter matches no one.',
    },
  ],
  source: 'https://docs.pingidentity.com/r/en-us/pingone/p1_create_scim_connection',
}
