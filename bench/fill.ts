// Fills the database of a server with users, by SQL alone: an address, a password, an authenticator app, backup codes, a
// session with its refresh tokens, a device and audit events for each. Nobody signs in as one of them.
import { rowsOf } from './contestants/sql.ts';

/** Ids by number: uuid('a', 5) is the fifth id of kind a. Spread like random ones, so that indexes grow as usual. */
const uuid = (kind: string, number = 'n'): string => `md5('${kind}' || ${number})::uuid`;

const STATEMENTS = [
  `insert into user_account (id, tenant_id, created_at, activated_at, name)
   select ${uuid('user')}, 'default', at, at, 'User ' || n from numbered`,
  `insert into email_address (id, tenant_id, user_id, address, typed, created_at, verified_at)
   select ${uuid('email')}, 'default', ${uuid('user')}, 'filled' || n || '@example.org', 'filled' || n || '@example.org', at, at from numbered`,
  `insert into authenticator (id, user_id, factor, secret, created_at, confirmed_at)
   select md5(factor || n)::uuid, ${uuid('user')}, factor, rpad('filled', 90, '.'), at, at from numbered, unnest('{PASSWORD,TOTP}'::text[]) factor`,
  `insert into backup_code (id, user_id, digest, created_at)
   select md5(n || 'code' || code)::uuid, ${uuid('user')}, md5(n || 'code' || code), at from numbered, generate_series(1, 2) code`,
  `insert into session (id, tenant_id, user_id, evidence, ip, user_agent, created_at, last_seen_at, idle_expires_at, expires_at)
   select ${uuid('session')}, 'default', ${uuid('user')}, '[{"factor":"PASSWORD","categories":["KNOWLEDGE"],"amr":["pwd"],"completedAt":1800000000}]',
     '192.0.2.1', 'Mozilla/5.0', at, at, now() + interval '30 days', now() + interval '90 days' from numbered`,
  `insert into refresh_token (digest, session_id, created_at)
   select md5('refresh' || n), ${uuid('session')}, at from numbered`,
  `insert into known_device (id, user_id, token_digest, created_at, last_seen_at)
   select ${uuid('device')}, ${uuid('user')}, md5('device' || n), at, at from numbered`,
  `insert into lockout (subject, counter, failures, updated_at)
   select md5('lockout' || n), 'CODE', 1, at from numbered where n % 10 = 0`,
  `insert into audit_event (id, occurred_at, type, tenant_id, user_id, ip, user_agent)
   select md5(n || 'event' || event)::uuid, at, 'sign-in.completed', 'default', ${uuid('user')}, '192.0.2.1', 'Mozilla/5.0'
   from numbered, generate_series(1, 3) event`,
];

export async function fill(databaseUrl: string, users: number): Promise<void> {
  const numbered = `with numbered as (select n, now() - n * interval '1 second' as at from generate_series(1, ${users}) n)`;
  for (const statement of STATEMENTS) await rowsOf(databaseUrl, `${numbered} ${statement}`);
  await rowsOf(databaseUrl, 'vacuum analyze');
}
