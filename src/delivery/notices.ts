// Notifies users of everything that changes their account. What gives or takes access goes to all of their addresses, so that
// nobody who has got into one mailbox, or has added a mailbox of their own, keeps it from the owner.
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds } from '../platform/clock.ts';
import { compose } from './messages/compose.ts';
import type { Locale } from './messages/locales.ts';
import type { Notice } from './messages/template.ts';
import type { Outbox } from './outbox.ts';

/** After three days, a notice is too old to be useful. */
const NOTICE_SECONDS = 3 * 86_400;

/** What is written to the primary address alone. */
const PRIMARY_ONLY: ReadonlySet<Notice['name']> = new Set<Notice['name']>([
  'already-registered',
  'address-wanted',
  'new-sign-in',
  'approval-rejected',
  'agent-request',
  'backup-codes-low',
  'account-locked',
]);

interface Address {
  readonly address: string;
  readonly verified: boolean;
}

interface Recipient {
  readonly account: {
    /** The primary address first. */
    readonly emails: readonly Address[];
    readonly locale: Locale;
  } | null;
  readonly unitOfWork: UnitOfWork;
  readonly now: Date;
}

export function addNotice(outbox: Outbox, { account, unitOfWork, now }: Recipient, notice: Notice): void {
  if (account === null) return;
  // An unverified address may belong to a stranger.
  const verified = account.emails.filter((one) => one.verified);
  const recipients = PRIMARY_ONLY.has(notice.name) ? verified.slice(0, 1) : verified;
  for (const { address: to } of recipients) {
    const message = compose(notice, { to, locale: account.locale }, outbox.geoip);
    outbox.add(unitOfWork, message, now, addSeconds(now, NOTICE_SECONDS));
  }
}
