// Begins a sign-in. An identifier that nobody has begins one too, with the same steps and replies: a decoy.
import { type Account, accountJson } from '../../factors/account.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { keyedDigest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomId } from '../../platform/random.ts';
import { TenantNotFound } from '../errors.ts';
import type { WorkflowReply } from '../reply.ts';
import type { Caller, WorkflowRunner } from '../runner.ts';
import type { SignInInput } from './chart.ts';

export async function startSignIn(
  { runner, factors, ring }: { runner: WorkflowRunner; factors: FactorRegistry; ring: KeyRing },
  { identifier, tenantId }: { identifier: string; tenantId: string },
  caller: Caller,
): Promise<WorkflowReply> {
  const found = await sqlOf(caller.em)
    .selectFrom('tenant as t')
    .leftJoin('email_address as e', (join) =>
      join
        .onRef('e.tenant_id', '=', 't.id')
        .on('e.address', '=', identifier)
        .on('e.verified_at', 'is not', null),
    )
    .select((it) => ['t.second_factor', accountJson(it.ref('e.user_id')).as('account')])
    .where('t.id', '=', tenantId)
    .executeTakeFirst();
  if (found === undefined) throw new TenantNotFound();
  const account: Account | null = found.account;
  const input: SignInInput = {
    offered: factors.first,
    secondFactorPolicy: found.second_factor,
    newAuthenticatorId: randomId(),
  };
  const nobody = () => `unknown:${keyedDigest(ring, 'identifier', `${tenantId}:${identifier}`)}`;
  return runner.start(
    {
      name: 'sign-in',
      input,
      tenantId,
      account,
      subject: account === null ? nobody() : `user:${account.id}`,
      boundToSession: false,
    },
    caller,
  );
}
