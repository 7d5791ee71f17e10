// An operation that may be refused: it is sent again once with new tokens when these had expired, and once after the
// user has proved what it demands. Whoever sends it (this client, a link, an exchange) is told what to present.
import type { Credentials } from './endpoint.ts';
import type { Operation } from './operation.ts';
import type { Prompts } from './prompts.ts';
import { type Answer, isUnauthenticated, requirementOf } from './refusal.ts';
import type { ClientSession, Presented } from './session.ts';

/** Sends the operation, once for each call. */
export type Send<Result extends Answer> = (credentials: Credentials) => Promise<Result>;

/** @param prompts null: a refusal is the answer. */
export async function perform<Result extends Answer>(
  session: ClientSession,
  prompts: Prompts | null,
  operation: Operation,
  send: Send<Result>,
): Promise<Result> {
  let hasRenewed = false;
  let hasAsked = false;
  for (;;) {
    const presented: Presented = await session.present();
    const answer = await send(presented);
    if (!hasRenewed && isUnauthenticated(answer, operation)) {
      hasRenewed = true;
      if (await session.renew(presented)) continue;
    }
    const requirement = hasAsked ? null : requirementOf(answer, operation);
    if (requirement === null || prompts === null) return answer;
    hasAsked = true;
    if (!(await prompts.ask(requirement, operation))) return answer;
  }
}
