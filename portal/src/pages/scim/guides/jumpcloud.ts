import { effects, type Guide } from './guide.ts'

export const jumpcloud: Guide = {
  id: 'jumpcloud',
  label: 'JumpCloud',
  sends: 'People and groups, within minutes',
  about: 'About ten minutes. Use the SAML application with which people sign in already.',
  steps: [
    {
      title: 'Open identity management',
      parts: [
        { say: 'In the JumpCloud Admin Portal:' },
        { go: ['SSO Applications', 'your application', 'Identity Management'] },
        {
          say: 'For a new one: **Add New Application** → **Custom Application**, and tick **Export users to this app (Identity Management)**.',
        },
      ],
    },
    {
      title: 'Configuration settings',
      parts: [
        {
          enter: [
            { field: 'API Type', value: { is: 'SCIM API' } },
            { field: 'SCIM Version', value: { is: 'SCIM 2.0' } },
            { field: 'Base URL', value: 'baseUrl' },
            { field: 'Token Key', value: 'token' },
            {
              field: 'Test User Email',
              value: { is: 'scim-test@your-domain.example' },
              help: 'An address that nobody here has. This test person is created, changed and removed by the test.',
            },
          ],
        },
        {
          say: 'Tick **Enable management of User Groups and Group Membership in this application** when “Sync groups” is on here.',
        },
      ],
    },
    {
      title: 'Test and activate',
      parts: [
        {
          say: '**Test Connection**, then **Activate**, then **Save**. The calls about the test person stand in the provisioning log; the person is gone again afterwards.',
        },
      ],
    },
    {
      title: 'Assign people',
      parts: [
        { go: ['User Groups', 'choose', 'Save'] },
        { say: 'People of these groups are created within minutes, and the groups with them.' },
      ],
    },
  ],
  mapping: [
    { there: 'email', here: 'userName', effect: effects.userName },
    { there: 'JumpCloud id', here: 'externalId', effect: effects.externalId },
    { there: 'email', here: 'emails[type eq "work"].value', effect: effects.email },
    { there: 'firstname', here: 'name.givenName', effect: effects.givenName },
    { there: 'lastname', here: 'name.familyName', effect: effects.familyName },
    {
      there: 'Suspended, or no longer in a group of the application',
      here: 'active',
      effect: effects.active,
    },
    { there: 'displayname', here: 'displayName', effect: effects.displayName },
    { there: 'User groups', here: 'displayName, members', effect: effects.groups },
  ],
  mistakes: [
    {
      seen: 'The test fails at once',
      cause:
        'Someone here has the address of Test User Email, or SCIM is not saved as the source here.',
    },
    {
      seen: 'The test fails at groups',
      cause: 'Group management is ticked there while “Sync groups” is off here.',
    },
    {
      seen: 'A group comes without people',
      cause: 'Its people are not in a group that is assigned to the application.',
    },
  ],
  source: 'https://support.jumpcloud.com/s/article/Custom-SCIM-Identity-Management',
}
