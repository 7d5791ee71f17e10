// Back-channel logout (OpenID Connect Back-Channel Logout 1.0): a provider says, in a token that it signs, that a user has
// signed out there. The sessions that began with a sign-in there end, or only those of one session there, if it names one.
import { sql as raw } from 'kysely';
import { z } from 'zod';
import { byAnonymous } from '../../persistence/audit.ts';
import { type EntityManager, type Sql, sqlOf } from '../../persistence/orm.ts';
import { atomically } from '../../persistence/transaction.ts';
import { addSeconds } from '../../platform/clock.ts';
import { digest } from '../../platform/digest.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { Client } from '../../sessions/grants.ts';
import { endSessions, type LiveSessions } from '../../sessions/revocation.ts';
import { endWorkflows } from '../void-evidence.ts';
import { sessionDigest } from './exchange.ts';
import { CLOCK_TOLERANCE_SECONDS, type Provider } from './provider.ts';

/** How old a token may be. */
const MOST_AGE_SECONDS = 600;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** The token is not one that this provider has made for this server now. */
export class LogoutTokenRefusedError extends Error {
  override readonly name = 'LogoutTokenRefusedError';
}

/** Section 2.4. An ID token has a `nonce` and no such event, so it cannot be used here (section 2.6). */
const logoutClaims = z.object({
  sub: z.string().min(1).max(255),
  sid: z.string().min(1).max(1024).optional(),
  jti: z.string().min(1).max(1024),
  events: z.object({ [EVENT]: z.looseObject({}) }),
  nonce: z.never().optional(),
});
type LogoutClaims = z.infer<typeof logoutClaims>;

interface Asking {
  readonly em: EntityManager;
  readonly client: Client;
  readonly now: Date;
}

/** @returns the number of sessions that have ended. @throws {LogoutTokenRefusedError} */
export async function logOut(
  provider: Provider,
  token: string,
  { em, client, now }: Asking,
): Promise<number> {
  const claims = await readToken(provider, token, now);
  return atomically(em, async (transaction) => {
    const sql = sqlOf(transaction);
    if (!(await useUp(sql, `${provider.id}\n${claims.jti}`, now)))
      throw new LogoutTokenRefusedError('The logout token was already used.');
    const users = await usersOf(sql, provider, claims.sub);
    const session = sessionOf(provider, claims);
    let ended = 0;
    for (const { id, user_id: userId } of users) {
      await endWorkflows(sql, userId, [FactorKind.OAUTH]);
      const whose = { userId, actor: byAnonymous(client) };
      const sessions = await endSessions(
        { em: transaction, client },
        whose,
        (live) => ofIdentity(live, id, session),
        now,
      );
      ended += sessions.length;
    }
    return ended;
  });
}

async function readToken(
  { keys, settings, shape }: Provider,
  token: string,
  now: Date,
): Promise<LogoutClaims> {
  const payload = await keys
    .verify(token, {
      issuer: shape.issuer,
      audience: settings.clientId,
      currentDate: now,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: MOST_AGE_SECONDS,
      requiredClaims: ['exp', 'iat', 'jti', 'events'],
    })
    .catch((error: unknown) => {
      const { code = '' } = error as { code?: string };
      if (code.startsWith('ERR_J')) throw new LogoutTokenRefusedError('The logout token is not valid.');
      throw error;
    });
  const parsed = logoutClaims.safeParse(payload);
  if (!parsed.success)
    throw new LogoutTokenRefusedError(
      'The logout token must have sub, jti and the logout event, and no nonce.',
    );
  return parsed.data;
}

/** False when it was used before. */
async function useUp(sql: Sql, name: string, now: Date): Promise<boolean> {
  const expires_at = addSeconds(now, MOST_AGE_SECONDS + 2 * CLOCK_TOLERANCE_SECONDS);
  const { numInsertedOrUpdatedRows: added } = await sql
    .insertInto('logout_token')
    .values({ digest: digest(name), expires_at })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .executeTakeFirstOrThrow();
  return added === 1n;
}

/** The identities of this account at the provider, at most one in each tenant that the provider serves. */
function usersOf(sql: Sql, { shape, settings }: Provider, subject: string) {
  return sql
    .selectFrom('tenant as t')
    .innerJoin('identity as i', 'i.tenant_id', 't.id')
    .select(['i.id', 'i.user_id'])
    .where('i.issuer', '=', shape.issuer)
    .where('i.subject', '=', subject)
    .where('i.linked_at', 'is not', null)
    .$if(settings.tenant !== null, (query) => query.where('t.id', '=', settings.tenant))
    .execute();
}

function sessionOf({ shape }: Provider, { sid }: LogoutClaims): string | null {
  return sid === undefined ? null : sessionDigest(shape.issuer, sid);
}

/** Sessions that began with this identity. @param providerSession the digest of one. Null: all. */
export function ofIdentity(
  live: LiveSessions,
  identityId: string,
  providerSession: string | null = null,
): LiveSessions {
  return live.where(
    raw<boolean>`exists (
      select from jsonb_array_elements(evidence) one
      where one #>> '{source,identityId}' = ${identityId}
        and (${providerSession}::text is null or one #>> '{source,providerSession}' = ${providerSession}::text)
    )`,
  );
}
