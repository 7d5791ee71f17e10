// A passkey that approves one operation signs a digest of it, and `stepgate audit prove` shows it later from the audit log
// alone: which key approved which operation with which arguments.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { SEALED_APPROVALS } from '../../../src/factors/approval-record.ts';
import { KeyRing } from '../../../src/platform/key-ring.ts';
import { operationDigest } from '../../../src/step-up/operation-digest.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../../harness/app.ts';
import { type Person, type Step, TestClient, tokensOf } from '../../harness/client.ts';
import { runHere } from '../../harness/command.ts';
import { enrollPasskey, requestOf, signInWithPasskey } from '../../harness/passkeys.ts';
import { SoftwareAuthenticator } from '../../harness/software-authenticator.ts';
import { query } from '../../harness/sql.ts';

const PAY = 'mutation Pay($amount: Int!, $to: String!) { pay(amount: $amount, to: $to) { id } }';
const VARIABLES = { to: 'canary-recipient', amount: 4200 };
const ORIGIN = 'http://localhost:4000';

let app: TestApp;
let client: TestClient;
let folder: string;
let user: Holder;

interface Holder extends Person {
  readonly key: SoftwareAuthenticator;
  readonly passkeyId: string;
}

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  folder = await mkdtemp(join(tmpdir(), 'stepgate-approval-'));
  user = await holder();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await app[Symbol.asyncDispose]();
});

async function holder(): Promise<Holder> {
  const person = await client.signUp();
  const key = new SoftwareAuthenticator({ origin: ORIGIN });
  const { id, tokens } = await enrollPasskey(client, person.accessToken, key);
  return { ...person, ...tokens, key, passkeyId: id };
}

async function asked(operation: object | null, { accessToken }: Holder = user): Promise<Step> {
  const start = `mutation ($input: StartStepUpInput!) { startStepUp(input: $input) {
    ... on StepUp { id status approves } ... on UserError { code message } } }`;
  const input = { accept: ['PASSKEY'], operation };
  const { data } = await client.graphql(start, { input }, accessToken);
  return client.prepare(data.startStepUp.id, 'PASSKEY', accessToken);
}

interface Event {
  readonly id: string;
  readonly approval: string | null;
}

/** The event of the proof that was accepted last. */
async function newest(): Promise<Event> {
  const [event] = await query<Event>(
    app.databaseUrl,
    "select id, approval from audit_event where type = 'step-up.proof-accepted' order by occurred_at desc limit 1",
  );
  return event as Event;
}

/** Approves an operation with a passkey. */
async function approved(operation: object = { query: PAY, variables: VARIABLES }, by = user): Promise<Event> {
  app.clock.advance(1);
  const prepared = await asked(operation, by);
  const passkey = by.key.get(requestOf(prepared));
  const done = await client.attempt(prepared.id, { passkey }, by.accessToken);
  expect(done.status).toBe('COMPLETE');
  return newest();
}

const prove = (...args: string[]) =>
  runHere(['audit', 'prove', ...args], { ...TEST_ENVIRONMENT, DATABASE_URL: app.databaseUrl });

/** What `--json` prints, altered. */
// oxlint-disable-next-line typescript/no-explicit-any -- it is altered in every way
async function proveAltered(eventId: string, alter: (exported: any) => void) {
  const exported = JSON.parse((await prove(eventId, '--json')).stdout);
  alter(exported);
  const file = join(folder, 'altered.json');
  await writeFile(file, JSON.stringify(exported));
  return runHere(['audit', 'prove', '--file', file], { DATABASE_URL: 'postgres://nowhere/none' });
}

describe('the challenge', () => {
  test('is a digest of the operation, the workflow and a nonce', async () => {
    const operation = { query: PAY, variables: VARIABLES };
    const prepared = await asked(operation);
    const workflow = createHash('sha256').update(prepared.id).digest('base64url');
    const [stored] = await query<{ id: string }>(
      app.databaseUrl,
      `select id from challenge where workflow_id = '${workflow}'`,
    );
    const digest = operationDigest({ document: parse(PAY), variables: VARIABLES });
    const committed = JSON.stringify(['stepgate approval 1', digest, workflow, stored?.id]);
    expect(requestOf(prepared).challenge).toBe(createHash('sha256').update(committed).digest('base64url'));
  });

  test('is different for each workflow, each new challenge, and each operation', async () => {
    const operation = { query: PAY, variables: VARIABLES };
    const first = await asked(operation);
    app.clock.advance(31);
    const again = await client.prepare(first.id, 'PASSKEY', user.accessToken);
    const others = [
      again,
      await asked(operation),
      await asked({ ...operation, variables: { ...VARIABLES, amount: 1 } }),
    ];
    const challenges = [first, ...others].map((one) => requestOf(one).challenge);
    expect(new Set(challenges).size).toBe(4);
    // The answer to the challenge for one operation approves no other.
    const [, , , cheaper] = [first, ...others];
    const passkey = user.key.get(requestOf(cheaper as Step));
    const refused = await client.attempt(again.id, { passkey }, user.accessToken);
    expect(refused.code).toBe('PROOF_REJECTED');
  });
});

describe('an approved operation', () => {
  test('is shown and verified from the audit log alone, after the passkey and the workflow are gone', async () => {
    const one = await holder();
    const { id } = await approved(undefined, one);
    await query(app.databaseUrl, `delete from workflow`);
    await query(app.databaseUrl, `delete from authenticator where id = '${one.passkeyId}'`);
    const { code, stdout, stderr } = await prove(id);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`credential id:       ${one.key.passkeys[0]?.id}`);
    expect(stdout).toContain('mutation Pay($amount:Int!$to:String!){pay(amount:$amount to:$to){id}}');
    expect(stdout).toContain('variables: {"amount":4200,"to":"canary-recipient"}');
    expect(stdout).toContain('user verification:   yes');
    expect(stdout).toContain('The signature holds: this key approved this operation with these arguments.');
  });

  test('is shown after the key that sealed it was replaced and removed', async () => {
    const { id, approval } = await approved();
    const NEW = Buffer.alloc(32, 7);
    const ring = new KeyRing([NEW, ...readConfig(TEST_ENVIRONMENT).secretKeys]);
    const resealed = SEALED_APPROVALS.reseal(ring, id, approval ?? '');
    await query(app.databaseUrl, `update audit_event set approval = '${resealed}' where id = '${id}'`);
    const { code } = await runHere(['audit', 'prove', id], {
      ...TEST_ENVIRONMENT,
      SECRET_KEYS: NEW.toString('base64'),
      DATABASE_URL: app.databaseUrl,
    });
    expect(code).toBe(0);
  });

  test('is verified from an exported file, without a database and a key', async () => {
    const { id } = await approved();
    const { code, stdout } = await proveAltered(id, () => {});
    expect(code).toBe(0);
    expect(stdout).toContain('canary-recipient');
  });

  test('is not shown after a change of a single argument', async () => {
    const { id } = await approved();
    const { code, stdout } = await proveAltered(id, ({ approval }) => {
      approval.operation = approval.operation.replace('4200', '9200');
    });
    expect(code).toBe(1);
    expect(stdout).toContain('The signed challenge does not belong to this operation.');
  });

  test('cannot be attributed to another key, or claimed with another signature of the same key', async () => {
    const { id } = await approved();
    const other = await approved({ query: PAY, variables: { ...VARIABLES, amount: 1 } });
    const { approval: foreign } = JSON.parse((await prove(other.id, '--json')).stdout);
    const stranger = await holder();
    const { approval: theirs } = JSON.parse(
      (await prove((await approved(undefined, stranger)).id, '--json')).stdout,
    );
    const withTheirKey = await proveAltered(id, ({ approval }) => {
      approval.signed.publicKey = theirs.signed.publicKey;
    });
    expect(withTheirKey.code).toBe(1);
    expect(withTheirKey.stdout).toContain('The signature does not belong to this public key.');
    const withTheirSignature = await proveAltered(id, ({ approval }) => {
      approval.signed.signature = foreign.signed.signature;
    });
    expect(withTheirSignature.code).toBe(1);
    const withOtherResponse = await proveAltered(id, ({ approval }) => {
      approval.signed = foreign.signed;
    });
    expect(withOtherResponse.code).toBe(1);
    expect(withOtherResponse.stdout).toContain('The signed challenge does not belong to this operation.');
    const malformed = await proveAltered(id, ({ approval }) => {
      approval.signed = { rpId: 7 };
    });
    expect(malformed.code).toBe(1);
  });

  test('cannot be moved to the event of another user, in the row or by the row', async () => {
    const { id, approval } = await approved();
    const stranger = await holder();
    const other = await approved(undefined, stranger);
    await query(app.databaseUrl, `update audit_event set approval = '${approval}' where id = '${other.id}'`);
    const moved = await prove(other.id);
    expect(moved.code).not.toBe(0);
    expect(moved.stdout).toBe('');
    await query(
      app.databaseUrl,
      `update audit_event set user_id = (select user_id from audit_event where id = '${other.id}') where id = '${id}'`,
    );
    const renamed = await prove(id);
    expect(renamed.code).toBe(1);
    expect(renamed.stdout).toContain('The record belongs to another user.');
  });

  test('shows control characters in arguments as text, so that they cannot rewrite the terminal', async () => {
    const { id } = await approved({ query: PAY, variables: { amount: 1, to: 'x\u202e\u009b2J' } });
    const { stdout } = await prove(id);
    expect(stdout).toContain('\\u{202e}\\u{9b}2J');
  });
});

describe('what is kept', () => {
  test('is sealed: no argument, challenge or signature can be read in the database', async () => {
    const { approval } = await approved();
    expect(approval).toMatch(/^[0-9a-f]{8}\.[\w-]+$/);
    const workflows = await query<{ operation_text: string }>(
      app.databaseUrl,
      'select operation_text from workflow where operation_text is not null',
    );
    expect(workflows.length).toBeGreaterThan(0);
    for (const { operation_text: text } of workflows) expect(text).toMatch(/^[0-9a-f]{8}\.[\w-]+$/);
  });

  test('does not contain an operation that demands no bound proof, such as a new password', async () => {
    const change = 'mutation ($new: String!) { changePassword(input: { newPassword: $new }) { __typename } }';
    const { id, approval } = await approved({ query: change, variables: { new: 'canary-password' } });
    expect(approval).toBeNull();
    expect((await prove(id)).code).toBe(1);
  });

  test('is limited: an operation that is too long is refused', async () => {
    const variables = { amount: 1, to: Array.from({ length: 20 }, () => 'x'.repeat(1000)) };
    const { data } = await client.graphql(
      'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { __typename ... on InvalidInput { fields { path } } } }',
      { input: { operation: { query: PAY, variables } } },
      user.accessToken,
    );
    expect(data.startStepUp).toEqual({ __typename: 'InvalidInput', fields: [{ path: 'operation' }] });
  });

  test('is nothing for a step-up that approves no operation, and for a sign-in', async () => {
    app.clock.advance(1);
    const prepared = await asked(null);
    await client.attempt(prepared.id, { passkey: user.key.get(requestOf(prepared)) }, user.accessToken);
    const { id, approval } = await newest();
    expect(approval).toBeNull();
    const { code, stderr } = await prove(id);
    expect(code).toBe(1);
    expect(stderr).toContain('no event');
    expect(tokensOf(await signInWithPasskey(client, user.key)).accessToken).toBeTruthy();
    const rows = await query(
      app.databaseUrl,
      "select 1 from audit_event where type like 'sign-in.%' and approval is not null",
    );
    expect(rows).toEqual([]);
  });

  test.each(['nonsense', '5a1c6f3e-0000-4000-8000-000000000001'])(
    'is not found for the event %s',
    async (id) => {
      expect((await prove(id)).code).toBe(1);
    },
  );
});
