// Finds the page that waits for an answer, by the state of the answer. Nothing is changed: the page hands the answer to its
// workflow.
import type { Sql } from '../../persistence/orm.ts';
import { digest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { openPending } from './pending.ts';
import type { Providers } from './providers.ts';

interface Asked {
  readonly providerId: string;
  readonly state: string;
  readonly browserToken: string;
  readonly now: Date;
}

/** Null unless this browser has asked this provider. */
export async function returnPage(
  sql: Sql,
  { ring, providers }: { readonly ring: KeyRing; readonly providers: Providers },
  { providerId, state, browserToken, now }: Asked,
): Promise<string | null> {
  const found = await sql
    .selectFrom('challenge')
    .select(['id', 'secret'])
    .where('code_digest', '=', digest(state))
    .where('factor', '=', FactorKind.OAUTH)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (found?.secret == null) return null;
  const pending = openPending(ring, found.id, found.secret);
  const isAsked = pending.providerId === providerId && pending.boundTo === digest(browserToken);
  // What is no longer configured is no longer trusted (I5).
  const isOpen = providers.get(providerId) !== null && providers.returnUrls.includes(pending.returnTo ?? '');
  return isAsked && isOpen ? pending.returnTo : null;
}
