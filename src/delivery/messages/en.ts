// Every message in English. Other languages say the same, with the same arguments.
import type { Catalogue } from './catalogue.ts';

const MINUTES = '{minutes, plural, one {# minute} other {# minutes}}';
const IF_NOT_YOU = 'If this was not you, sign in, end your other sessions and choose a new password at once.';

export const en: Catalogue = {
  mails: {
    'email-code': {
      subject: 'Your code is {code}',
      paragraphs: [
        `Your code is {code}. It is valid for ${MINUTES} and works once.`,
        'With it you approve: {approves}',
        'If you did not ask for it, ignore this message, and give the code to nobody.',
      ],
    },
    'email-link': {
      subject:
        '{purpose, select, password_reset {Approve a new password} sign_up {Approve your sign-up} other {Approve your sign-in}}',
      action: 'Look at it, and approve it',
      paragraphs: [
        '{purpose, select, password_reset {Somebody, we hope you, wants to choose a new password for your account from here:} sign_up {Somebody, we hope you, is making an account with this address from here:} other {Somebody, we hope you, is signing in to your account from here:}}',
        '{origin}',
        'This link shows it once more and lets you approve it:',
        '{link}',
        `It is valid for ${MINUTES} and works once.`,
        'If you did not ask for it just now, do not open it: it would let somebody else into your account. Nobody has a good reason to ask you to open it for them.',
      ],
    },
    'already-registered': {
      subject: 'You already have an account',
      paragraphs: [
        'Somebody, perhaps you, tried to sign up with this address. You already have an account: sign in with it instead, and choose a new password if you have forgotten yours.',
        'If it was not you, there is nothing to do: the attempt failed.',
      ],
    },
    'new-sign-in': {
      subject: 'A new sign-in to your account',
      paragraphs: ['Your account was signed in to from here:', '{origin}', IF_NOT_YOU],
    },
    'password-changed': {
      subject: 'Your password was changed',
      paragraphs: [
        'The password of your account was changed.',
        'If this was not you, ask for a new password at once, and end all your sessions.',
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
    'second-factors-removed': {
      subject: 'Your second factors were removed',
      paragraphs: [
        'Every second factor was removed from your account. Until you add one again, the first step is enough to sign in.',
        'If you did not ask for this, sign in, end your other sessions, choose a new password and add a second factor at once.',
      ],
    },
    'backup-codes-regenerated': {
      subject: 'New backup codes',
      paragraphs: ['New backup codes were made for your account; the old ones are void.', IF_NOT_YOU],
    },
    'backup-codes-low': {
      subject: 'You have few backup codes left',
      paragraphs: [
        'A backup code was used, and you have {remaining, plural, =0 {none} one {one} other {#}} left. Each works once: make new ones while you can still sign in.',
        IF_NOT_YOU,
      ],
    },
    'account-locked': {
      subject: 'Your account is locked',
      paragraphs: [
        'Somebody, perhaps you, failed to sign in to your account too often.',
        '{minutes, plural, =0 {It is locked until you choose a new password or an administrator opens it.} one {It is locked for # minute.} other {It is locked for # minutes.}}',
        'If this was not you, nobody got in. Choose a new password if somebody else may know yours.',
      ],
    },
  },
  texts: {
    'phone-code': `Your code is {code}. It is valid for ${MINUTES} and works once. {approving, select, yes {With it you approve: {approves}. } other {}}Give it to nobody.`,
    'phone-link': `{purpose, select, password_reset {Only if you want a new password} other {Only if you are signing in}} just now, open this within ${MINUTES}: {url}`,
  },
  factors: {
    PASSWORD: 'A password',
    EMAIL_CODE: 'An e-mail address',
    EMAIL_LINK: 'An e-mail address',
    PHONE_CODE: 'A phone number',
    PHONE_LINK: 'A phone number',
    TOTP: 'An authenticator app',
    BACKUP_CODE: 'A set of backup codes',
    PASSKEY: 'A passkey',
    OAUTH: 'An identity provider',
  },
  origin: {
    browser: 'Browser: {browser}{system, select, none {} other { on {system}}}',
    place: 'Place: {place}',
    ip: 'IP address: {ip}',
    at: 'Time: {at} UTC',
  },
};
