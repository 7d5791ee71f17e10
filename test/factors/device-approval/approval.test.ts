// A device that approves one operation signs a digest of it, and `stepgate audit prove` shows it later from the audit log
// alone: which device approved which operation with which arguments.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digest } from '../../../src/platform/digest.ts';
import { operationDigest } from '../../../src/step-up/operation-digest.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../../harness/app.ts';
import { runHere } from '../../harness/command.ts';
import { DeviceClient, type DeviceOwner, outcomeOf, requestOn } from '../../harness/device-owner.ts';
import { query } from '../../harness/sql.ts';

const PAY = 'mutation Pay($amount: Int!, $to: String!) { pay(amount: $amount, to: $to) { id } }';
const VARIABLES = { to: 'canary-recipient', amount: 4200 };

let app: TestApp;
let client: DeviceClient;
let folder: string;
let owner: DeviceOwner;

beforeAll(async () => {
  app = await startTestApp();
  client = new DeviceClient(app);
  folder = await mkdtemp(join(tmpdir(), 'stepgate-approval-'));
  owner = await client.owner();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await app[Symbol.asyncDispose]();
});

/** A step-up that asks the device. */
async function asked(operation: object | null = { query: PAY, variables: VARIABLES }, by = owner) {
  app.clock.advance(1);
  const { data } = await client.graphql(
    'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { ... on StepUp { id } } }',
    { input: { accept: ['DEVICE_APPROVAL'], operation } },
    by.accessToken,
  );
  const { id } = data.startStepUp;
  const { number } = await client.request(id, by.accessToken);
  return { id, number, request: await requestOn(by.device) };
}

interface Event {
  readonly id: string;
  readonly approval: string | null;
}

/** The event of the answer that was given last. */
async function newest(): Promise<Event> {
  const [event] = await query<Event>(
    app.databaseUrl,
    "select id, approval from audit_event where type like 'approval.%' order by occurred_at desc limit 1",
  );
  return event as Event;
}

/** Approves an operation on the device. */
async function approved(operation?: object | null, by = owner): Promise<Event> {
  const { id, number, request } = await asked(operation, by);
  await by.device.approve(request, number);
  expect((await client.finish(id, by.accessToken)).status).toBe('COMPLETE');
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

describe('the signed text', () => {
  test('of a payment names the digest that anybody can compute of it, the workflow and the request', async () => {
    const { id, request } = await asked();
    const expected = operationDigest({ document: parse(PAY), variables: VARIABLES });
    expect(request).toMatchObject({ operationDigest: expected, workflowDigest: digest(id) });
    expect(request.approves).toBe('pay');
    await owner.device.reject(request);
  });

  test('without the digest, or with that of another payment, approves nothing', async () => {
    const one = await client.owner();
    const { id, number, request } = await asked(undefined, one);
    const cheaper = operationDigest({ document: parse(PAY), variables: { ...VARIABLES, amount: 1 } });
    for (const forged of [null, cheaper]) {
      const answer = one.device.approve({ ...request, operationDigest: forged }, number);
      expect(await outcomeOf(answer)).toBe('DEVICE_NOT_RECOGNIZED');
    }
    expect((await client.finish(id, one.accessToken)).code).toBe('DEVICE_NOT_APPROVED');
  });
});

describe('a payment that was approved on a device', () => {
  test('is shown and verified from the audit log alone, after the device and the workflow are gone', async () => {
    const one = await client.owner();
    const { id } = await approved(undefined, one);
    const [grant] = await query<{ factor: string }>(
      app.databaseUrl,
      'select factor from operation_grant order by proved_at desc limit 1',
    );
    expect(grant?.factor).toBe('DEVICE_APPROVAL');
    const { deviceId } = one.device.enrolled;
    await query(app.databaseUrl, 'delete from workflow');
    await query(app.databaseUrl, `delete from authenticator where id = '${deviceId}'`);
    const { code, stdout, stderr } = await prove(id);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`device id:           ${deviceId}`);
    expect(stdout).toContain('server:              http://localhost:4000');
    expect(stdout).toContain('mutation Pay($amount:Int!$to:String!){pay(amount:$amount to:$to){id}}');
    expect(stdout).toContain('variables: {"amount":4200,"to":"canary-recipient"}');
    expect(stdout).toContain('The signature holds: this key approved this operation with these arguments.');
    expect((await proveAltered(id, () => {})).code).toBe(0);
  });

  test('is not shown after a change of a single argument, or for another workflow or request', async () => {
    const { id } = await approved();
    for (const [member, from, to] of [
      ['operation', '4200', '9200'],
      ['workflowId', /^./, '_'],
      ['nonce', /^./, 'x'],
    ] as const) {
      const { code, stdout } = await proveAltered(id, ({ approval }) => {
        approval[member] = approval[member].replace(from, to);
      });
      expect(code).toBe(1);
      expect(stdout).toContain('The signed text does not belong to this operation.');
    }
  });

  test('cannot be attributed to another key, or claimed with another signature or text', async () => {
    const { id } = await approved();
    const stranger = await client.owner();
    const read = async (event: Event) => JSON.parse((await prove(event.id, '--json')).stdout).approval;
    const other = await read(await approved({ query: PAY, variables: { ...VARIABLES, amount: 1 } }));
    const theirs = await read(await approved(undefined, stranger));
    const WRONG = 'The signature does not belong to this public key.';
    for (const [signed, problem] of [
      [{ publicKey: theirs.signed.publicKey }, WRONG],
      [{ signature: other.signed.signature }, WRONG],
      [{ publicKey: { ...theirs.signed.publicKey, x: 'A'.repeat(43) } }, WRONG],
      [other.signed, 'The signed text does not belong to this operation.'],
      [{ signature: 7 }, 'The record is not one of an approving device.'],
      [{ text: 'stepgate device approval 1\nlist' }, 'The record is not one of an approving device.'],
    ] as const) {
      const { code, stdout } = await proveAltered(id, ({ approval }) => {
        approval.signed = { ...approval.signed, ...signed };
      });
      expect(code).toBe(1);
      expect(stdout).toContain(problem);
    }
    const renumbered = await proveAltered(id, ({ approval }) => {
      approval.signed.text = approval.signed.text.replace(/\n\d\d\n/, '\n00\n');
    });
    expect(renumbered.stdout).toContain(WRONG);
    const rejected = await proveAltered(id, ({ approval }) => {
      approval.signed.text = approval.signed.text.replace('APPROVE', 'REJECT');
    });
    expect(rejected.stdout).toContain('The device did not approve.');
    expect([renumbered.code, rejected.code]).toEqual([1, 1]);
  });

  test('is no approval of another factor', async () => {
    const { id } = await approved();
    for (const factor of ['PASSKEY', 'TOTP']) {
      const { code } = await proveAltered(id, ({ approval }) => {
        approval.factor = factor;
      });
      expect(code).toBe(1);
    }
  });

  test('cannot be moved to the event of another user, in the row or by the row', async () => {
    const { id, approval } = await approved();
    const other = await approved(undefined, await client.owner());
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
});

describe('what is kept', () => {
  test('is sealed: no argument, number or signature can be read in the database', async () => {
    expect((await approved()).approval).toMatch(/^[0-9a-f]{8}\.[\w-]+$/);
  });

  test('is nothing for a rejection, a wrong number, and a step-up that approves no operation', async () => {
    const one = await client.owner();
    expect((await approved(null, one)).approval).toBeNull();
    const { number, request } = await asked(undefined, one);
    const wrong = one.device.approve(request, number === '42' ? '43' : '42');
    expect(await outcomeOf(wrong)).toBe('NUMBER_INCORRECT');
    expect((await newest()).approval).toBeNull();
    await one.device.reject((await asked(undefined, one)).request);
    const { id, approval } = await newest();
    expect(approval).toBeNull();
    expect((await prove(id)).stderr).toContain('no event');
  });

  test('does not contain an operation that demands no bound proof, whose digest the device does not learn', async () => {
    const change = 'mutation ($new: String!) { changePassword(input: { newPassword: $new }) { __typename } }';
    const operation = { query: change, variables: { new: 'canary-password' } };
    const one = await client.owner();
    const { id, number, request } = await asked(operation, one);
    expect(request.operationDigest).toBeNull();
    await one.device.approve(request, number);
    expect((await client.finish(id, one.accessToken)).status).toBe('COMPLETE');
    expect((await newest()).approval).toBeNull();
  });
});
