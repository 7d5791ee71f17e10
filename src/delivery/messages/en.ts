// Every message in English. The other languages say the same, with the same arguments.
import type { Catalogue } from './catalogue.ts';

const MINUTES = '{minutes, plural, one {# minute} other {# minutes}}';
const IF_NOT_YOU =
  'If this was not you, sign in immediately, end your other sessions and choose a new password.';

export const en: Catalogue = {
  mails: {
    'email-code': {
      subject: 'Your code is {code}',
      paragraphs: [
        `Your code is {code}. It is valid for ${MINUTES} and can be used once.`,
        'With this code, you approve: {approves}',
        'If you did not request this code, ignore this message. Never share the code with anyone.',
      ],
    },
    'email-link': {
      subject:
        '{purpose, select, password_reset {Approve your password reset} sign_up {Approve your sign-up} new_address {Confirm your email address} other {Approve your sign-in}}',
      action: 'Review and approve',
      paragraphs: [
        '{purpose, select, password_reset {Someone, hopefully you, wants to reset the password of your account. The request came from:} sign_up {Someone, hopefully you, wants to create an account with this email address. The request came from:} new_address {Someone, hopefully you, wants to add this email address to an account. The request came from:} other {Someone, hopefully you, wants to sign in to your account. The request came from:}}',
        '{origin}',
        'To review the request and approve it, open this link:',
        '{link}',
        `The link is valid for ${MINUTES} and can be used once.`,
        'If you did not request this link just now, do not open it. {purpose, select, new_address {Approving it would give your address to the account of someone else.} other {Approving it would let someone else into your account.}} Nobody has a legitimate reason to ask you to open it for them.',
      ],
    },
    'already-registered': {
      subject: 'You already have an account',
      paragraphs: [
        'Someone, perhaps you, tried to sign up with this email address. You already have an account. Sign in instead, or reset your password if you have forgotten it.',
        'If this was not you, you do not need to do anything. The attempt failed.',
      ],
    },
    'address-wanted': {
      subject: 'You already have an account with this address',
      paragraphs: [
        'Someone, perhaps you, tried to add this email address to another account. It belongs to your account, so the attempt failed.',
        'If this was you, sign in with this address instead. If it was not you, you do not need to do anything.',
      ],
    },
    'email-address-added': {
      subject: 'An email address was added',
      paragraphs: [
        'The email address {address} was added to your account. You can now sign in with it.',
        IF_NOT_YOU,
      ],
    },
    'email-address-removed': {
      subject: 'An email address was removed',
      paragraphs: [
        'The email address {address} was removed from your account. You can no longer sign in with it.',
        IF_NOT_YOU,
      ],
    },
    'primary-email-address-changed': {
      subject: 'Your primary email address was changed',
      paragraphs: ['The primary email address of your account is now {address}.', IF_NOT_YOU],
    },
    'accounts-merged': {
      subject: 'Your accounts were merged',
      paragraphs: [
        'Two accounts were merged into one. You can now sign in to it with the email addresses of both. The password, the roles and the sessions are those of the account that stayed.',
        'If you did not ask for this, contact the people who run this service immediately.',
      ],
    },
    'new-sign-in': {
      subject: 'New sign-in to your account',
      paragraphs: ['There was a new sign-in to your account:', '{origin}', IF_NOT_YOU],
    },
    'approval-rejected': {
      subject: 'You rejected a request',
      paragraphs: [
        'On your device, you rejected a request to approve access to your account. It came from:',
        '{origin}',
        'The request failed, and nobody got into your account. Whoever made it had passed the first step, so they may know your password. If it was not you, choose a new password.',
        '{minutes, plural, =0 {If the next request is not yours either, reject it too. Your devices are then not asked for a while.} other {This was not the first time, so your devices are not asked for the next # minutes. To sign in meanwhile, use another factor, such as a backup code.}}',
      ],
    },
    'agent-created': {
      subject: 'An agent can access your account',
      paragraphs: [
        'You gave the agent “{agent}” access to your account. The request came from:',
        '{origin}',
        'The agent is listed with your sessions, where you can end it.',
        IF_NOT_YOU,
      ],
    },
    'agent-request': {
      subject: 'An agent asks for your approval',
      paragraphs: [
        'The agent “{agent}” asks for your approval: {approves}',
        'To approve or reject it, sign in. Never give the agent a code or a password.',
        'If you do not know this agent, reject the request and end the agent, which is listed with your sessions.',
      ],
    },
    'password-changed': {
      subject: 'Your password was changed',
      paragraphs: [
        'The password of your account was changed.',
        'If this was not you, reset your password immediately and end all your sessions.',
      ],
    },
    'factor-added': {
      subject: 'A sign-in method was added',
      paragraphs: ['{factor} was added to your account.', IF_NOT_YOU],
    },
    'factor-removed': {
      subject: 'A sign-in method was removed',
      paragraphs: ['{factor} was removed from your account.', IF_NOT_YOU],
    },
    'identity-linked': {
      subject: 'A sign-in method was added',
      paragraphs: [
        'An account at {provider} was linked to your account. You can now sign in with it.',
        IF_NOT_YOU,
      ],
    },
    'identity-unlinked': {
      subject: 'A sign-in method was removed',
      paragraphs: [
        'An account at {provider} was unlinked from your account. You can no longer sign in with it.',
        IF_NOT_YOU,
      ],
    },
    'passkey-copied': {
      subject: 'One of your passkeys may have been copied',
      paragraphs: [
        'An attempt to use one of your passkeys was refused. The counter of the passkey shows that someone may have a copy of it.',
        'Remove this passkey from your account and add a new one.',
      ],
    },
    'domain-activated': {
      subject: 'Users of {domain} now sign in with {provider}',
      paragraphs: [
        'You are told because you are an administrator. Users with an address at {domain} now sign in with {provider}, and no longer with a password or a code.',
        'If nobody in your organization intended this, sign in and remove the domain.',
      ],
    },
    'domain-released': {
      subject: 'Users of {domain} no longer sign in with an identity provider',
      paragraphs: [
        'You are told because you are an administrator. The domain {domain} was removed or got another identity provider. Its users can sign in with their passwords, or with codes, until you activate it again.',
        'If nobody in your organization intended this, sign in and add the domain again.',
      ],
    },
    'domain-missing': {
      subject: 'The DNS record of {domain} is missing',
      paragraphs: [
        'You are told because you are an administrator. The TXT record that proves that {domain} belongs to you was not found. Its name is {recordName}, and its value {recordValue}.',
        'Publish it again. If it is still missing in a week, the domain is lost, and its users no longer sign in with your identity provider.',
      ],
    },
    'domain-lost': {
      subject: 'The domain {domain} was lost',
      paragraphs: [
        'You are told because you are an administrator. The TXT record that proves that {domain} belongs to you has been missing for a week. The users of the domain no longer sign in with your identity provider. No account was deleted.',
        'To use the domain again, publish the record, check the domain, test it and activate it.',
      ],
    },
    'signed-in-without-provider': {
      subject: 'An administrator signed in without your identity provider',
      paragraphs: [
        'You are told because you are an administrator. {administrator} signed in without the identity provider of their domain, as this administrator is allowed to:',
        '{origin}',
        'If this was not intended, sign in and take that right away.',
      ],
    },
    'second-factors-removed': {
      subject: 'Your second factors were removed',
      paragraphs: [
        'All second factors were removed from your account. Until you add one again, the first step is enough to sign in.',
        'If you did not ask for this, sign in immediately, end your other sessions, choose a new password and add a second factor.',
      ],
    },
    'deletion-scheduled': {
      subject: 'Your account will be deleted',
      paragraphs: [
        'Your account will be deleted on {due} UTC, and everything that is kept about you with it. All your sessions have ended. The request came from:',
        '{origin}',
        'To keep your account, sign in before then and cancel the deletion. Afterwards, nobody can restore it.',
        'If this was not you, sign in immediately, cancel the deletion and choose a new password.',
      ],
    },
    'deletion-cancelled': {
      subject: 'Your account will not be deleted',
      paragraphs: [
        'The deletion of your account was cancelled. Your account stays as it is. The request came from:',
        '{origin}',
        IF_NOT_YOU,
      ],
    },
    'account-deleted': {
      subject: 'Your account was deleted',
      paragraphs: [
        'Your account was deleted, as announced. This is the last message about it.',
        'You can sign up again with this email address at any time.',
      ],
    },
    'data-exported': {
      subject: 'Your data was exported',
      paragraphs: [
        'Everything that is kept about you was exported from your account. The request came from:',
        '{origin}',
        IF_NOT_YOU,
      ],
    },
    'backup-codes-regenerated': {
      subject: 'New backup codes',
      paragraphs: [
        'New backup codes were created for your account. The old ones no longer work.',
        IF_NOT_YOU,
      ],
    },
    'backup-codes-low': {
      subject: 'You have few backup codes left',
      paragraphs: [
        'A backup code was used. You have {remaining, plural, =0 {none} one {one} other {#}} left. Each code can be used once, so create new ones while you can still sign in.',
        IF_NOT_YOU,
      ],
    },
    'account-locked': {
      subject: 'Your account is locked',
      paragraphs: [
        'There were too many failed attempts to sign in to your account, perhaps by you.',
        '{minutes, plural, =0 {It is locked until you reset your password or an administrator unlocks it.} one {It is locked for # minute.} other {It is locked for # minutes.}}',
        'Nobody got in. If this was not you and someone else might know your password, choose a new one.',
      ],
    },
  },
  texts: {
    'phone-code': `Your code is {code}. It is valid for ${MINUTES} and can be used once. {approving, select, yes {It approves: {approves}. } other {}}Do not share it.`,
    'phone-link': `Only open this if you are {purpose, select, password_reset {resetting your password} other {signing in now}}. Valid for ${MINUTES}: {url}`,
  },
  origin: {
    browser: 'Browser: {browser}{system, select, none {} other { on {system}}}',
    place: 'Place: {place}',
    ip: 'IP address: {ip}',
    at: 'Time: {at} UTC',
  },
};
