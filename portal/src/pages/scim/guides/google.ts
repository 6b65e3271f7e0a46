import { effects, type Guide } from './guide.ts'

export const google: Guide = {
  id: 'google',
  label: 'Google Workspace',
  sends: 'People alone, every few hours',
  about:
    'About ten minutes, as a super administrator. Google sends no groups, and offers provisioning only for apps of its catalogue that support it.',
  steps: [
    {
      title: 'An app that supports auto-provisioning',
      parts: [
        { say: 'In the Google Admin console:' },
        { go: ['Apps', 'Web and mobile apps', 'your SAML app'] },
        {
          say: 'If there is no section **Autoprovisioning**, the app was added as a custom one and your edition does not offer it there. Other products then use a SAML app of the catalogue that asks for an endpoint address and a token, with the values of their own, under **Add app** → **Search for apps**.',
        },
      ],
    },
    {
      title: 'Configure autoprovisioning',
      parts: [
        { go: ['Autoprovisioning', 'Configure autoprovisioning'] },
        {
          enter: [
            { field: 'Access token', value: 'token' },
            { field: 'Endpoint URL', value: 'baseUrl' },
          ],
        },
        { say: '**Continue** reads one person from here to try both.' },
      ],
    },
    {
      title: 'Attribute mapping',
      parts: [
        {
          say: 'Compare with the table below. The primary e-mail address is the user name.',
        },
      ],
    },
    {
      title: 'Provisioning scope',
      parts: [
        {
          say: 'Choose groups if not everyone who may use the app is to be sent. **User access** of the app must be on for them.',
        },
      ],
    },
    {
      title: 'Deprovisioning',
      parts: [
        {
          say: 'Google suspends people first and deletes them after the days that you choose for each case: app turned off, suspended, deleted. Suspended people are deactivated here at once.',
        },
        {
          say: 'Then **Finish**, and switch **Autoprovisioning** on. The first run can take some hours.',
        },
      ],
    },
  ],
  mapping: [
    { there: 'Primary email', here: 'userName', effect: effects.userName },
    { there: 'Unique ID', here: 'externalId', effect: effects.externalId },
    { there: 'Primary email', here: 'emails[type eq "work"].value', effect: effects.emailless },
    { there: 'First name', here: 'name.givenName', effect: effects.givenName },
    { there: 'Last name', here: 'name.familyName', effect: effects.familyName },
    {
      there: 'Suspended',
      here: 'active',
      effect: `${effects.active} The deletion that follows starts the grace days.`,
    },
  ],
  mistakes: [
    {
      seen: 'There is no section Autoprovisioning',
      cause: 'The app or the edition does not support it: see the first step.',
    },
    {
      seen: 'Nobody comes for hours',
      cause: 'Google sends every few hours. The log shows the probe at once if the token is right.',
    },
    {
      seen: 'Groups are missing',
      cause: 'Google sends none. Place people in groups here, or give pools to the Default group.',
    },
  ],
  source: 'https://support.google.com/a/answer/7681608',
}
