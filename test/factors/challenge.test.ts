// The single use of a code, tested alone: it does not depend on the step that uses it.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answeredByCode, consume as consumption, digestOfCode } from '../../src/factors/challenge.ts';
import type { StoredChallenge } from '../../src/factors/factor-exchange.ts';
import { type Orm, openOrm } from '../../src/persistence/orm.ts';
import { Conflict, UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const ring = new KeyRing([randomBytes(32)]);
const WORKFLOW = 'a workflow';
const CODE = '418273';
const NOW = new Date();

let app: TestApp;
let orm: Orm;

beforeAll(async () => {
  app = await startTestApp();
  orm = await openOrm(app.databaseUrl);
});
afterAll(async () => {
  await orm.close();
  await app[Symbol.asyncDispose]();
});

/** A challenge in the database, and as a step has read it. */
async function challenge(): Promise<StoredChallenge> {
  const email = `${randomUUID()}@example.com`;
  await new TestClient(app).startSignUp({ email, password: PASSWORD });
  const [row] = await query<{ id: string }>(
    app.databaseUrl,
    `select c.id from challenge c join workflow w on c.workflow_id = w.id join email_address e using (user_id)
     where e.address = $1`,
    [email],
  );
  const id = row?.id ?? '';
  const codeDigest = digestOfCode(ring, { workflowId: WORKFLOW, challengeId: id }, CODE);
  await query(app.databaseUrl, 'update challenge set code_digest = $2 where id = $1', [id, codeDigest]);
  return {
    id,
    factor: 'EMAIL_CODE',
    codeDigest,
    request: null,
    secret: null,
    authenticatorId: null,
    expiresAt: addSeconds(NOW, 600).toISOString(),
    approved: false,
    consumed: false,
  };
}

const answers = (
  read: StoredChallenge | null,
  { code = CODE, now = NOW, workflowId = WORKFLOW } = {},
): boolean =>
  answeredByCode(ring, code, {
    workflowId,
    account: null,
    authenticators: [],
    enrolling: null,
    identifies: false,
    provedBefore: [],
    presentedCertificate: () => null,
    challenge: read,
    now,
  }) !== null;

async function consume(read: StoredChallenge): Promise<boolean> {
  const unitOfWork = new UnitOfWork();
  consumption(read, NOW)(unitOfWork);
  return unitOfWork.commit(orm.em.fork()).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Conflict) return false;
      throw error;
    },
  );
}

test('a code is consumed only once, even if two requests have both read it as unused', async () => {
  const read = await challenge();
  expect(await Promise.all([consume(read), consume(read)])).toEqual(expect.arrayContaining([true, false]));
  expect(await consume(read)).toBe(false);
});

test('a code that is replaced after a request has read it is not consumed', async () => {
  const read = await challenge();
  await query(app.databaseUrl, 'update challenge set code_digest = $2 where id = $1', [read.id, 'another']);
  expect(await consume(read)).toBe(false);
});

test('a code is rejected when it is used, just expired, of another challenge or wrong', async () => {
  const read = await challenge();
  expect(answers(read)).toBe(true);
  expect(answers(read, { now: addSeconds(NOW, 599) })).toBe(true);
  expect(answers(read, { now: addSeconds(NOW, 600) })).toBe(false);
  expect(answers({ ...read, consumed: true })).toBe(false);
  expect(answers(read, { code: '418274' })).toBe(false);
  expect(answers(read, { workflowId: 'another' })).toBe(false);
  expect(answers({ ...read, id: randomUUID() })).toBe(false);
  expect(answers(null)).toBe(false);
});
