// A code is accepted once, also while nodes of the version before `authenticator.data` are running: they read and write
// the column `last_time_step` alone.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealSecret } from '../../../src/factors/sealed-secret.ts';
import { totpFactor } from '../../../src/factors/totp/totp.ts';
import { openOrm } from '../../../src/persistence/orm.ts';
import { Conflict, UnitOfWork } from '../../../src/persistence/unit-of-work.ts';
import { KeyRing } from '../../../src/platform/key-ring.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type Person, TestClient } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const OF_PERSON = `factor = 'TOTP' and user_id = (select user_id from email_address where address = $1)`;

interface Stored {
  readonly last_time_step: number;
  readonly data: { readonly lastTimeStep: number } | null;
}

async function stored({ email }: Person): Promise<Stored | undefined> {
  const [row] = await query<Stored>(
    app.databaseUrl,
    `select last_time_step, data from authenticator where ${OF_PERSON}`,
    [email],
  );
  return row;
}

async function withApp(): Promise<{ person: Person; secret: string }> {
  const person = await client.signUp();
  const { secret } = await client.enrollTotp(person.accessToken);
  return { person, secret };
}

async function signInWith(person: Person, totp: string): Promise<string | undefined> {
  const { id } = await client.startSignIn({ identifier: person.email });
  await client.attempt(id, { password: person.password });
  const step = await client.attempt(id, { totp });
  return step.code ?? step.status;
}

test('an old node finds the accepted time step in its column', async () => {
  const { person } = await withApp();
  const row = await stored(person);
  expect(row?.last_time_step).toBeGreaterThan(0);
  expect(row?.data).toEqual({ lastTimeStep: row?.last_time_step });
});

test('a code that an old node has accepted is not accepted again', async () => {
  const { person, secret } = await withApp();
  await query(
    app.databaseUrl,
    `update authenticator set last_time_step = last_time_step + 1 where ${OF_PERSON}`,
    [person.email],
  );
  expect(await signInWith(person, client.totp(secret, 1))).toBe('PROOF_REJECTED');
});

test('a code of an authenticator that only old nodes have used is not accepted again', async () => {
  const { person, secret } = await withApp();
  await query(app.databaseUrl, `update authenticator set data = null where ${OF_PERSON}`, [person.email]);
  expect(await signInWith(person, client.totp(secret))).toBe('PROOF_REJECTED');
  expect(await signInWith(person, client.totp(secret, 1))).toBe('COMPLETE');
});

test('of two nodes that accept the same code at once, one is refused, whichever version commits first', async () => {
  const { person, secret } = await withApp();
  const ring = new KeyRing([randomBytes(32)]);
  const [row] = await query<{ id: string }>(
    app.databaseUrl,
    `select id from authenticator where ${OF_PERSON}`,
    [person.email],
  );
  const id = row?.id ?? '';
  const data = (await stored(person))?.data ?? null;
  const verdict = await totpFactor.create({ ring }).verify(client.totp(secret, 1), {
    workflowId: randomUUID(),
    account: null,
    authenticators: [
      { id, factor: 'TOTP', label: null, secret: sealSecret(ring, id, secret), data, confirmed: true },
    ],
    enrolling: null,
    identifies: false,
    provedBefore: [],
    challenge: null,
    now: app.clock.now(),
  });
  const orm = await openOrm(app.databaseUrl);
  const redeem = async (): Promise<boolean> => {
    const unitOfWork = new UnitOfWork();
    if (verdict.accepted) verdict.consume?.(unitOfWork);
    try {
      await unitOfWork.commit(orm.em.fork());
      return verdict.accepted;
    } catch (error) {
      if (error instanceof Conflict) return false;
      throw error;
    }
  };
  try {
    await query(
      app.databaseUrl,
      `update authenticator set last_time_step = last_time_step + 1 where ${OF_PERSON}`,
      [person.email],
    );
    expect(await redeem()).toBe(false);
    await query(
      app.databaseUrl,
      `update authenticator set last_time_step = last_time_step - 1 where ${OF_PERSON}`,
      [person.email],
    );
    expect(await redeem()).toBe(true);
    expect(await redeem()).toBe(false);
  } finally {
    await orm.close();
  }
});

test('`material` shows the secret and the key URI that `totp` shows, until the app is proved', async () => {
  const person = await client.signUp();
  const { id, totp } = await client.startEnrollment({ factor: 'TOTP' }, person.accessToken);
  const read = async (): Promise<unknown> => {
    const { data } = await client.graphql(
      'query ($id: ID!) { workflow(id: $id) { ... on Enrollment { material } challenge { request } } }',
      { id },
      person.accessToken,
    );
    return data.workflow;
  };
  expect(await read()).toEqual({ material: { secret: totp?.secret, uri: totp?.uri }, challenge: null });
  await client.attempt(id, { totp: client.totp(totp?.secret ?? '') }, person.accessToken);
  expect(await read()).toEqual({ material: null, challenge: null });
});
