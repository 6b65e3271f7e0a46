import { effects, type Guide } from './guide.ts'

const template = `{
  "schemas": [
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
  ],
  "userName": "{$parameters.scimusername}",
  "externalId": "{$user.id}",
  "name": {
    "givenName": "{$user.firstname}",
    "familyName": "{$user.lastname}"
  },
  "displayName": "{$user.display_name}",
  "emails": [
    { "value": "{$user.email}", "type": "work", "primary": true }
  ],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
    "department": "{$user.department}"
  }
}`

export const onelogin: Guide = {
  id: 'onelogin',
  label: 'OneLogin',
  sends: 'People and groups, within minutes',
  about: 'About ten minutes. SCIM and SAML are one application in OneLogin.',
  steps: [
    {
      title: 'Add the application',
      parts: [
        { go: ['Applications', 'Applications', 'Add App'] },
        {
          say: 'Search for **SCIM Provisioner with SAML (SCIM v2 Enterprise)**, give it a name, and press **Save**.',
        },
      ],
    },
    {
      title: 'Configuration',
      parts: [
        {
          enter: [
            { field: 'SCIM Base URL', value: 'baseUrl' },
            { field: 'SCIM Bearer Token', value: 'token' },
          ],
        },
        {
          say: 'Replace what stands in **SCIM JSON Template**; the one that is there may name SCIM 1.x and no address.',
        },
        { paste: { title: 'SCIM JSON Template', text: template } },
        {
          say: 'Under **API Connection** press **Enable**. **API Status** turns to “Enabled” when Usher answered. Then **Save**.',
        },
      ],
    },
    {
      title: 'Parameters',
      parts: [
        {
          enter: [{ field: 'scimusername', value: { is: 'Email' } }],
        },
        {
          say: 'When “Sync groups” is on here: open **Groups** and tick **Include in User Provisioning**; a rule under **Rules** says who is in which.',
        },
      ],
    },
    {
      title: 'Provisioning',
      parts: [
        {
          say: 'Tick **Enable provisioning**. Untick **Create user**, **Delete user** and **Update user** under **Require admin approval before this action is performed**, or approve each under **Users** → **Provisioning**.',
        },
        {
          enter: [
            {
              field: 'When users are deleted in OneLogin, or the user’s app access is removed',
              value: { is: 'Delete' },
              help: '“Suspend” deactivates; “Delete” lets the person come back within the grace days.',
            },
            {
              field: 'When user accounts are suspended in OneLogin',
              value: { is: 'Suspend' },
            },
          ],
        },
      ],
    },
    {
      title: 'Assign people',
      parts: [
        { go: ['Access', 'Roles', 'choose', 'Save'] },
        { say: 'Under **Users** each person shows “Provisioned” when they have arrived.' },
      ],
    },
  ],
  mapping: [
    { there: 'SCIM Username', here: 'userName', effect: effects.userName },
    { there: '{$user.id}', here: 'externalId', effect: effects.externalId },
    { there: '{$user.email}', here: 'emails[type eq "work"].value', effect: effects.email },
    { there: '{$user.firstname}', here: 'name.givenName', effect: effects.givenName },
    { there: '{$user.lastname}', here: 'name.familyName', effect: effects.familyName },
    { there: 'Suspend, reactivate', here: 'active', effect: effects.active },
    {
      there: '{$user.department}',
      here: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department',
      effect: effects.enterprise,
    },
    { there: 'Groups', here: 'displayName, members', effect: effects.groups },
  ],
  mistakes: [
    {
      seen: '400 invalidValue: there is no e-mail address',
      cause: 'The template has no emails, and the user name is no address. Use the one above.',
    },
    {
      seen: 'People stay “Pending”',
      cause:
        'An approval is still required: see Provisioning, or approve under Users → Provisioning.',
    },
    {
      seen: 'API Status does not turn to Enabled',
      cause: 'Base URL or token is wrong, or SCIM is not saved as the source here.',
    },
  ],
  source: 'https://developers.onelogin.com/scim/create-app',
}
