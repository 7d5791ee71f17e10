// Exchanges the code of a response that waits for the identity that it proves. Nothing is asked of anybody, so the request is
// used up after the response was verified: a response that is not right costs an attempt, and the right one still counts.
import type { Sql } from '../../../persistence/orm.ts';
import { addSeconds } from '../../../platform/clock.ts';
import { digest } from '../../../platform/digest.ts';
import type { KeyRing } from '../../../platform/key-ring.ts';
import type { ExchangeRequest, StoredChallenge } from '../../factor-exchange.ts';
import type { ProviderAnswer } from '../answer.ts';
import { AnswerRefusedError } from '../answer-refused.ts';
import { identityOf } from '../claims.ts';
import type { Pending } from '../pending.ts';
import type { ProvenIdentity } from '../proven-identity.ts';
import { claimsOf } from './claims.ts';
import { takeResponse } from './responses.ts';
import type { SamlProvider } from './saml-provider.ts';
import { verifyResponse } from './verify.ts';

/** Longer than a request is open. Afterwards, no response to it is accepted anyway. */
const REMEMBERED_SECONDS = 3600;

interface Opened {
  readonly ring: KeyRing;
  readonly challenge: StoredChallenge;
  readonly pending: Pending;
}

/** @throws {AnswerRefusedError} */
export async function exchangeResponse(
  provider: SamlProvider,
  { code }: ProviderAnswer,
  { ring, challenge, pending }: Opened,
  { tenantId, sql, spendChallenge, now }: ExchangeRequest,
): Promise<ProvenIdentity> {
  const xml = await takeResponse(sql, ring, { tenantId, challengeId: challenge.id, code, now });
  if (xml === null) throw new AnswerRefusedError('no such response is waiting');
  const assertion = await verifyResponse(provider, xml, { requestId: pending.nonce, now });
  const identity = identityOf(provider, claimsOf(provider, assertion), pending, now);
  if (!(await spendChallenge(challenge))) throw new AnswerRefusedError('the request was answered before');
  const name = digest(`${provider.issuer}\n${assertion.id}`);
  if (!(await useUp(sql, { tenant_id: tenantId, digest: name }, now)))
    throw new AnswerRefusedError('the assertion was used before');
  return { ...identity, providerSession: null };
}

/** False when it was used before. */
async function useUp(
  sql: Sql,
  assertion: { readonly tenant_id: string; readonly digest: string },
  now: Date,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows: added } = await sql
    .insertInto('saml_assertion')
    .values({ ...assertion, expires_at: addSeconds(now, REMEMBERED_SECONDS) })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'digest']).doNothing())
    .executeTakeFirstOrThrow();
  return added === 1n;
}
