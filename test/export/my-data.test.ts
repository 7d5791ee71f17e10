// Users export what is kept about them: all of it, nothing of anybody else, no secret, and in pages of bounded size.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DATA_SECTIONS } from '../../src/export/data-sections.ts';
import { EXPORT_PAGE, EXPORTS_HOURLY } from '../../src/policy/data-export.ts';
import { AgentWorld } from '../agents/agents.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient, tokensOf } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { BEHIND_A_PROXY, type WholePerson, wholePerson } from '../users/whole-person.ts';

const EXPORT = `mutation ($after: String) { exportMyData(after: $after) {
  __typename ... on DataExport { records next } ... on UserError { code }
  ... on InvalidInput { fields { path message } }
} }`;

/** Tables that no export shows, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  refresh_token: 'a digest and its times, for a session that is listed',
  lockout: 'counts wrong guesses, which may be those of others, for a short time',
  rate_limit: 'counts under digests with a key, which name nobody',
  outbox_message: 'messages are sealed, name no user, and were sent to them',
  logout_token: 'digests of tokens that providers sent',
  saml_assertion: 'digests of assertions that providers sent',
  saml_response: 'sealed, for minutes, until its client asks for it',
  tenant: 'concerns no single user',
  email_domain: 'concerns no single user',
  signing_key: 'concerns no single user',
  secret_key: 'concerns no single user',
  push_key: 'concerns no single user',
  user_import: 'counts records of a file',
  mikro_orm_migrations: 'concerns no user',
};

/** Columns of the tables that are shown, with the reason. */
const COLUMNS_LEFT_OUT: Readonly<Record<string, string>> = {
  user_id: 'the user',
  'email_address.tenant_id': 'the tenant of the profile',
  'phone_number.tenant_id': 'the tenant of the profile',
  'authenticator.tenant_id': 'the tenant of the profile',
  'identity.tenant_id': 'the tenant of the profile',
  'session.tenant_id': 'the tenant of the profile',
  'workflow.tenant_id': 'the tenant of the profile',
  'audit_event.tenant_id': 'the tenant of the profile',
  'user_account.erasing_at': 'from then on, nobody can sign in',
  'authenticator.secret': 'secret',
  'authenticator.data': 'keys, and the address of a push service, which is a capability',
  'authenticator.last_time_step': 'guards against replay',
  'authenticator.identity_digest': 'a digest',
  'backup_code.digest': 'a digest',
  'backup_code.guessable': 'how guesses are throttled',
  'session.device_digest': 'a digest',
  'known_device.token_digest': 'a digest',
  'workflow.machine_version': 'the state of a program',
  'workflow.snapshot': 'the state of a program',
  'workflow.revision': 'the state of a program',
  'workflow.attempts': 'the state of a program',
  'workflow.max_attempts': 'the state of a program',
  'workflow.subject': 'an id of the user or of a device that is listed',
  'workflow.device_id': 'a device that is listed',
  'workflow.operation': 'a digest',
  'workflow.operation_text': 'what `approves` says in words',
  'workflow.agent_request': 'a digest',
  'challenge.id': 'means nothing without its workflow',
  'challenge.workflow_id': 'a digest',
  'challenge.code_digest': 'a digest',
  'challenge.data': 'the state of a factor',
  'challenge.secret': 'secret',
  'challenge.authenticator_id': 'the number that `hint` names',
  'challenge.message_id': 'a message that was sent',
  'operation_grant.id': 'means nothing without its session',
  'operation_grant.digest': 'a digest',
  'operation_grant.factor_enrolled_at': 'that of an authenticator that is listed',
  'merge_consent.tenant_id': 'the tenant of the profile',
  'user_merge.tenant_id': 'the tenant of the profile',
  'user_merge.into_user_id': 'the user',
  'user_merge.reason': 'the words of an administrator, which may name others',
  'audit_event.actor_user_id': 'the user, or an administrator',
  'audit_event.actor_session_id': 'a session of the user, or of an administrator',
};

interface Page {
  readonly __typename: string;
  readonly code?: string;
  readonly fields?: readonly { path: string; message: string }[];
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
}

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(BEHIND_A_PROXY);
});
afterAll(() => app[Symbol.asyncDispose]());

async function page(client: TestClient, token: string, after: string | null = null): Promise<Page> {
  const { data, errors } = await client.graphql(EXPORT, { after }, token);
  expect(errors).toEqual([]);
  return data.exportMyData;
}

async function everything(client: TestClient, token: string) {
  const pages: Page[] = [];
  for (let after: string | null = null; pages.length === 0 || after !== null; ) {
    const next: Page = await page(client, token, after);
    expect(next.__typename).toBe('DataExport');
    pages.push(next);
    after = next.next;
  }
  return { pages, records: pages.flatMap(({ records }) => records) };
}

describe('the tables and columns of the database', () => {
  test('are in the export, or left out for a reason', async () => {
    const columns = await query<{ name: string; column: string }>(
      app.databaseUrl,
      `select table_name as name, column_name as column from information_schema.columns
       where table_schema = 'public' and table_name !~ '^audit_event_'`,
    );
    const exported = new Map(DATA_SECTIONS.map(({ table, columns }) => [table, columns]));
    const unexplained = columns.filter(({ name, column }) => {
      const shown = exported.get(name);
      if (shown === undefined) return LEFT_OUT[name] === undefined;
      return !(
        column in shown ||
        column in COLUMNS_LEFT_OUT ||
        `${name}.${column}` in COLUMNS_LEFT_OUT ||
        (column === 'session_id' && name === 'workflow')
      );
    });
    expect(unexplained).toEqual([]);
    const there = new Set(columns.flatMap(({ name, column }) => [name, column, `${name}.${column}`]));
    const gone = [...Object.keys(LEFT_OUT), ...Object.keys(COLUMNS_LEFT_OUT), ...exported.keys()];
    expect(gone.filter((name) => !there.has(name))).toEqual([]);
  });

  test('are not in both lists', () => {
    const both = DATA_SECTIONS.flatMap(({ table, columns }) =>
      Object.keys(columns).filter((column) => `${table}.${column}` in COLUMNS_LEFT_OUT),
    );
    expect(both).toEqual([]);
    expect(DATA_SECTIONS.filter(({ table }) => table in LEFT_OUT)).toEqual([]);
  });
});

describe('an export', () => {
  let person: WholePerson;
  let neighbour: WholePerson;
  let records: readonly Readonly<Record<string, unknown>>[];

  beforeAll(async () => {
    neighbour = await wholePerson(app);
    person = await wholePerson(app);
    await query(
      app.databaseUrl,
      `insert into audit_event (id, occurred_at, type, tenant_id, user_id, actor_kind, actor_user_id, ip, user_agent)
       values (gen_random_uuid(), now(), 'user.unlocked', 'default', $1, 'ADMINISTRATOR', $2, '192.0.2.99', 'StaffBrowser/1')`,
      [person.id, neighbour.id],
    );
    ({ records } = await everything(person.client, person.token));
  });

  test('has records of every kind', () => {
    const kinds = new Set(records.map(({ kind }) => String(kind)));
    expect([...kinds].toSorted()).toEqual(DATA_SECTIONS.map(({ kind }) => kind).toSorted());
  });

  test('contains everything that the person has given', () => {
    const text = JSON.stringify(records);
    for (const canary of person.canaries) expect(text).toContain(canary);
    expect(text).toContain(person.id);
  });

  test('shows what was approved, and what an agent asks for, in the words of the operation', () => {
    const approved = records.filter(({ kind, approved: it }) => kind === 'auditEvent' && it !== null);
    expect(approved).toHaveLength(1);
    expect(approved[0]?.['approved']).toContain('canary-recipient-');
    const asked = records.filter(({ kind, approves }) => kind === 'workflow' && approves !== null);
    expect(asked.map(({ approves }) => approves)).toContain('pay');
  });

  test('contains nothing of a neighbour', () => {
    const text = JSON.stringify(records);
    for (const canary of neighbour.canaries.slice(0, 4)) expect(text).not.toContain(canary);
    expect(text).not.toContain(neighbour.id);
  });

  test('E5: names an administrator’s act, and not from where', () => {
    const unlocked = records.filter(({ type }) => type === 'user.unlocked');
    expect(unlocked).toMatchObject([{ actor: 'ADMINISTRATOR', ip: null, userAgent: null }]);
    expect(JSON.stringify(records)).not.toMatch(/192\.0\.2\.99|StaffBrowser/);
  });

  test('contains no secret, digest or sealed value that is stored, and no key of an authenticator app', async () => {
    const text = JSON.stringify(records);
    const columns = await query<{ name: string; column: string }>(
      app.databaseUrl,
      `select table_name as name, column_name as column from information_schema.columns
       where table_schema = 'public' and column_name ~ 'secret|digest|sealed|predecessor|approval|^operation|data$'
       and data_type <> 'timestamp with time zone' and table_name !~ '^audit_event_'`,
    );
    expect(columns.length).toBeGreaterThan(12);
    let values = 0;
    for (const { name, column } of columns) {
      const rows = await query<{ value: string | null }>(
        app.databaseUrl,
        `select ${column}::text as value from ${name}`,
      );
      for (const { value } of rows) {
        if (value === null || value.length < 8) continue;
        values += 1;
        expect(text.includes(value), `${name}.${column}`).toBe(false);
      }
    }
    expect(values).toBeGreaterThan(40);
    const ids = await query<{ id: string }>(app.databaseUrl, 'select id from workflow where user_id = $1', [
      person.id,
    ]);
    expect(ids.length).toBeGreaterThan(2);
    for (const { id } of ids) expect(text).not.toContain(id);
    expect(text).not.toContain(person.secret);
  });

  test('is recorded once, and told to the user', async () => {
    const events = await query<{ n: number }>(
      app.databaseUrl,
      `select count(*)::int as n from audit_event where user_id = $1 and type = 'user.data-exported'`,
      [person.id],
    );
    expect(events).toEqual([{ n: 1 }]);
    const subjects = (await person.client.inbox()).filter(({ to }) => to === person.email);
    expect(subjects.map(({ subject }) => subject)).toContain('Your data was exported');
  });
});

describe('a long history', () => {
  const EVENTS = 1050;

  /** The events of each second moment have the same time. */
  async function busy() {
    const client = new AgentWorld(app);
    const owner = await client.owner();
    const { data } = await client.graphql('{ viewer { id } }', {}, owner.token);
    const { id } = data.viewer;
    await query(
      app.databaseUrl,
      `insert into audit_event (id, occurred_at, type, tenant_id, user_id, actor_kind, user_agent)
       select gen_random_uuid(), now() - (n / 3) * interval '1 microsecond', 'name.changed', 'default', $1, 'USER', 'mark-' || n
       from generate_series(1, ${EVENTS}) n`,
      [id],
    );
    return { client, id, owner, token: owner.token };
  }

  test('comes in pages of bounded size, each event once, the newest first', async () => {
    const { client, token } = await busy();
    const { pages, records } = await everything(client, token);
    expect(pages.length).toBeGreaterThan(EVENTS / EXPORT_PAGE);
    for (const one of pages) expect(one.records.length).toBeLessThanOrEqual(EXPORT_PAGE);
    const marks = records.flatMap(({ userAgent }) =>
      typeof userAgent === 'string' && userAgent.startsWith('mark-') ? [userAgent] : [],
    );
    expect(marks).toHaveLength(EVENTS);
    expect(new Set(marks).size).toBe(EVENTS);
    const times = records
      .filter(({ kind }) => kind === 'auditEvent')
      .map(({ occurredAt }) => String(occurredAt));
    expect(times).toHaveLength(
      new Set(records.filter(({ kind }) => kind === 'auditEvent').map(({ id }) => id)).size,
    );
    expect(Date.parse(times[0] ?? '')).toBeGreaterThanOrEqual(Date.parse(times.at(-1) ?? ''));
  });

  test('of large records ends a page before it is full', async () => {
    const { client, token, id } = await busy();
    await query(
      app.databaseUrl,
      `insert into session (id, tenant_id, user_id, evidence, created_at, last_seen_at, idle_expires_at, expires_at)
       select gen_random_uuid(), 'default', $1, jsonb_build_array(repeat('x', 40000)), now(), now(), now(), now()
       from generate_series(1, 30)`,
      [id],
    );
    const { data, text } = await client.graphql(EXPORT, {}, token);
    expect(data.exportMyData.records.length).toBeLessThan(30);
    expect(data.exportMyData.next).not.toBeNull();
    expect(text.length).toBeLessThan(400_000);
  });

  test('cannot be continued after an hour, with a made-up cursor, or with the cursor of somebody else', async () => {
    const { client, owner, token } = await busy();
    const other = await busy();
    const { next } = await page(client, token);
    const { next: foreign } = await page(other.client, other.token);
    expect((await page(client, token, next)).__typename).toBe('DataExport');
    for (const cursor of ['', 'made-up', `${next}x`, foreign]) {
      expect(await page(client, token, cursor)).toMatchObject({
        __typename: 'InvalidInput',
        fields: [{ path: 'after' }],
      });
    }
    app.clock.advance(3601);
    const { token: fresh } = await client.again(owner);
    expect((await page(client, fresh, next)).__typename).toBe('InvalidInput');
  });
});

describe('exportMyData', () => {
  test('asks for a fresh proof, on every page', async () => {
    const client = new AgentWorld(app);
    const owner = await client.owner();
    await query(
      app.databaseUrl,
      `insert into audit_event (id, occurred_at, type, tenant_id, user_id)
       select gen_random_uuid(), now(), 'name.changed', 'default', user_id from email_address, generate_series(1, 300)
       where address = $1`,
      [owner.email],
    );
    const { next } = await page(client, owner.token);
    expect(next).not.toBeNull();
    app.clock.advance(601);
    for (const after of [null, next]) {
      const { errors } = await client.graphql(EXPORT, { after }, owner.token);
      expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
    }
    const fresh = await client.again(owner);
    expect((await page(client, fresh.token, next)).__typename).toBe('DataExport');
  });

  test('takes a first factor from a user who has no second one', async () => {
    const client = new TestClient(app);
    const { accessToken } = await client.signUp();
    app.clock.advance(601);
    const started = await client.startStepUp({ require: 'STRONGEST_ENROLLED' }, accessToken);
    const done = await client.attempt(started.id, { password: PASSWORD }, accessToken);
    expect((await page(client, tokensOf(done).accessToken)).__typename).toBe('DataExport');
  });

  test(`begins at most ${EXPORTS_HOURLY} times an hour, also in parallel`, async () => {
    const client = new AgentWorld(app);
    const owner = await client.owner();
    const pages = await Promise.all(
      Array.from({ length: EXPORTS_HOURLY + 4 }, () => page(client, owner.token)),
    );
    const begun = pages.filter(({ __typename }) => __typename === 'DataExport');
    expect(begun).toHaveLength(EXPORTS_HOURLY);
    expect(pages.filter(({ code }) => code === 'TOO_MANY_EXPORTS')).toHaveLength(4);
    app.clock.advance(3601);
    expect((await page(client, (await client.again(owner)).token)).__typename).toBe('DataExport');
  });

  test('cannot be asked for twice in one request', async () => {
    const client = new AgentWorld(app);
    const owner = await client.owner();
    const aliases = 'mutation { a: exportMyData { __typename } b: exportMyData { __typename } }';
    const { errors } = await client.graphql(aliases, {}, owner.token);
    expect(errors[0]?.message).toMatch(/mutations/);
  });

  test('is closed for agents, and for those who are not signed in', async () => {
    const client = new AgentWorld(app);
    const owner = await client.owner();
    const agent = await client.create(owner);
    const { errors } = await client.graphql(EXPORT, {}, agent.token);
    expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
    const { errors: anonymous } = await client.graphql(EXPORT, {});
    expect(anonymous[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});
