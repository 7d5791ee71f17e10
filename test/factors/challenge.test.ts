// The single use of a code, by itself: it does not lean on anything that the step around it makes sure of.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeValue, verifyCode } from '../../src/factors/challenge.ts';
import type { StoredChallenge } from '../../src/factors/factor.ts';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { keyedDigest } from '../../src/platform/digest.ts';
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

const digest = keyedDigest(ring, 'code', codeValue(WORKFLOW, CODE));

/** A challenge in the table, and as a step has read it. */
async function challenge(): Promise<StoredChallenge> {
  const email = `${randomUUID()}@example.com`;
  await new TestClient(app).startSignUp({ email, password: PASSWORD });
  const [row] = await query<{ id: string }>(
    app.databaseUrl,
    `update challenge c set code_digest = $2 from workflow w join email_address e using (user_id)
     where c.workflow_id = w.id and e.address = $1 returning c.id`,
    [email, digest],
  );
  const expiresAt = addSeconds(NOW, 600).toISOString();
  return { id: row?.id ?? '', factor: 'EMAIL_CODE', codeDigest: digest, expiresAt, consumed: false };
}

const verify = (read: StoredChallenge, code = CODE, now = NOW) =>
  verifyCode(ring, code, { workflowId: WORKFLOW, challenge: read, now });

async function consume(read: StoredChallenge): Promise<boolean | undefined> {
  const verdict = verify(read);
  return verdict.accepted ? verdict.consume?.(sqlOf(orm.em.fork())) : undefined;
}

test('two that have both read it unused have one winner', async () => {
  const read = await challenge();
  expect(await Promise.all([consume(read), consume(read)])).toEqual(expect.arrayContaining([true, false]));
  expect(await consume(read)).toBe(false);
});

test('a code that was replaced after it was read has none', async () => {
  const read = await challenge();
  await query(app.databaseUrl, 'update challenge set code_digest = $2 where id = $1', [read.id, 'another']);
  expect(await consume(read)).toBe(false);
});

test('it is refused when it is used, expired to the second, another’s or wrong', async () => {
  const read = await challenge();
  expect(verify(read)).toMatchObject({ accepted: true });
  expect(verify(read, CODE, addSeconds(NOW, 599))).toMatchObject({ accepted: true });
  expect(verify(read, CODE, addSeconds(NOW, 600))).toEqual({ accepted: false });
  expect(verify({ ...read, consumed: true })).toEqual({ accepted: false });
  expect(verify(read, '418274')).toEqual({ accepted: false });
  expect(verifyCode(ring, CODE, { workflowId: 'another', challenge: read, now: NOW })).toEqual({
    accepted: false,
  });
  expect(verifyCode(ring, CODE, { workflowId: WORKFLOW, challenge: null, now: NOW })).toEqual({
    accepted: false,
  });
});
