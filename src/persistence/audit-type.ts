// The types of audit events. A type names a thing and what happened to it. To record something new, add it here; the API
// documentation is generated from this list.

export type WorkflowAuditWord =
  | 'proof-accepted'
  | 'proof-rejected'
  | 'complete'
  | 'failed'
  | 'locked-out'
  | 'limited';

/** The events of a workflow. `workflows/` checks that no chart is missing. */
function ofWorkflow<Name extends string>(name: Name, words: string) {
  return {
    [`${name}.proof-accepted`]: `A proof in ${words} was accepted.`,
    [`${name}.proof-rejected`]: `A proof in ${words} was rejected.`,
    [`${name}.complete`]: `${upperFirst(words)} completed.`,
    [`${name}.failed`]: `${upperFirst(words)} failed.`,
    [`${name}.locked-out`]: `Steps in ${words} were refused because the account was locked. Repeated events are counted in one entry.`,
    [`${name}.limited`]: `Steps in ${words} were refused by a rate limit. Repeated events are counted in one entry.`,
  } as Record<`${Name}.${WorkflowAuditWord}`, string>;
}

function upperFirst(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The types with their descriptions. */
export const AUDIT_TYPES = {
  ...ofWorkflow('sign-up', 'a sign-up'),
  ...ofWorkflow('sign-in', 'a sign-in'),
  ...ofWorkflow('password-reset', 'a password reset'),
  ...ofWorkflow('enrollment', 'an enrollment'),
  ...ofWorkflow('step-up', 'a step-up'),
  ...ofWorkflow('agent-request', 'a request of an agent'),
  ...ofWorkflow('provider-test', 'a test of an identity provider'),
  'agent-request.started': 'An agent asked the user to approve an operation.',
  'agent.created': 'An agent got a token.',
  'link.approved': 'A visitor of a link approved the request behind it.',
  'link.rejected': 'A visitor of a link rejected the request behind it.',
  'browser.remembered': 'A browser was remembered. Sign-ins on it take no second step for some days.',
  'browser.forgotten': 'A remembered browser was forgotten.',
  'sign-in.on-remembered-browser': 'A sign-in took no second step because the browser is remembered.',
  'email-address.added': 'An email address was verified and added to the user.',
  'email-address.removed': 'An email address was removed from the user.',
  'email-address.made-primary': 'A verified email address became the primary one.',
  'identity.linked': 'An identity at a provider was linked to the user.',
  'identity.unlinked': 'An identity at a provider was unlinked from the user.',
  'identity.signed-up': 'A user signed up with an identity at a provider.',
  'domain.added': 'A domain was added to the tenant.',
  'domain.provider-changed': 'A domain got another identity provider, and is a draft again.',
  'domain.proved': 'The TXT record of a domain was found.',
  'domain.missing': 'The TXT record of a domain was missing for the first time.',
  'domain.lost': 'A domain was lost because its TXT record was missing for a week.',
  'domain.removed': 'A domain was removed from the tenant.',
  'domain.tested': 'A test sign-in at the identity provider of a domain succeeded.',
  'domain.test-failed': 'A test sign-in at the identity provider of a domain failed.',
  'domain.activated': 'From now on, users of a domain sign in with its identity provider.',
  'provider-exemption.granted': 'A user may sign in without the identity provider of their domain.',
  'provider-exemption.withdrawn':
    'A user may no longer sign in without the identity provider of their domain.',
  'sign-in.without-provider': 'An administrator signed in without the identity provider of their domain.',
  'device.enrolled': 'A device sent its key to approve requests. It counts once the user has confirmed it.',
  'approval.approved': 'A request was approved on a device of the user.',
  'approval.rejected': 'A request was rejected on a device of the user, and its workflow ended.',
  'approval.number-incorrect': 'A request was approved with the wrong number, and ended.',
  'session.revoked': 'A session was ended.',
  'session.refresh-token-reused': 'A refresh token was reused, and its session was ended.',
  'passkey.counter-went-back':
    'A passkey was refused because its signature counter did not increase, so it may have been copied.',
  'password.changed': 'The password was changed.',
  'password.discarded': 'The password was deleted because the secret key it depended on was discarded.',
  'user.deletion-scheduled':
    'The deletion of the account was scheduled, and all sessions were ended. Until it is due, it can be cancelled.',
  'user.deletion-cancelled': 'The deletion of the account was cancelled.',
  'user.erased': 'The account was erased.',
  'user.data-exported': 'The user exported what is kept about them.',
  'name.changed': 'The name was changed.',
  'locale.changed': 'The language of messages was changed.',
  'authenticator.removed': 'An authenticator was removed.',
  'backup-codes.regenerated': 'The backup codes were replaced.',
  'backup-codes.discarded':
    'Backup codes were deleted because the secret key they depended on was discarded.',
  'phone-second-factor.enabled': 'A phone number became a second factor.',
  'phone-second-factor.disabled': 'A phone number is no longer a second factor.',
  'sms.enabled': 'Text messages were allowed as a factor.',
  'sms.disabled': 'Text messages were disallowed as a factor.',
  'user.unlocked': 'All lockouts of the user were lifted.',
  'second-factors.removed': 'All second factors of the user were removed, and all sessions were ended.',
  'user.imported': 'The user was imported from another system.',
  'users.exported': 'The users of the tenant were exported, including hashes and secrets.',
  'merge.allowed': 'The user allowed another user to take over their account.',
  'user.merged': 'Another user was merged into this one.',
  'user.merged-into-another': 'The user was merged into another one, and no longer exists.',
  'role.granted': 'A role was granted.',
  'role.withdrawn': 'A role was withdrawn.',
  'signing-key.rotated': 'The key that signs access tokens was replaced.',
  'tenant.created': 'The tenant was created.',
  'tenant.changed': 'The policy of the tenant was changed.',
} as const satisfies Record<string, string>;

export type AuditType = keyof typeof AUDIT_TYPES;
