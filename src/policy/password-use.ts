// Whether users of a tenant must have a password. Where they need none, a sign-up without a password enrolls a passkey.

export const PasswordUse = { REQUIRED: 'REQUIRED', OPTIONAL: 'OPTIONAL' } as const;
export type PasswordUse = (typeof PasswordUse)[keyof typeof PasswordUse];
