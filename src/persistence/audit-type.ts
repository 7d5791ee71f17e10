// The closed list of what the audit log records. A type is a word of the product and what happened to it. To record
// something new, add it here: the API's documentation grows from this list.

export type WorkflowAuditWord =
  | 'proof-accepted'
  | 'proof-rejected'
  | 'complete'
  | 'failed'
  | 'locked-out'
  | 'limited';

/** What a run of a chart records about itself; `workflows/` checks that no chart is missing. */
function ofWorkflow<Name extends string>(name: Name, words: string) {
  return {
    [`${name}.proof-accepted`]: `A proof of ${words} was right.`,
    [`${name}.proof-rejected`]: `A proof of ${words} was wrong.`,
    [`${name}.complete`]: `${upperFirst(words)} completed.`,
    [`${name}.failed`]: `${upperFirst(words)} ended without success.`,
    [`${name}.locked-out`]: `Steps of ${words} were refused, because the account was locked. Events of this type are counted together.`,
    [`${name}.limited`]: `Steps of ${words} were refused by a limit. Events of this type are counted together.`,
  } as Record<`${Name}.${WorkflowAuditWord}`, string>;
}

function upperFirst(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Each with what it means. */
export const AUDIT_TYPES = {
  ...ofWorkflow('sign-up', 'a sign-up'),
  ...ofWorkflow('sign-in', 'a sign-in'),
  ...ofWorkflow('password-reset', 'a password reset'),
  ...ofWorkflow('enrollment', 'an enrollment'),
  ...ofWorkflow('step-up', 'a step-up'),
  'link.approved': 'Somebody who opened a link approved the request behind it.',
  'link.rejected': 'Somebody who opened a link ended the request behind it.',
  'session.revoked': 'A session was ended.',
  'session.refresh-token-reused': 'A refresh token was used twice, so its session was ended.',
  'password.changed': 'The password was changed.',
  'password.discarded': 'The password was discarded together with the secret key that it depended on.',
  'name.changed': 'The name was changed.',
  'locale.changed': 'The language of messages was changed.',
  'authenticator.removed': 'An authenticator was removed.',
  'backup-codes.regenerated': 'The backup codes were replaced.',
  'backup-codes.discarded': 'Backup codes were discarded together with the secret key that they depended on.',
  'phone-second-factor.enabled': 'A phone number became a second factor.',
  'phone-second-factor.disabled': 'A phone number stopped being a second factor.',
  'sms.enabled': 'Text messages were allowed as a factor.',
  'sms.disabled': 'Text messages were ruled out as a factor.',
  'user.unlocked': 'Every lockout of the user was lifted.',
  'second-factors.removed': 'Every second factor of the user was removed, and their sessions were ended.',
  'user.imported': 'The user was imported from another system.',
  'users.exported': 'The users of the tenant were exported, with their hashes and secrets.',
  'role.granted': 'A role was granted.',
  'role.withdrawn': 'A role was withdrawn.',
  'signing-key.rotated': 'The key that signs access tokens was replaced.',
  'tenant.created': 'The tenant was created.',
  'tenant.changed': 'The policy of the tenant was changed.',
} as const satisfies Record<string, string>;

export type AuditType = keyof typeof AUDIT_TYPES;
