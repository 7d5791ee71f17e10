// Keeps the response of a provider from the callback, to which it was posted without cookies, until the browser that asked for
// it hands it to its workflow. It waits sealed, for minutes, under a code that is used once, and proves nothing yet.
import { type EntityManager, type Sql, sqlOf } from '../../../persistence/orm.ts';
import { atomically } from '../../../persistence/transaction.ts';
import { addSeconds } from '../../../platform/clock.ts';
import { digest } from '../../../platform/digest.ts';
import type { KeyRing } from '../../../platform/key-ring.ts';
import { randomToken } from '../../../platform/random.ts';
import { open, seal } from '../../../platform/seal.ts';
import { openRequest } from '../return.ts';
import { LARGEST_RESPONSE } from './response-form.ts';

const KEPT_SECONDS = 120;
/** For each request. Somebody who knows its state could otherwise fill the table. */
const MOST_KEPT = 3;

/** In base64, percent-encoded, and with the state. */
export const LARGEST_RESPONSE_FORM = 2 * LARGEST_RESPONSE;

interface Posted {
  readonly providerId: string;
  readonly form: URLSearchParams;
  readonly now: Date;
}

/** @returns the answer that is passed on instead. Null if nobody waits for it: such a sign-in was begun by the provider (I2). */
export async function keepResponse(
  em: EntityManager,
  ring: KeyRing,
  { providerId, form, now }: Posted,
): Promise<URLSearchParams | null> {
  const [response, anotherResponse] = form.getAll('SAMLResponse');
  const [state, anotherState] = form.getAll('RelayState');
  const xml = response === undefined || anotherResponse !== undefined ? null : decode(response);
  if (xml === null || state === undefined || anotherState !== undefined) return null;
  const request = await openRequest(sqlOf(em), ring, state, now);
  if (request === null || request.pending.providerId !== providerId) return null;
  const { challengeId, tenantId } = request;
  const code = randomToken();
  const key = digest(code);
  await atomically(em, async (transaction) => {
    const sql = sqlOf(transaction);
    await makeRoom(sql, tenantId, challengeId);
    await sql
      .insertInto('saml_response')
      .values({
        tenant_id: tenantId,
        digest: key,
        challenge_id: challengeId,
        sealed: seal(ring, placeOf(key), xml),
        expires_at: addSeconds(now, KEPT_SECONDS),
      })
      .execute();
  });
  return new URLSearchParams({ code, state });
}

/** Requests that come at the same time wait for each other. */
async function makeRoom(sql: Sql, tenantId: string, challengeId: string): Promise<void> {
  await sql.selectFrom('challenge').select('id').where('id', '=', challengeId).forUpdate().execute();
  const kept = await sql
    .selectFrom('saml_response')
    .select('digest')
    .where('tenant_id', '=', tenantId)
    .where('challenge_id', '=', challengeId)
    .orderBy('expires_at', 'desc')
    .execute();
  const old = kept.slice(MOST_KEPT - 1).map((one) => one.digest);
  if (old.length === 0) return;
  await sql
    .deleteFrom('saml_response')
    .where('tenant_id', '=', tenantId)
    .where('digest', 'in', old)
    .execute();
}

interface Taken {
  readonly tenantId: string;
  readonly challengeId: string;
  readonly code: string;
  readonly now: Date;
}

/** Null if there is none for this request, or if it was taken before. */
export async function takeResponse(
  sql: Sql,
  ring: KeyRing,
  { tenantId, challengeId, code, now }: Taken,
): Promise<string | null> {
  const key = digest(code);
  const taken = await sql
    .deleteFrom('saml_response')
    .where('tenant_id', '=', tenantId)
    .where('digest', '=', key)
    .where('challenge_id', '=', challengeId)
    .where('expires_at', '>', now)
    .returning('sealed')
    .executeTakeFirst();
  return taken === undefined ? null : open(ring, placeOf(key), taken.sealed);
}

function placeOf(key: string): string {
  return `saml_response:${key}:sealed`;
}

/** Base64 of UTF-8, and nothing that another decoder would read differently. */
function decode(response: string): string | null {
  const text = response.replaceAll(/[\r\n]/g, '');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > LARGEST_RESPONSE || bytes.toString('base64') !== text) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
