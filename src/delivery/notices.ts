// Everything that changes an account happens to its user with notice.
import type { Settlement } from '../persistence/settlement.ts';
import { addSeconds } from '../platform/clock.ts';
import { compose } from './messages/compose.ts';
import type { Locale } from './messages/locales.ts';
import type { Notice } from './messages/template.ts';
import type { Outbox } from './outbox.ts';

/** A notice that could not be delivered for three days comes too late to be of use. */
const NOTICE_SECONDS = 3 * 86_400;

interface Recipient {
  readonly account: {
    readonly email: { readonly address: string; readonly verified: boolean } | null;
    readonly locale: Locale;
  } | null;
  readonly settlement: Settlement;
  readonly now: Date;
}

export function addNotice(outbox: Outbox, { account, settlement, now }: Recipient, notice: Notice): void {
  // An address that nobody has proved may be a stranger's.
  if (!account?.email?.verified) return;
  const message = compose(notice, { to: account.email.address, locale: account.locale }, outbox.places);
  outbox.add(settlement, message, now, addSeconds(now, NOTICE_SECONDS));
}
