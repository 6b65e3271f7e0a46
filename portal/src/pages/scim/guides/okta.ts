import { effects, type Guide } from './guide.ts'

export const okta: Guide = {
  id: 'okta',
  label: 'Okta',
  sends: 'People, groups and roles, within seconds',
  about: 'About ten minutes. Use the SAML app integration with which people sign in already.',
  steps: [
    {
      title: 'Switch SCIM on for the app',
      parts: [
        { say: 'In the Okta Admin Console:' },
        { go: ['Applications', 'your app', 'General', 'App Settings', 'Edit'] },
        { say: 'Choose **SCIM** under **Provisioning** and press **Save**. A new tab appears.' },
      ],
    },
    {
      title: 'SCIM Connection',
      parts: [
        { go: ['Provisioning', 'Integration', 'Edit'] },
        {
          enter: [
            { field: 'SCIM connector base URL', value: 'baseUrl' },
            { field: 'Unique identifier field for users', value: { is: 'userName' } },
          ],
        },
        { say: 'Under **Supported provisioning actions** tick:' },
        {
          list: [
            '**Push New Users**',
            '**Push Profile Updates**',
            '**Push Groups**, when “Sync groups” is on here',
            '**Import New Users and Profile Updates** only if you want to see in Okta who is here',
          ],
        },
        {
          enter: [
            { field: 'Authentication Mode', value: { is: 'HTTP Header' } },
            { field: 'Authorization (Bearer)', value: 'token' },
          ],
        },
        {
          say: '**Test Connector Configuration** reads the first two people and lists what works. Then **Save**.',
        },
      ],
    },
    {
      title: 'What Okta may do',
      parts: [
        { go: ['Provisioning', 'To App', 'Edit'] },
        {
          say: 'Enable **Create Users**, **Update User Attributes** and **Deactivate Users**. Leave **Sync Password** off: a password is never kept here.',
        },
      ],
    },
    {
      title: 'Assign people',
      parts: [
        { go: ['Assignments', 'Assign', 'Assign to People or Assign to Groups'] },
        {
          say: 'Each is created within seconds. People who had the app before SCIM was switched on show an error mark: press **Provision User** for them.',
        },
      ],
    },
    {
      title: 'Push groups',
      parts: [
        { go: ['Push Groups', 'Push Groups', 'Find groups by name'] },
        {
          say: 'Choose **Create Group**, or **Link Group** for one that is here already and whose box “Let the identity provider take it over” is ticked on its page under Groups. Okta advises not to use the same group for assignment and for pushing.',
        },
      ],
    },
  ],
  mapping: [
    { there: 'Application username', here: 'userName', effect: effects.userName },
    { there: 'Okta user id', here: 'externalId', effect: effects.externalId },
    { there: 'email', here: 'emails[primary eq true].value', effect: effects.email },
    { there: 'firstName', here: 'name.givenName', effect: effects.givenName },
    { there: 'lastName', here: 'name.familyName', effect: effects.familyName },
    {
      there: 'Assignment, and the state of the person',
      here: 'active',
      effect: `${effects.active} Okta never deletes people: it deactivates them.`,
    },
    { there: 'displayName', here: 'displayName', effect: effects.displayName },
    {
      there: 'department, employeeNumber',
      here: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:…',
      effect: effects.enterprise,
    },
    { there: 'Pushed groups', here: 'displayName, members', effect: effects.groups },
  ],
  mistakes: [
    {
      seen: 'Test Connector Configuration: “Failed to connect”',
      cause:
        'The base URL has a blank or misses /v2 at its end, or the word “Bearer” was entered before the token: Okta adds it by itself.',
    },
    {
      seen: '“User already exists” or 409 uniqueness',
      cause:
        'The person is here and “Provision existing users” is off. Approve the adoption, or switch it on.',
    },
    {
      seen: 'Nothing comes at all',
      cause: 'Create Users is not enabled under Provisioning → To App.',
    },
  ],
  source: 'https://help.okta.com/en-us/content/topics/apps/apps_app_integration_wizard_scim.htm',
}
