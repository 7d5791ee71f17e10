// Fills every table that grows, as in an instance that has been used for a year, so that PostgreSQL plans statements as it
// would there. One part of each table is due to be deleted, and most of it is not.
import pg from 'pg';

export const ROWS = 20_000;

/** An id for each number, the same in every table. */
const id = (n = 'n') => `cast(md5(cast(${n} as text)) as uuid)`;
const ago = (unit: string, number = 'n') => `now() - ${number} * interval '1 ${unit}'`;

/** The columns and values of each row `n`. */
const TABLES: readonly (readonly [table: string, columns: string, values: string])[] = [
  [
    'user_account',
    'id, tenant_id, external_id, created_at, activated_at',
    `${id()}, 'default', 'old-' || n, ${ago('minute')}, case when n % 200 > 0 then now() end`,
  ],
  [
    'email_address',
    'id, tenant_id, user_id, address, created_at, verified_at',
    `${id()}, 'default', ${id()}, 'person-' || n || '@example.com', ${ago('minute')}, case when n % 200 > 0 then now() end`,
  ],
  [
    'phone_number',
    'id, tenant_id, user_id, number, country, created_at, verified_at',
    `${id()}, 'default', ${id()}, '+1415' || (5000000 + n), 'US', ${ago('minute')}, case when n % 200 > 0 then now() end`,
  ],
  [
    'authenticator',
    'id, user_id, factor, secret, created_at, confirmed_at',
    `${id()}, ${id()}, 'PASSWORD', repeat('x', 90), ${ago('minute')}, case when n % 200 > 0 then now() end`,
  ],
  [
    'identity',
    'id, tenant_id, user_id, provider, issuer, subject, created_at, linked_at',
    `${id()}, 'default', ${id()}, 'work', 'https://login.example.com', md5(cast(n as text)), ${ago('minute')},
     case when n % 200 > 0 then now() end`,
  ],
  [
    'saml_response',
    'tenant_id, digest, challenge_id, sealed, expires_at',
    `'default', md5(cast(n as text)), ${id()}, repeat('x', 2000), ${ago('second', '(n - 10000)')}`,
  ],
  [
    'saml_assertion',
    'tenant_id, digest, expires_at',
    `'default', md5(cast(n as text)), ${ago('second', '(n - 10000)')}`,
  ],
  [
    'email_domain',
    'tenant_id, name, id, token, provider, created_at, verified_at, next_check_at',
    `'tenant-' || n, 'domain-' || n || '.com', ${id()}, 'token', 'work', now(), now(), now() + n * interval '1 minute'`,
  ],
  ['logout_token', 'digest, expires_at', `md5(cast(n as text)), ${ago('second', '(n - 10000)')}`],
  [
    'backup_code',
    'id, user_id, digest, created_at',
    `${id()}, ${id('1 + n % 2000')}, md5(cast(n as text)), ${ago('minute')}`,
  ],
  [
    'known_device',
    'id, user_id, token_digest, created_at, last_seen_at',
    `${id()}, ${id()}, md5(cast(n as text)), ${ago('day', 'n % 420')}, ${ago('day', 'n % 402')}`,
  ],
  [
    'session',
    'id, tenant_id, user_id, evidence, created_at, last_seen_at, idle_expires_at, expires_at, revoked_at',
    `${id()}, 'default', ${id('1 + n % 5000')}, '[]', ${ago('day', 'n % 62')}, now(), now(),
     now() + (30 - n % 62) * interval '1 day', case when n % 5 = 0 then ${ago('day', 'n % 31')} end`,
  ],
  [
    'refresh_token',
    'digest, session_id, created_at, used_at',
    `md5(cast(n as text)), ${id()}, ${ago('hour', 'n % 170')}, case when n % 5 > 0 then ${ago('hour', 'n % 170')} end`,
  ],
  [
    'operation_grant',
    'id, session_id, digest, factor, proved_at, expires_at',
    `${id()}, ${id()}, md5(cast(n as text)), 'TOTP', now(), ${ago('minute', 'n % 1500')}`,
  ],
  [
    'workflow',
    'id, chart, machine_version, tenant_id, user_id, session_id, subject, snapshot, max_attempts, created_at, expires_at',
    `md5(cast(n as text)), 'sign-in', '1', 'default', ${id()}, case when n % 5 = 0 then ${id()} end, 'user:' || ${id()},
     '{}', 5, now(), ${ago('second', '(n % 4000 - 900)')}`,
  ],
  [
    'challenge',
    'id, workflow_id, factor, code_digest, message_id, sent_at, expires_at',
    `${id()}, md5(cast(n as text)), 'EMAIL_CODE', md5(cast(n as text)), ${id()}, now(), now()`,
  ],
  [
    'lockout',
    'subject, counter, failures, updated_at',
    `case when n % 2 = 0 then 'user:' else 'unknown:' end || ${id()}, 'PASSWORD', n % 12, ${ago('day', 'n % 32')}`,
  ],
  [
    'merge_consent',
    'tenant_id, user_id, into_user_id, session_id, expires_at',
    `'default', ${id()}, ${id()}, ${id()}, ${ago('minute', '(n % 1500 - 5)')}`,
  ],
  [
    'user_merge',
    'tenant_id, merged_user_id, into_user_id, merged_at',
    `'default', ${id("'merged-' || n")}, ${id()}, now()`,
  ],
  ['rate_limit', 'key, points, expire', `md5(cast(n as text)), 1, extract(epoch from now()) * 1000 + n`],
  [
    'outbox_message',
    'id, channel, sealed, created_at, expires_at, sent_at',
    `${id()}, 'email', case when n % 200 = 0 then repeat('x', 900) end, ${ago('second', '4 * n')}, ${ago('second', '4 * n')},
     case when n % 200 > 0 then now() end`,
  ],
];

const AUDIT = 'id, occurred_at, type, tenant_id, user_id';

/** @param auditTimes an SQL expression of `n` for each partition of the audit log to fill. */
export async function fillTables(databaseUrl: string, auditTimes: readonly string[]): Promise<void> {
  const audits = auditTimes.map(
    (time) =>
      [
        'audit_event',
        AUDIT,
        `${id()}, ${time}, 'sign-in.complete', 'default', ${id('1 + n % 5000')}`,
      ] as const,
  );
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Without checks of foreign keys, which take most of the time. Only a superuser may do that.
    await client.query('set session_replication_role = replica').catch(() => {});
    for (const [table, columns, values] of [...TABLES, ...audits]) {
      await client.query(
        `insert into ${table} (${columns}) select ${values} from generate_series(1, ${ROWS}) as n`,
      );
    }
    await client.query('analyze');
  } finally {
    await client.end();
  }
}
