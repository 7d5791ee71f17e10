// Approval on another device: the number that the user types, the signature of the device, and everything that they must
// not do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApprovingDevice } from '../../../src/cli/demo/approving-device.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { DeviceClient, type DeviceOwner, outcomeOf, requestOn } from '../../harness/device-owner.ts';
import { query } from '../../harness/sql.ts';

let app: TestApp;
let client: DeviceClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new DeviceClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

/** Another number than the one that is shown. */
const otherThan = (number: string): string => (number === '42' ? '43' : '42');

async function auditOf({ email }: { email: string }, type = 'approval.%') {
  return query<{ type: string; approval: string | null }>(
    app.databaseUrl,
    `select a.type, a.approval from audit_event a join email_address e on e.user_id = a.user_id
     where e.address = $1 and a.type like $2 order by a.occurred_at`,
    [email, type],
  );
}

/** A new user and a sign-in that asks the device. */
async function asked(owner?: DeviceOwner) {
  const person = owner ?? (await client.owner());
  const id = await client.halfSignIn(person);
  const { number } = await client.request(id);
  const request = await requestOn(person.device);
  return { person, id, number, request, device: person.device };
}

describe('a request', () => {
  test('that the device approves with its number gives the session to the workflow that made it', async () => {
    const { person, id, number, request, device } = await asked();
    expect(number).toMatch(/^[1-9]\d$/);
    expect(request).toMatchObject({ workflow: 'sign-in', approves: null, ip: '127.0.0.1' });
    expect((await client.finish(id)).code).toBe('DEVICE_NOT_APPROVED');
    await device.approve(request, number);
    expect((await client.state(id)).challenge?.approvedAt).toMatch(/Z$/);
    const done = await client.finish(id);
    expect(done.status).toBe('COMPLETE');
    const { data } = await client.graphql(
      '{ viewer { assurance { level } } }',
      {},
      done.session?.accessToken,
    );
    expect(data.viewer.assurance.level).toBe('AAL2');
    expect((await auditOf(person)).map(({ type }) => type)).toEqual(['approval.approved']);
  });

  test('does not show its number to the device', async () => {
    const { request, number } = await asked();
    expect(
      JSON.stringify({ ...request, id: '', workflowDigest: '', requestedAt: '', expiresAt: '', ip: '' }),
    ).not.toContain(number);
  });

  test('that the device rejects ends the workflow and tells the user', async () => {
    const { person, id, request, device } = await asked();
    await device.reject(request);
    expect((await client.state(id)).status).toBe('FAILED');
    expect((await client.finish(id)).code).toBe('WORKFLOW_ENDED');
    const notice = (await client.inbox()).find(({ to }) => to === person.email);
    expect(notice?.subject).toBe('You rejected a request');
    expect(notice?.text).toContain('127.0.0.1');
    expect((await auditOf(person)).map(({ type }) => type)).toEqual(['approval.rejected']);
  });

  test('ends with the first wrong number, so that it cannot be guessed', async () => {
    const { person, id, number, request, device } = await asked();
    expect(await outcomeOf(device.approve(request, otherThan(number)))).toBe('NUMBER_INCORRECT');
    expect(await outcomeOf(device.approve(request, number))).toBe('APPROVAL_REQUEST_EXPIRED');
    expect((await client.finish(id)).code).toBe('DEVICE_NOT_APPROVED');
    expect((await client.state(id)).challenge).toBeNull();
    expect((await auditOf(person)).map(({ type }) => type)).toEqual(['approval.number-incorrect']);
  });

  test('expires after three minutes', async () => {
    const { id, number, request, device } = await asked();
    app.clock.advance(181);
    expect(await outcomeOf(device.approve(request, number))).toBe('APPROVAL_REQUEST_EXPIRED');
    expect(await device.pending()).toEqual([]);
    expect((await client.finish(id)).code).toBe('DEVICE_NOT_APPROVED');
  });

  test('that is replaced by a newer one can no longer be approved', async () => {
    const { id, number, request, device } = await asked();
    expect((await client.request(id)).number).toBe(number); // too soon, so it is the same
    app.clock.advance(31);
    const newer = await client.request(id);
    expect(await outcomeOf(device.approve(request, number))).toBe('APPROVAL_REQUEST_EXPIRED');
    await device.approve(await requestOn(device), newer.number);
    expect((await client.finish(id)).status).toBe('COMPLETE');
  });

  test('can be answered after a restart of the server', async () => {
    const { id, number, request, device } = await asked();
    const restarted = await startTestApp({}, app.databaseUrl, app.clock);
    try {
      const { enrolled } = device;
      await new ApprovingDevice(enrolled, restarted.url).approve(request, number);
    } finally {
      await restarted[Symbol.asyncDispose]();
    }
    expect((await client.finish(id)).status).toBe('COMPLETE');
  });

  test('is approved for a user whose account is unknown to nobody else: an unknown address is offered the same', async () => {
    const owner = await client.owner();
    const steps = await Promise.all(
      [owner.email, 'nobody@example.com'].map(async (identifier) => {
        const { id } = await client.startSignIn({ identifier });
        return (await client.prepare(id, 'DEVICE_APPROVAL')).code;
      }),
    );
    expect(steps).toEqual(['FACTOR_NOT_OFFERED', 'FACTOR_NOT_OFFERED']);
  });
});

describe('of parallel', () => {
  test('approvals, one counts, and of parallel proofs one gets the session', async () => {
    const { id, number, request, device } = await asked();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => outcomeOf(device.approve(request, number))),
    );
    expect(answers.filter((one) => one === 'done')).toHaveLength(1);
    const steps = await Promise.all(Array.from({ length: 5 }, () => client.finish(id)));
    expect(steps.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
  });

  test('approval and rejection, exactly one counts', async () => {
    const { person, id, number, request, device } = await asked();
    const answers = await Promise.all([
      outcomeOf(device.approve(request, number)),
      outcomeOf(device.reject(request)),
    ]);
    expect(answers.filter((one) => one === 'done')).toHaveLength(1);
    const [event] = await auditOf(person);
    const { status } = await client.state(id);
    expect([answers.indexOf('done'), event?.type, status]).toEqual(
      answers[0] === 'done'
        ? [0, 'approval.approved', 'NEEDS_SECOND_FACTOR']
        : [1, 'approval.rejected', 'FAILED'],
    );
  });

  test('guesses of the number, one is checked', async () => {
    const { id, request, device } = await asked();
    const numbers = Array.from({ length: 20 }, (_, at) => String(10 + at));
    const answers = await Promise.all(numbers.map((number) => outcomeOf(device.approve(request, number))));
    const checked = answers.filter((one) => one === 'done' || one === 'NUMBER_INCORRECT');
    expect(checked).toHaveLength(1);
    if (checked[0] !== 'done') expect((await client.finish(id)).code).toBe('DEVICE_NOT_APPROVED');
  });
});

describe('a signature', () => {
  const answer = (device: ApprovingDevice, input: object) =>
    outcomeOf(
      device.ask(
        'mutation',
        'answerApproval',
        'AnswerApprovalInput',
        { deviceId: device.enrolled.deviceId, decision: 'APPROVE', ...input },
        '... on AnsweredApproval { decision }',
      ),
    );

  test('of another request, workflow, number or decision is refused, and the request stays open', async () => {
    const { id, number, request, device } = await asked();
    const { workflowDigest } = request;
    const wrong = otherThan(number);
    for (const lines of [
      [crypto.randomUUID(), workflowDigest, 'APPROVE', number, ''],
      [request.id, 'another workflow', 'APPROVE', number, ''],
      [request.id, workflowDigest, 'APPROVE', wrong, ''],
      [request.id, workflowDigest, 'REJECT', number, ''],
      [request.id, workflowDigest, 'APPROVE', number, 'an operation'],
      [request.id, workflowDigest, 'APPROVE', number],
    ]) {
      const signature = await device.sign('answer', ...lines);
      expect(await answer(device, { requestId: request.id, number, signature })).toBe(
        'DEVICE_NOT_RECOGNIZED',
      );
    }
    await device.approve(request, number);
    expect((await client.finish(id)).status).toBe('COMPLETE');
  });

  test('of a question, an enrollment or another server approves nothing', async () => {
    const { number, request, device } = await asked();
    const lines = [request.id, request.workflowDigest, 'APPROVE', number, ''];
    const elsewhere = new ApprovingDevice({ ...device.enrolled, server: 'https://evil.example' }, app.url);
    for (const signature of [
      await device.sign('list', ...lines),
      await device.sign('enroll', ...lines),
      await elsewhere.sign('answer', ...lines),
      'A'.repeat(86),
    ])
      expect(await answer(device, { requestId: request.id, number, signature })).toBe(
        'DEVICE_NOT_RECOGNIZED',
      );
  });

  test('of another device of the same user, or of another user, approves nothing', async () => {
    const { person, number, request, id } = await asked();
    const { device: second } = await client.enrollDevice(person.accessToken);
    const stranger = await client.owner();
    for (const { device } of [{ device: second }, stranger]) {
      expect(await device.pending()).toEqual([]);
      expect(await outcomeOf(device.approve(request, number))).toBe('APPROVAL_REQUEST_EXPIRED');
      expect(await outcomeOf(device.reject(request))).toBe('APPROVAL_REQUEST_EXPIRED');
      // In the name of the device that was asked:
      const forged = new ApprovingDevice(
        { ...device.enrolled, deviceId: person.device.enrolled.deviceId },
        app.url,
      );
      expect(await outcomeOf(forged.approve(request, number))).toBe('DEVICE_NOT_RECOGNIZED');
      expect(await outcomeOf(forged.pending())).toBe('DEVICE_NOT_RECOGNIZED');
    }
    expect((await client.state(id)).status).toBe('NEEDS_SECOND_FACTOR');
  });

  test('of the same person in another tenant approves nothing', async () => {
    await query(app.databaseUrl, "insert into tenant (id, created_at) values ('other', now())");
    const { person, number, request, id } = await asked();
    const started = await client.startSignUp({
      email: person.email,
      password: person.password,
      tenant: 'other',
    });
    const done = await client.attempt(started.id, { emailCode: await client.codeFor(person.email) });
    const { device } = await client.enrollDevice(done.session?.accessToken ?? '');
    expect(await device.pending()).toEqual([]);
    expect(await outcomeOf(device.approve(request, number))).toBe('APPROVAL_REQUEST_EXPIRED');
    expect((await client.state(id)).challenge?.approvedAt).toBeNull();
  });

  test('of an approval proves nothing in another workflow of the same user', async () => {
    const { person, id, number, request, device } = await asked();
    const other = await client.halfSignIn(person);
    await client.request(other);
    await device.approve(request, number);
    expect((await client.finish(other)).code).toBe('DEVICE_NOT_APPROVED');
    expect((await client.finish(id)).status).toBe('COMPLETE');
  });

  test('with a time that is more than a minute off is answered with the server’s time', async () => {
    const { device } = await client.owner();
    const { deviceId } = device.enrolled;
    const askAt = async (time: number) =>
      outcomeOf(
        device.ask(
          'query',
          'pendingApprovals',
          'PendingApprovalsInput',
          { deviceId, time, signature: await device.sign('list', String(time)) },
          '... on PendingApprovals { requests { id } } ... on DeviceClockWrong { serverTime }',
        ),
      );
    const now = Math.floor(app.clock.now().getTime() / 1000);
    expect(await askAt(now)).toBe('done');
    expect(await askAt(now - 62)).toBe('DEVICE_CLOCK_WRONG');
    expect(await askAt(now + 62)).toBe('DEVICE_CLOCK_WRONG');
    app.clock.advance(600);
    expect(await device.pending()).toEqual([]); // corrects its clock and asks again
  });
});

describe('a device', () => {
  test('that is removed while it is asked approves nothing', async () => {
    const { person, id, number, request, device } = await asked();
    await client.graphql(
      'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
      { id: device.enrolled.deviceId },
      person.accessToken,
    );
    expect(await outcomeOf(device.approve(request, number))).toBe('DEVICE_NOT_RECOGNIZED');
    expect(await outcomeOf(device.pending())).toBe('DEVICE_NOT_RECOGNIZED');
    expect((await client.finish(id)).session ?? null).toBeNull();
  });

  test('that is removed after it has approved proves nothing any more', async () => {
    const { person, id, number, request, device } = await asked();
    await client.enrollTotp(person.accessToken);
    await device.approve(request, number);
    await client.graphql(
      'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
      { id: device.enrolled.deviceId },
      person.accessToken,
    );
    const step = await client.finish(id);
    expect([step.session ?? null, step.code]).toEqual([null, 'FACTOR_NOT_OFFERED']);
  });

  test('is needed to approve: a stolen workflow id, or the holder of the workflow, is not enough', async () => {
    const { id, number, request, device } = await asked();
    // The thief has the id before the approval, and nothing of the device.
    expect((await client.finish(id)).code).toBe('DEVICE_NOT_APPROVED');
    const thief = await client.owner();
    expect(await outcomeOf(thief.device.approve(request, number))).toBe('APPROVAL_REQUEST_EXPIRED');
    expect((await client.state(id)).challenge?.approvedAt).toBeNull();
    await device.reject(request);
    expect((await client.finish(id)).code).toBe('WORKFLOW_ENDED');
  });
});

describe('push fatigue', () => {
  test('ends after three requests in an hour that nobody answered, across workflows', async () => {
    const person = await client.owner();
    const ids = await Promise.all(Array.from({ length: 8 }, () => client.halfSignIn(person)));
    // Parallel requests, as an attacker would send them.
    const codes = await Promise.all(ids.map((id) => outcomeOf(client.request(id))));
    expect(codes.filter((code) => code === 'done').length).toBeLessThanOrEqual(3);
    for (const id of ids) await outcomeOf(client.request(id));
    expect(await person.device.pending()).toHaveLength(3);
    const late = await client.halfSignIn(person);
    const refused = await client.prepare(late, 'DEVICE_APPROVAL');
    expect(refused.code).toBe('TOO_MANY_MESSAGES');
    expect(refused.retryAfterSeconds).toBeGreaterThan(3500);
    app.clock.advance(3601);
    expect(await outcomeOf(client.request(await client.halfSignIn(person)))).toBe('done');
  });

  test('does not stop a user who answers each request', async () => {
    const person = await client.owner();
    for (let times = 0; times < 5; times += 1) {
      const { id, number, request, device } = await asked(person);
      await device.approve(request, number);
      expect((await client.finish(id)).status).toBe('COMPLETE');
    }
  });

  test('pauses the factor for an hour after two rejections, and says so', async () => {
    const person = await client.owner();
    for (let times = 0; times < 2; times += 1) {
      const { request, device } = await asked(person);
      await device.reject(request);
    }
    const id = await client.halfSignIn(person);
    const refused = await client.prepare(id, 'DEVICE_APPROVAL');
    expect([refused.code, (refused.retryAfterSeconds ?? 0) > 3500]).toEqual(['TOO_MANY_MESSAGES', true]);
    const notices = (await client.inbox()).filter(
      ({ to, subject }) => to === person.email && subject === 'You rejected a request',
    );
    expect(notices.map(({ text }) => text.includes('60 minutes'))).toEqual([true, false]);
    app.clock.advance(3601);
    const later = await client.halfSignIn(person);
    expect(await outcomeOf(client.request(later))).toBe('done');
  });

  test('forgets a rejection once the user has approved', async () => {
    const person = await client.owner();
    const first = await asked(person);
    await first.device.reject(first.request);
    const second = await asked(person);
    await second.device.approve(second.request, second.number);
    const third = await asked(person);
    await third.device.reject(third.request);
    expect(await outcomeOf(client.request(await client.halfSignIn(person)))).toBe('done');
  });

  test('of one user does not pause another', async () => {
    const [one, other] = [await client.owner(), await client.owner()];
    for (let times = 0; times < 2; times += 1) {
      const { request, device } = await asked(one);
      await device.reject(request);
    }
    expect(await outcomeOf(client.request(await client.halfSignIn(other)))).toBe('done');
  });
});
