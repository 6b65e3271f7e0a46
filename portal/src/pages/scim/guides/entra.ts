import { effects, type Guide } from './guide.ts'

export const entra: Guide = {
  id: 'entra',
  label: 'Microsoft Entra ID',
  sends: 'People, groups and roles, about every 40 minutes',
  about: 'About fifteen minutes. Use the enterprise application with which people sign in already.',
  steps: [
    {
      title: 'Open provisioning',
      parts: [
        { say: 'In the Microsoft Entra admin center:' },
        { go: ['Enterprise apps', 'your application', 'Provisioning', 'New configuration'] },
        {
          say: 'In tenants with the older screens: **Get started**, then **Provisioning Mode** “Automatic”.',
        },
      ],
    },
    {
      title: 'Admin Credentials',
      parts: [
        {
          enter: [
            { field: 'Tenant URL', value: 'baseUrl' },
            { field: 'Secret Token', value: 'token' },
          ],
        },
        {
          say: '**Test Connection** looks for a person and a group that cannot be there. Both calls appear in the provisioning log at once. Then **Create** or **Save**.',
        },
      ],
    },
    {
      title: 'Attribute mapping',
      parts: [
        {
          go: ['Attribute mapping', 'Provision Microsoft Entra ID Users'],
        },
        {
          say: 'Under **Target Object Actions** leave **Create**, **Update** and **Delete** ticked. The row of **userName** has **Match objects using this attribute** “Yes” and **Matching precedence** “1”.',
        },
        {
          say: 'Change the row of **externalId** so that it comes from an attribute that never changes:',
        },
        {
          enter: [
            {
              field: 'externalId: Source attribute',
              value: { is: 'objectId' },
              help: 'At first it is mailNickname, which changes with the name.',
            },
          ],
        },
        {
          say: 'Remove **Provision Microsoft Entra ID Groups** or set **Enabled** “No” there unless “Sync groups” is on here.',
        },
      ],
    },
    {
      title: 'Who is sent',
      parts: [
        { go: ['Users and groups', 'Add user/group', 'Assign'] },
        {
          say: 'Under **Provisioning** → **Settings**, **Scope** is “Sync only assigned users and groups”. Members of groups inside an assigned group are not sent.',
        },
        {
          say: 'Enter an address under **Notification Email** and tick **Send an email notification when a failure occurs**.',
        },
      ],
    },
    {
      title: 'Try one person, then start',
      parts: [
        {
          go: ['Provision on demand', 'choose a person', 'Provision'],
        },
        {
          say: 'See them arrive in User Management. Then **Overview** → **Start provisioning**. The first cycle takes from minutes to hours; after it, changes come about every 40 minutes.',
        },
      ],
    },
    {
      title: 'Roles, if you want them from Entra ID',
      parts: [
        {
          say: 'Make app roles with the values ROLE_MANAGER and ROLE_VIEWER under **App registrations** → your application → **App roles**, assign people with them, switch “Sync roles” on here, and add a mapping:',
        },
        {
          enter: [
            { field: 'Mapping type', value: { is: 'Expression' } },
            {
              field: 'Expression',
              value: { is: 'SingleAppRoleAssignment([appRoleAssignments])' },
            },
            { field: 'Target attribute', value: { is: 'roles[primary eq "True"].value' } },
          ],
        },
      ],
    },
  ],
  mapping: [
    { there: 'userPrincipalName', here: 'userName', effect: effects.userName },
    { there: 'objectId', here: 'externalId', effect: effects.externalId },
    { there: 'mail', here: 'emails[type eq "work"].value', effect: effects.email },
    { there: 'givenName', here: 'name.givenName', effect: effects.givenName },
    { there: 'surname', here: 'name.familyName', effect: effects.familyName },
    {
      there: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
      here: 'active',
      effect: `${effects.active} Entra ID sends it as the words “True” and “False”; both are understood.`,
    },
    { there: 'displayName', here: 'displayName', effect: effects.displayName },
    {
      there: 'department, employeeId, manager',
      here: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:…',
      effect: effects.enterprise,
    },
    { there: 'Group: displayName, members', here: 'displayName, members', effect: effects.groups },
  ],
  mistakes: [
    {
      seen: 'Test Connection: “You appear to have entered invalid credentials”',
      cause: 'The Tenant URL is not exactly the base URL, or the token is revoked or has expired.',
    },
    {
      seen: 'Everyone fails with 403 and provisioning.method_conflict',
      cause: 'SCIM is not chosen under Provisioning, or has not been saved.',
    },
    {
      seen: 'Groups fail with scim.group_sync_off',
      cause: 'Switch “Sync groups” on here, or disable the mapping of groups there.',
    },
    {
      seen: 'Provisioning is in quarantine',
      cause:
        'Entra ID was refused too often. Repair what the log says, then press Restart provisioning.',
    },
  ],
  source:
    'https://learn.microsoft.com/en-us/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups',
}
