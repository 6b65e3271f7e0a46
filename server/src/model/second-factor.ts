/** What proves a person besides the password (SE-11). */
export type Factor = 'totp' | 'passkey' | 'recovery_code'

/** What a sign-in whose password was right still waits for. */
export type SignInStep = 'second_factor' | 'new_password' | 'enrolment'
