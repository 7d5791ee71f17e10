// Runs an operation that may be refused. It is sent again once with new tokens, and once after the user has met each
// kind of demand. The sender (this client, a link or an exchange) receives the credentials to use.

import type { Presenting } from './client-session.ts';
import type { Credentials } from './endpoint.ts';
import type { Operation } from './operation.ts';
import { type Answer, type Demand, demandsOf, isRefusedAsNobody, isUnauthenticated } from './refusal.ts';
import type { Asking } from './rounds.ts';

/** Sends the operation with these credentials, once per call. */
export type Send<Result extends Answer> = (credentials: Credentials) => Promise<Result>;

/** @param asking null returns refusals to the caller. */
export async function runOperation<Result extends Answer>(
  session: Presenting,
  asking: Asking | null,
  operation: Operation,
  send: Send<Result>,
): Promise<Result> {
  let hasRenewed = false;
  const asked = new Set<Demand['remedy']>();

  /** Whether the user has met one of the demands. */
  async function isMet(demands: readonly Demand[]): Promise<boolean> {
    for (const demand of demands) {
      if (asked.has(demand.remedy)) continue;
      asked.add(demand.remedy);
      if (await asking?.ask(demand, operation)) return true;
    }
    return false;
  }

  for (;;) {
    const presented = await session.present();
    const answer = await send(presented);
    if (operation.kind === 'mutation' && !isRefusedAsNobody(answer)) session.noticeMutation();
    const demands = asking === null ? [] : demandsOf(answer, operation);
    if (!hasRenewed && isUnauthenticated(answer, operation)) {
      hasRenewed = true;
      if (await session.renew(presented)) continue;
    } else if (!hasRenewed && demands.some(({ refreshSuffices }) => refreshSuffices !== false)) {
      hasRenewed = true;
      const isCertain = demands.some(({ refreshSuffices }) => refreshSuffices === true);
      if (await session.update(presented, isCertain)) continue;
    }
    if (!(await isMet(demands))) return answer;
  }
}
