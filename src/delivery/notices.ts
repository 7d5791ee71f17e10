// Notifies users of everything that changes their account.
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds } from '../platform/clock.ts';
import { compose } from './messages/compose.ts';
import type { Locale } from './messages/locales.ts';
import type { Notice } from './messages/template.ts';
import type { Outbox } from './outbox.ts';

/** After three days, a notice is too old to be useful. */
const NOTICE_SECONDS = 3 * 86_400;

interface Recipient {
  readonly account: {
    readonly email: { readonly address: string; readonly verified: boolean } | null;
    readonly locale: Locale;
  } | null;
  readonly unitOfWork: UnitOfWork;
  readonly now: Date;
}

export function addNotice(outbox: Outbox, { account, unitOfWork, now }: Recipient, notice: Notice): void {
  // An unverified address may belong to a stranger.
  if (!account?.email?.verified) return;
  const message = compose(notice, { to: account.email.address, locale: account.locale }, outbox.geoip);
  outbox.add(unitOfWork, message, now, addSeconds(now, NOTICE_SECONDS));
}
