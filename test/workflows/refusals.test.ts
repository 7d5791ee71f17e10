// Refusals are in the audit log. A flood of them is recorded as few events: one for each account and kind, with a
// count.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { byAnonymous } from '../../src/persistence/audit.ts';
import { openOrm } from '../../src/persistence/orm.ts';
import { RefusalTally } from '../../src/persistence/refusal-tally.ts';
import { createLog } from '../../src/platform/log.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

interface Refusals {
  readonly type: string;
  readonly factor: string | null;
  readonly count: number;
  readonly ip: string | null;
  readonly actor_kind: string;
  readonly is_known: boolean;
}

/** The events that a second node writes when it stops. */
async function refusalsOf(
  work: (node: TestApp) => Promise<void>,
  environment: Readonly<Record<string, string>> = {},
): Promise<Refusals[]> {
  const node = await startTestApp(environment, app.databaseUrl, app.clock);
  await query(app.databaseUrl, 'delete from audit_event');
  try {
    await work(node);
  } finally {
    await node[Symbol.asyncDispose]();
  }
  return query<Refusals>(
    app.databaseUrl,
    `select type, factor, count, ip, actor_kind, user_id is not null as is_known from audit_event
     where type like '%.locked-out' or type like '%.limited' order by type, factor, count desc`,
  );
}

const many = (count: number, work: () => Promise<Step>): Promise<Step[]> =>
  Promise.all(Array.from({ length: count }, work));

async function lock(email: string): Promise<string> {
  let id = '';
  for (let failed = 0; failed < 10; failed += 1) {
    if (failed % 5 === 0) ({ id } = await client.startSignIn({ identifier: email }));
    await client.attempt(id, { password: 'wrong' });
  }
  return (await client.startSignIn({ identifier: email })).id;
}

test('a flood of refusals at a locked account is one event, and so is one at an unknown identifier', async () => {
  const { email } = await client.signUp();
  const [ofSomebody, ofNobody] = [await lock(email), await lock('nobody-locked@example.com')];
  const refusals = await refusalsOf(async (node) => {
    const attacker = new TestClient(node);
    for (const id of [ofSomebody, ofNobody]) await many(60, () => attacker.attempt(id, { password: 'x' }));
  });
  const event = { type: 'sign-in.locked-out', factor: 'PASSWORD', count: 60, ip: '127.0.0.1' };
  expect(refusals).toHaveLength(2);
  for (const isKnown of [true, false])
    expect(refusals).toContainEqual({ ...event, actor_kind: 'ANONYMOUS', is_known: isKnown });
});

test('refusals by network and message limits are counted too, those of several addresses together', async () => {
  const { email } = await client.signUp();
  const refusals = await refusalsOf(
    async (node) => {
      const from = (ip: string) => new TestClient(node, { 'x-forwarded-for': ip });
      const { id } = await client.startSignIn({ identifier: email });
      await from('203.0.113.1').attempt(id, { password: 'wrong' });
      for (const ip of ['203.0.113.1', '203.0.113.2'])
        await many(3, () => from(ip).attempt(id, { password: 'wrong' }));
      for (const _ of [1, 2, 3]) {
        const { id: other } = await client.startSignIn({ identifier: email });
        await from('198.51.100.1').prepare(other, 'EMAIL_CODE');
      }
    },
    { TRUSTED_PROXIES: 'loopback', FAILURES_PER_PREFIX_HOURLY: '1', MAIL_PER_ADDRESS_HOURLY: '2' },
  );
  const event = { type: 'sign-in.limited', actor_kind: 'ANONYMOUS', is_known: true };
  expect(refusals).toEqual([
    { ...event, factor: 'EMAIL_CODE', count: 2, ip: '198.51.100.1' },
    { ...event, factor: 'PASSWORD', count: 6, ip: null },
  ]);
});

test('the user sees the refusals with their count', async () => {
  const person = await client.signUp();
  const { tokens } = await client.enrollTotp(person.accessToken);
  const id = await lock(person.email);
  await refusalsOf(async (node) => {
    await many(7, () => new TestClient(node).attempt(id, { password: 'x' }));
  });
  const { data } = await client.graphql(
    '{ viewer { auditEvents { type count actor } } }',
    {},
    tokens.accessToken,
  );
  expect(data.viewer.auditEvents[0]).toEqual({ type: 'sign-in.locked-out', count: 7, actor: 'ANONYMOUS' });
});

test('refusals of very many accounts at once are counted for the tenant, so that they do not fill the log', async () => {
  const refusals = await refusalsOf(async () => {
    const orm = await openOrm(app.databaseUrl);
    await using _closing = { [Symbol.asyncDispose]: () => orm.close() };
    await using tally = new RefusalTally(orm, app.clock, createLog('silent'));
    for (let account = 0; account < 5000; account += 1) {
      const userId = `00000000-0000-4000-8000-${String(account).padStart(12, '0')}`;
      const entry = { type: 'sign-in.limited', tenantId: 'default', userId, sessionId: null } as const;
      tally.add(
        { ...entry, factor: 'PASSWORD' },
        byAnonymous({ ip: `10.0.${account >> 8}.1`, userAgent: null }),
      );
    }
  });
  expect(refusals).toHaveLength(1001);
  expect(refusals.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
});
