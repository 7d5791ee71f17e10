// Fetches what a proof stands for, where its factor is proved elsewhere. The attempt is spent, no transaction is open, and
// the challenge is used up before anything is sent, so that a code is exchanged once.
import { USE_UP } from '../../factors/challenge.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { run } from '../../persistence/statement.ts';
import { type Claimed, keepingAttempt } from './claim.ts';
import type { StepServices } from './services.ts';

export async function exchangeProof(
  { factors }: Pick<StepServices, 'factors'>,
  { step, row, factor }: Claimed,
  proof: unknown,
): Promise<unknown> {
  const { exchange } = factors.get(factor) ?? {};
  if (exchange === undefined) return proof;
  const { caller, now } = step;
  const sql = sqlOf(caller.em);
  return keepingAttempt(row, caller, () =>
    exchange(proof, {
      challenge: row.challenges.find((one) => one.factor === factor) ?? null,
      tenantId: row.tenantId,
      browserToken: caller.browser?.token ?? null,
      sql,
      spendChallenge: async ({ id, codeDigest }) =>
        (await run(sql, USE_UP({ id, codeDigest, now }))).length > 0,
      now,
    }),
  );
}
