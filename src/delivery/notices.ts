// Everything that changes an account happens to its user with notice.
import type { Settlement } from '../persistence/settlement.ts';
import { addSeconds } from '../platform/clock.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { Message } from './message.ts';
import type { Outbox } from './outbox.ts';

export type Notice =
  | { readonly type: 'factor-added'; readonly factor: FactorKind }
  | { readonly type: 'factor-removed'; readonly factor: FactorKind }
  | { readonly type: 'backup-codes-regenerated' };

/** A notice that could not be delivered for three days comes too late to be of use. */
const NOTICE_SECONDS = 3 * 86_400;

interface Recipient {
  readonly account: { readonly email: { readonly address: string } | null } | null;
  readonly settlement: Settlement;
  readonly now: Date;
}

export function addNotice(outbox: Outbox, { account, settlement, now }: Recipient, notice: Notice): void {
  const to = account?.email?.address;
  if (to !== undefined)
    outbox.add(settlement, noticeMessage(to, notice), now, addSeconds(now, NOTICE_SECONDS));
}

const NAMES: Readonly<Record<FactorKind, string>> = {
  PASSWORD: 'A password',
  EMAIL_CODE: 'An e-mail address',
  EMAIL_LINK: 'An e-mail address',
  PHONE_CODE: 'A phone number',
  PHONE_LINK: 'A phone number',
  TOTP: 'An authenticator app',
  BACKUP_CODE: 'A set of backup codes',
  PASSKEY: 'A passkey',
  OAUTH: 'An identity provider',
};

function noticeMessage(to: string, notice: Notice): Message {
  const advice = 'If this was not you, sign in, end your other sessions and change your password at once.';
  switch (notice.type) {
    case 'factor-added':
      return mail(
        to,
        'A sign-in method was added',
        `${NAMES[notice.factor]} was added to your account. ${advice}`,
      );
    case 'factor-removed':
      return mail(
        to,
        'A sign-in method was removed',
        `${NAMES[notice.factor]} was removed from your account. ${advice}`,
      );
    case 'backup-codes-regenerated':
      return mail(
        to,
        'New backup codes',
        `New backup codes were made for your account; the old ones are void. ${advice}`,
      );
  }
}

function mail(to: string, subject: string, text: string): Message {
  return { channel: 'email', to, subject, text: `${text}\n` };
}
