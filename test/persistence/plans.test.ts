// No statement of the server reads a growing table from beginning to end. The tables are full, everything that users,
// administrators and the worker do is done once, and PostgreSQL tells how it executes each statement that arrived.
//
// Not here are commands that read everything on purpose: exports, imports, and changes of keys.
import { randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { SoftwareAuthenticator } from '../../src/cli/demo/software-authenticator.ts';
import { readConfig } from '../../src/config/config.ts';
import { forgetDeadJobs, freeAbandonedJobs } from '../../src/delivery/abandoned-jobs.ts';
import { listDeadMessages, replay, stateOfMessage } from '../../src/delivery/dead-letters.ts';
import { eraseExpired } from '../../src/delivery/erase-expired.ts';
import { DeliveryError } from '../../src/delivery/message.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import { keepAuditPartitions } from '../../src/persistence/audit-partitions.ts';
import { openClient } from '../../src/persistence/connection.ts';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { applyRetention } from '../../src/persistence/retention.ts';
import { UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { createLog } from '../../src/platform/log.ts';
import { eraseUsers } from '../../src/users/erase-users.ts';
import { AgentWorld } from '../agents/agents.ts';
import { Addresses } from '../factors/email/owner.ts';
import {
  attempt,
  COOKIES,
  callback,
  entry,
  native,
  providersFile,
  signInWith,
  visit,
  visitInBrowser,
} from '../factors/oauth/visits.ts';
import { RETENTION, TEST_ENVIRONMENT, testDatabase } from '../harness/app.ts';
import { approvedToken } from '../harness/approved.ts';
import { PASSWORD, type Person, TestClient, type Tokens, tokensOf } from '../harness/client.ts';
import { TestClock } from '../harness/clock.ts';
import { fillTables, ROWS } from '../harness/full-tables.ts';
import { IdentityProvider } from '../harness/identity-provider.ts';
import { enrollPasskey, signInWithPasskey } from '../harness/passkeys.ts';
import { wholeReads } from '../harness/plans.ts';
import { ScriptedBrowser } from '../harness/provider-visit.ts';
import { query } from '../harness/sql.ts';
import { type Statement, StatementCounter } from '../harness/statement-counter.ts';

/** As few rows as there are tenants, keys, imports and migrations. */
const SMALL = ['mikro_orm_migrations', 'push_key', 'secret_key', 'signing_key', 'tenant', 'user_import'];
const NUMBER = '+14155552671';

let database: Awaited<ReturnType<typeof testDatabase>>;
let counter: StatementCounter;
let orm: Orm;
let app: App;
let provider: IdentityProvider;
let client: TestClient;
let planner: pg.Client;
let growing: ReadonlySet<string>;
const clock = new TestClock();

beforeAll(async () => {
  database = await testDatabase();
  counter = await StatementCounter.before(database.url);
  orm = await openOrm(counter.url);
  // A month with a partition, the one from before there were months, and one without a partition.
  await keepAuditPartitions(orm.em.fork(), clock.now(), RETENTION.auditSeconds);
  await fillTables(database.url, [
    `now() - n * interval '30 minutes'`,
    `date_trunc('month', now()) + interval '2 months 1 day' + n * interval '1 second'`,
    `timestamptz '2100-01-01' + n * interval '1 second'`,
  ]);
  provider = await IdentityProvider.start({ redirectUris: [callback('work'), native('work')] });
  const providers = [entry('work', provider, { addresses: 'email_verified' })];
  app = await startApp({
    config: readConfig({ ...TEST_ENVIRONMENT, PROVIDERS_FILE: await providersFile(providers) }),
    databaseUrl: counter.url,
    log: createLog('silent'),
    clock,
  });
  client = new TestClient({ url: app.url, clock });
  planner = await openClient(database.url, 'test');
  const tables = await query<{ name: string; rows: number }>(
    database.url,
    `select relname as name, reltuples as rows from pg_class
     where relkind = 'r' and relnamespace = 'public'::regnamespace and relname !~ '^audit_event_[0-9]'`,
  );
  expect(
    tables
      .filter(({ rows }) => rows < ROWS)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(SMALL);
  const full = await query<{ name: string }>(
    database.url,
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
     and reltuples >= ${ROWS}`,
  );
  growing = new Set(full.map(({ name }) => name));
}, 120_000);
afterAll(async () => {
  await planner.end();
  await app.stop();
  await provider[Symbol.asyncDispose]();
  await orm.close();
  await counter[Symbol.asyncDispose]();
  await database.drop();
});

async function ask(document: string, token?: string, variables: object = {}) {
  const { data, errors } = await client.graphql(document, variables, token);
  expect(errors).toEqual([]);
  return data;
}

const ACCOUNT = `id externalId name locale roles smsFactors backupCodesRemaining
  authenticators { id factor } emailAddresses { id address } phoneNumbers { id number }
  sessions { id } assurance { level } auditEvents { id }`;

async function twoFactors(): Promise<Person & Tokens & { secret: string; codes: readonly string[] }> {
  const person = await client.signUp();
  const { secret, backupCodes: codes, tokens } = await client.enrollTotp(person.accessToken);
  return { ...person, ...tokens, secret, codes };
}

/** Before the clock moves, because the provider is on the machine's. */
async function atProvider(): Promise<void> {
  const onTime = () => clock.advance((Date.now() - clock.now().getTime()) / 1000);
  const sub = randomUUID();
  provider.visitor = { sub, email: `${sub}@example.com`, email_verified: true };
  const found: (string | undefined)[] = [];
  for (const is of ['new', 'known']) {
    onTime();
    const { status, session } = await signInWith(client, 'work');
    expect([is, status]).toEqual([is, 'COMPLETE']);
    found.push(session?.accessToken);
  }
  const browser = new ScriptedBrowser(app);
  const { id } = await client.startSignIn({});
  const answer = await visitInBrowser(client, browser, id, 'work');
  const headers = { ...COOKIES, cookie: browser.cookieHeader };
  onTime();
  expect((await attempt(client, id, answer, { headers })).status).toBe('COMPLETE');
  const [, token = ''] = found;
  const { viewer } = await ask('{ viewer { identities { id } } }', token);
  const UNLINK = 'mutation ($id: ID!) { unlinkProvider(identityId: $id) { __typename } }';
  const variables = { id: viewer.identities[0].id };
  const operation = { query: UNLINK, variables };
  const stepUp = await client.startStepUp({ require: 'STRONGEST_ENROLLED', operation }, token);
  onTime();
  const { proof } = await visit(client, stepUp.id, 'work', { token });
  onTime();
  const { session } = await attempt(client, stepUp.id, proof, { token });
  const { unlinkProvider } = await ask(UNLINK, session?.accessToken, variables);
  expect(unlinkProvider.__typename).toBe('User');
}

async function visitors(): Promise<void> {
  const person = await twoFactors();
  clock.advance(30);
  await client.signIn(person, { totp: client.totp(person.secret) });
  await client.signIn(person, { backupCode: person.codes[0] });
  for (const identifier of [person.email, 'nobody@example.com']) {
    const { id } = await client.startSignIn({ identifier });
    await client.attempt(id, { password: 'wrong' });
    await client.prepare(id, 'EMAIL_CODE');
    await ask('query ($id: ID!) { workflow(id: $id) { status factors { factor } } }', undefined, { id });
  }
  await ask('{ settings { __typename } }');
  await ask(`{ checkPassword(input: { password: "${PASSWORD}" }) { __typename } }`);
  for (const path of ['/readyz', '/.well-known/jwks.json', '/dev/inbox.json']) await fetch(app.url + path);
}

async function resets(): Promise<void> {
  const person = await twoFactors();
  const started = await client.startPasswordReset({ identifier: person.email });
  await client.prepare(started.id, 'EMAIL_LINK');
  const token = await client.linkFor(person.email);
  await ask('query ($token: String!) { link(token: $token) { __typename } }', undefined, { token });
  expect(await client.approve(token)).toBe('LinkRequest');
  await client.attempt(started.id, { linkApproved: true });
  clock.advance(30);
  await client.attempt(started.id, { totp: client.totp(person.secret) });
  const options = { signOutOtherSessions: true };
  expect((await client.chooseNewPassword(started.id, `${PASSWORD}!`, options)).status).toBe('COMPLETE');
}

async function members(): Promise<void> {
  const { secret, codes, ...person } = await twoFactors();
  let token = person.accessToken;
  await ask(`{ viewer { ${ACCOUNT} } }`, token);
  const phone = await client.enrollPhone(token, NUMBER);
  token = phone.tokens.accessToken;
  for (const proof of ['totp', 'backupCode', 'phoneCode']) {
    clock.advance(30);
    const { id } = await client.startStepUp({}, token);
    if (proof === 'phoneCode') await client.prepare(id, 'PHONE_CODE', token, phone.id);
    const proofs: Record<string, object> = {
      totp: { totp: client.totp(secret) },
      backupCode: { backupCode: codes[1] },
      phoneCode: { phoneCode: proof === 'phoneCode' ? await client.codeFor(NUMBER) : '' },
    };
    token = tokensOf(await client.attempt(id, proofs[proof] ?? {}, token)).accessToken;
  }
  await ask('mutation { regenerateBackupCodes { codes } }', token);
  await ask('mutation { setLocale(locale: "de") { __typename } }', token);
  await ask('mutation { setSmsFactors(enabled: true) { __typename } }', token);
  await ask(
    `mutation { changePassword(input: { newPassword: "${PASSWORD}?", signOutOtherSessions: true }) { __typename } }`,
    token,
  );
  const { viewer } = await ask('{ viewer { authenticators { id factor } sessions { id } } }', token);
  const totp = viewer.authenticators.find((one: { factor: string }) => one.factor === 'TOTP');
  await ask(`mutation { setPhoneSecondFactor(id: "${phone.id}", enabled: false) { __typename } }`, token);
  await ask(`mutation { removeAuthenticator(id: "${totp.id}") { __typename } }`, token);
  await ask('mutation { revokeOtherSessions { __typename } }', token);
  await ask(`mutation { revokeSession(id: "${viewer.sessions[0].id}") { __typename } }`, token);
}

/** With users who have several addresses, and several accounts. */
async function owners(): Promise<void> {
  const world = new Addresses({ url: app.url, clock });
  const [from, into] = [await world.signUp(), await world.signUp()];
  const idOf = async ({ accessToken }: Tokens): Promise<string> =>
    (await ask('{ viewer { id } }', accessToken)).viewer.id;
  const [fromId, intoId] = [await idOf(from), await idOf(into)];
  const [old] = await world.addresses(into.accessToken);
  const { id } = await world.add(into.accessToken);
  expect((await world.setPrimary(into.accessToken, id)).__typename).toBe('User');
  expect((await world.remove(into.accessToken, old?.id ?? '')).__typename).toBe('User');
  await world.startAdding(from.accessToken, old?.address ?? '');
  const approved = async ({ accessToken }: Tokens, document: string): Promise<void> => {
    const operation = { query: document, variables: {} };
    await ask(document, await approvedToken(world, accessToken, operation, () => ({ password: PASSWORD })));
  };
  await approved(from, `mutation { allowMerge(input: { intoUserId: "${intoId}" }) { __typename } }`);
  await approved(into, `mutation { completeMerge(input: { userId: "${fromId}" }) { __typename } }`);
  const { viewer } = await ask('{ viewer { mergedUserIds } }', into.accessToken);
  expect(viewer.mergedUserIds).toEqual([fromId]);
}

/** With users who answer what their agents ask. */
async function agents(): Promise<void> {
  const world = new AgentWorld({ url: app.url, clock });
  const owner = await world.owner();
  const agent = await world.create(owner);
  await ask('{ viewer { id roles assurance { evidence { factor } enrolled } } }', agent.token);
  await world.ask(agent, { query: 'mutation { pay }' });
  await ask('{ viewer { agentRequests { id } sessions { id agent { name } } } }', owner.token);
  expect((await world.approveNewest(owner)).status).toBe('COMPLETE');
  await ask(`mutation { consumeOperationProof(digest: "${'a'.repeat(43)}") }`, agent.token);
  await world.ask(agent, { query: 'mutation { payMore }' });
  const [request] = await world.requests(owner.token);
  expect(await world.reject(request?.id ?? '', owner.token)).toBe('User');
  const { token } = await world.again(owner);
  const sid = (decodeJwt(owner.token) as { sid: string }).sid;
  await ask('mutation ($id: ID!) { revokeSession(id: $id) { __typename } }', token, { id: sid });
}

async function holdersOfPasskeys(): Promise<void> {
  const { accessToken } = await client.signUp();
  const key = new SoftwareAuthenticator({ origin: TEST_ENVIRONMENT.PUBLIC_URL });
  const { id } = await enrollPasskey(client, accessToken, key);
  const { accessToken: token } = tokensOf(await signInWithPasskey(client, key));
  await signInWithPasskey(client, key, { counter: 0 }); // as a copy would
  await ask(`mutation { removeAuthenticator(id: "${id}") { __typename } }`, token);
  await client.startSignUp({});
}

async function refreshes(): Promise<void> {
  const person = await client.signUp();
  const refresh = (refreshToken: string) =>
    ask(
      'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { __typename ... on SessionGrant { refreshToken accessToken } } }',
      undefined,
      { t: refreshToken },
    );
  const { refreshSession: first } = await refresh(person.refreshToken);
  await refresh(first.refreshToken);
  await refresh(first.refreshToken); // its response was lost
  clock.advance(60);
  await refresh(person.refreshToken); // stolen
  const known = await client.startSignIn({ identifier: person.email });
  const { session } = await client.attempt(known.id, { password: person.password });
  const again = await client.startSignIn({ identifier: person.email }, session?.deviceToken);
  const { accessToken } = tokensOf(await client.attempt(again.id, { password: person.password }));
  await ask(`mutation { consumeOperationProof(digest: "${'a'.repeat(43)}") }`, accessToken);
  await ask('mutation { signOut { __typename } }', accessToken);
}

async function administrators(): Promise<void> {
  const { accessToken: token } = await twoFactors();
  const other = await twoFactors();
  const { viewer } = await ask('{ viewer { id } }', token);
  const { viewer: user } = await ask('{ viewer { id } }', other.accessToken);
  await query(database.url, `update user_account set roles = '["ADMIN"]' where id = $1`, [viewer.id]);
  await ask(`{ user(id: "${user.id}") { id } }`, token);
  await ask(`mutation { unlockUser(id: "${user.id}") { __typename } }`, token);
  await ask(`mutation { removeSecondFactors(id: "${user.id}") { __typename } }`, token);
}

/** An administrator, who leaves, comes back, and leaves for good. */
async function leavers(): Promise<void> {
  const world = new AgentWorld({ url: app.url, clock });
  const people = [await world.owner(), await world.owner()];
  await query(
    database.url,
    `update user_account set roles = '["ADMIN"]' where id in (select user_id from email_address where address = any($1))`,
    [people.map(({ email }) => email)],
  );
  const [owner] = people;
  if (owner === undefined) throw new Error('Nobody leaves.');
  const leave = { query: 'mutation { deleteAccount { __typename } }' };
  expect((await world.approved(owner, leave)).data.deleteAccount.__typename).toBe('AccountDeletion');
  owner.token = (await world.again(owner)).token;
  await ask('mutation { cancelDeletion { __typename } }', owner.token);
  await world.approved(owner, leave);
  clock.advance(15 * 86_400);
  const outbox = new Outbox({
    ring: new KeyRing([randomBytes(32)]),
    transports: {},
    geoip: { placeOf: () => null },
    log: createLog('silent'),
  });
  for (let runs = 0; runs < 2; runs += 1) {
    const em = orm.em.fork();
    await eraseUsers({ em, outbox, now: clock.now(), signal: new AbortController().signal });
    clock.advance(3600);
  }
}

async function worker(): Promise<void> {
  const outbox = new Outbox({
    ring: new KeyRing([randomBytes(32)]),
    transports: {
      email: { send: async () => ({ providerId: 'one', status: 'queued' }) },
      sms: { send: () => Promise.reject(new DeliveryError('refused', { isFinal: true })) },
    },
    geoip: { placeOf: () => null },
    log: createLog('silent'),
  });
  const now = clock.now();
  const em = orm.em.fork();
  const sql = sqlOf(em);
  for (const channel of ['email', 'sms'] as const) {
    const unitOfWork = new UnitOfWork();
    const message = { channel, to: 'jane@example.com', subject: 's', text: 't', html: null, code: null };
    const id = outbox.add(unitOfWork, message, now, new Date(now.getTime() + 60_000));
    await unitOfWork.commit(em);
    await outbox.deliver(sql, id, now, new AbortController().signal);
    await outbox.noteStatus(
      sql,
      { messageId: id, providerId: 'one', status: 'delivered', errorCode: null },
      now,
    );
    await stateOfMessage(sql, id, now);
    await replay(sql, id, now);
  }
  await listDeadMessages(sql, now, true);
  await listDeadMessages(sql, now, false);
  await replay(sql, null, now);
  await outbox.inbox(sql, now);
  await eraseExpired(sql, now);
  await freeAbandonedJobs(sql);
  await forgetDeadJobs(sql);
  await applyRetention(sql, now, RETENTION);
  await keepAuditPartitions(em, now, RETENTION.auditSeconds);
}

/** Each text once, without control of transactions, definitions, and questions about the catalog. */
function distinct(statements: readonly Statement[]): Statement[] {
  const texts = new Map(statements.map((one) => [one.text, one]));
  return [...texts.values()].filter(({ text }) => /^\s*(select|with|insert|update|delete)\b/i.test(text));
}

const arrived: Statement[] = [];

test.each([
  ['users of an identity provider', atProvider],
  ['visitors', visitors],
  ['users who forgot their password', resets],
  ['members', members],
  ['agents', agents],
  ['owners of several addresses or accounts', owners],
  ['holders of passkeys', holdersOfPasskeys],
  ['clients that refresh', refreshes],
  ['administrators', administrators],
  ['the worker', worker],
  ['users who leave', leavers],
])(
  'no statement of %s reads a growing table from beginning to end',
  { timeout: 60_000 },
  async (_who, work) => {
    counter.take();
    await work();
    const statements = distinct(counter.take());
    arrived.push(...statements);
    const found: Record<string, string[]> = {};
    for (const statement of statements) {
      const reads = await wholeReads(planner, statement, growing);
      if (reads.length > 0) found[statement.text] = reads;
    }
    expect(found).toEqual({});
  },
);

test('these are statements on every table', () => {
  const tables = [...growing].filter((table) => !table.startsWith('audit_event_'));
  expect(tables.filter((table) => !arrived.some(({ text }) => text.includes(table)))).toEqual([]);
  expect(distinct(arrived).length).toBeGreaterThan(80);
});

test('a statement whose index is gone is noticed, with its values and without them', async () => {
  const statement = { text: 'select id from workflow where expires_at < $1', values: ['2020-01-01'] };
  await planner.query('begin; drop index workflow_expires_at_index');
  expect(await wholeReads(planner, statement, growing)).toEqual([
    'generic: Seq Scan on workflow',
    'custom: Seq Scan on workflow',
  ]);
  await planner.query('rollback');
  expect(
    await wholeReads(planner, { text: 'select count(*) from workflow', values: [] }, growing),
  ).toHaveLength(1);
  expect(
    await wholeReads(
      planner,
      { ...statement, text: `${statement.text} order by expires_at limit 5` },
      growing,
    ),
  ).toEqual([]);
});
