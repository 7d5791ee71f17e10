// A person of whom the server keeps everything that it can keep, with values that are easy to find.
import { randomUUID } from 'node:crypto';
import { SoftwareAuthenticator } from '../../src/cli/demo/software-authenticator.ts';
import { AgentWorld } from '../agents/agents.ts';
import type { TestApp } from '../harness/app.ts';
import { PASSWORD, type TestClient, tokensOf } from '../harness/client.ts';
import { enrollPasskey, provePasskey } from '../harness/passkeys.ts';
import { query } from '../harness/sql.ts';

/** The server that they use must take the address of a client from its header. */
export const BEHIND_A_PROXY = { TRUSTED_PROXIES: 'loopback' };

const PAY = 'mutation ($to: String!) { pay(to: $to) { id } }';

export interface WholePerson {
  readonly id: string;
  readonly email: string;
  readonly secret: string;
  readonly ip: string;
  readonly client: TestClient;
  /** Of a session that has just proved a second factor. */
  readonly token: string;
  /** What nobody may find once the person is erased. */
  readonly canaries: readonly string[];
}

export async function wholePerson(app: TestApp): Promise<WholePerson> {
  const mark = randomUUID().slice(0, 8);
  const ip = `203.0.113.${1 + (Number.parseInt(mark.slice(0, 2), 16) % 250)}`;
  const userAgent = `CanaryBrowser/${mark}`;
  const headers = { 'x-forwarded-for': ip, 'user-agent': userAgent };
  const client = new AgentWorld(app, headers);
  const email = `canary-${mark}@example.com`;
  const typed = `Canary-${mark}@example.com`;
  const name = `Canary Person ${mark}`;
  const started = await client.startSignUp({ email: typed, password: PASSWORD, name });
  const signedUp = await client.attempt(started.id, { emailCode: await client.codeFor(email) });
  const { secret, tokens, backupCodes } = await client.enrollTotp(tokensOf(signedUp).accessToken);
  const number = `+1415555${String(Number.parseInt(mark.slice(0, 3), 16)).padStart(4, '0')}`;
  const phone = await client.enrollPhone(tokens.accessToken, number);
  const authenticator = new SoftwareAuthenticator({ origin: 'http://localhost:4000' });
  const label = `canary label ${mark}`;
  const passkey = await enrollPasskey(client, phone.tokens.accessToken, authenticator, { label });
  let token = passkey.tokens.accessToken;
  const [row] = await query<{ id: string }>(
    app.databaseUrl,
    'select user_id as id from email_address where address = $1',
    [email],
  );
  const id = row?.id ?? '';
  const subject = `canary-subject-${mark}`;
  const externalId = `canary-external-${mark}`;
  await query(
    app.databaseUrl,
    `insert into identity (id, tenant_id, user_id, provider, issuer, subject, created_at, linked_at)
     values (gen_random_uuid(), 'default', $1, 'work', 'https://login.example.com', $2, now(), now())`,
    [id, subject],
  );
  await query(app.databaseUrl, 'update user_account set external_id = $2 where id = $1', [id, externalId]);
  const old = randomUUID();
  await query(
    app.databaseUrl,
    `insert into user_merge (tenant_id, merged_user_id, into_user_id, external_id, reason, merged_at)
     values ('default', $1, $2, $3, $4, now())`,
    [old, id, `canary-merged-${mark}`, `canary reason ${mark}`],
  );
  await query(
    app.databaseUrl,
    `insert into audit_event (id, occurred_at, type, tenant_id, user_id, actor_kind, ip, user_agent)
     values (gen_random_uuid(), now(), 'name.changed', 'default', $1, 'USER', $2, $3)`,
    [old, ip, userAgent],
  );
  // A failure, a sign-in on a remembered browser, an approval that was signed, an agent that waits, a reset that waits.
  const failed = await client.startSignIn({ identifier: email });
  await client.attempt(failed.id, { password: 'not the password' });
  await client.attempt(failed.id, { password: PASSWORD });
  await client.attempt(failed.id, { backupCode: backupCodes[0] });
  await query(
    app.databaseUrl,
    `update known_device set remembered_at = now(), remembered_ip = $2, remembered_user_agent = $3 where user_id = $1`,
    [id, ip, userAgent],
  );
  const owner = { email, password: PASSWORD, secret, backupCodes, token, refreshToken: '' };
  const agent = await client.create(owner, { name: `canary agent ${mark}` });
  token = owner.token;
  await client.ask(agent, { query: PAY, variables: { to: `canary-recipient-${mark}` } });
  const operation = { query: PAY, variables: { to: `canary-recipient-${mark}` } };
  const stepUp = await client.startStepUp({ operation, accept: ['PASSKEY'] }, token);
  token = tokensOf(await provePasskey(client, stepUp.id, authenticator, {}, token)).accessToken;
  await query(
    app.databaseUrl,
    `insert into merge_consent (tenant_id, user_id, into_user_id, session_id, expires_at)
     select 'default', $1, gen_random_uuid(), id, now() + interval '5 minutes' from session
     where user_id = $1 and revoked_at is null limit 1`,
    [id],
  );
  const reset = await client.startPasswordReset({ identifier: email });
  await client.prepare(reset.id, 'EMAIL_CODE');
  return {
    id,
    email,
    secret,
    ip,
    client,
    token,
    canaries: [
      mark,
      email,
      typed,
      name,
      number,
      label,
      subject,
      externalId,
      userAgent,
      ip,
      `canary agent ${mark}`,
    ],
  };
}
