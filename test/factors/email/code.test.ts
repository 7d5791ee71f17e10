// Codes by email: six digits, valid once for ten minutes in one workflow, and no way to get more guesses.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyedDigest } from '../../../src/platform/digest.ts';
import { KeyRing } from '../../../src/platform/key-ring.ts';
import { randomBytes } from '../../../src/platform/random.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type Person, type Step, TestClient } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';

const KEY = randomBytes(32);

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp({ SECRET_KEYS: KEY.toString('base64') });
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

interface Prepared extends Person {
  readonly workflowId: string;
  readonly code: string;
}

/** A sign-in for which an email code was sent. */
async function prepared(person?: Person): Promise<Prepared> {
  const somebody = person ?? (await client.signUp());
  const { id } = await client.startSignIn({ identifier: somebody.email });
  const step = await client.prepare(id, 'EMAIL_CODE');
  expect(step.challenge).toMatchObject({ factor: 'EMAIL_CODE' });
  return { ...somebody, workflowId: id, code: await client.codeFor(somebody.email) };
}

const prove = ({ workflowId }: Prepared, emailCode: string): Promise<Step> =>
  client.attempt(workflowId, { emailCode });

/** A wrong code. */
function wrong(code: string): string {
  return ((Number(code) + 1) % 1_000_000).toString().padStart(6, '0');
}

async function messagesTo(email: string): Promise<number> {
  return (await client.inbox()).filter((one) => one.to === email).length;
}

test('an email code has six digits, and the message says how long it is valid', async () => {
  const { email, code } = await prepared();
  expect(code).toMatch(/^\d{6}$/);
  const message = (await client.inbox()).find((one) => one.to === email);
  expect(message).toMatchObject({ channel: 'email', subject: `Your code is ${code}` });
  expect(message?.text).toContain('It is valid for 10 minutes and can be used once.');
});

test.each([
  ['unchanged', (code: string) => code],
  ['with a space in it', (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`],
  ['with copied white space around it', (code: string) => `\t${code}\u00a0 `],
])('an email code is accepted %s', async (_how, typed) => {
  const sent = await prepared();
  expect(await prove(sent, typed(sent.code))).toMatchObject({ status: 'COMPLETE' });
});

describe('an email code is valid for ten minutes', () => {
  test('and accepted in the last second', async () => {
    const sent = await prepared();
    app.clock.advance(599);
    expect((await prove(sent, sent.code)).status).toBe('COMPLETE');
  });

  test('and rejected afterwards, when the challenge is no longer shown either', async () => {
    const sent = await prepared();
    app.clock.advance(601);
    expect((await prove(sent, sent.code)).code).toBe('PROOF_REJECTED');
    const asked = 'query ($id: ID!) { workflow(id: $id) { status challenge { factor } } }';
    const { data } = await client.graphql(asked, { id: sent.workflowId });
    expect(data.workflow).toEqual({ status: 'NEEDS_FIRST_FACTOR', challenge: null });
  });
});

describe('an email code is accepted once', () => {
  test('when sent ten times in parallel in its workflow', async () => {
    const sent = await prepared();
    const steps = await Promise.all(Array.from({ length: 10 }, () => prove(sent, sent.code)));
    expect(steps.filter((step) => step.status === 'COMPLETE')).toHaveLength(1);
    expect(steps.filter((step) => step.session != null)).toHaveLength(1);
  });

  test('and not in another workflow of any user', async () => {
    const sent = await prepared();
    const same = await prepared(sent);
    const other = await prepared();
    for (const workflow of [same, other].filter((one) => one.code !== sent.code)) {
      expect((await prove(workflow, sent.code)).code).toBe('PROOF_REJECTED');
    }
    expect((await prove(sent, sent.code)).status).toBe('COMPLETE');
    expect((await prove(same, same.code)).status).toBe('COMPLETE');
  });

  test('and not again in its own workflow, which still needs a second factor', async () => {
    const person = await client.signUp();
    await client.enrollTotp(person.accessToken);
    const sent = await prepared(person);
    expect((await prove(sent, sent.code)).status).toBe('NEEDS_SECOND_FACTOR');
    expect((await prove(sent, sent.code)).code).toBe('FACTOR_NOT_OFFERED');
  });
});

describe('requesting another email code', () => {
  test('within 30 seconds sends nothing, and the first code stays valid', async () => {
    const sent = await prepared();
    const before = await messagesTo(sent.email);
    app.clock.advance(29);
    const again = await client.prepare(sent.workflowId, 'EMAIL_CODE');
    expect(again.challenge).toMatchObject({ factor: 'EMAIL_CODE' });
    expect(await messagesTo(sent.email)).toBe(before);
    expect((await prove(sent, sent.code)).status).toBe('COMPLETE');
  });

  test('later sends a new code, which is valid for ten minutes and invalidates the old one', async () => {
    const sent = await prepared();
    app.clock.advance(31);
    await client.prepare(sent.workflowId, 'EMAIL_CODE');
    const code = await client.codeFor(sent.email);
    expect(code).not.toBe(sent.code);
    expect((await prove(sent, sent.code)).code).toBe('PROOF_REJECTED');
    app.clock.advance(599);
    expect((await prove(sent, code)).status).toBe('COMPLETE');
  });

  test('later withdraws the old message if it has not been delivered yet', async () => {
    const sent = await prepared();
    const before = await messagesTo(sent.email);
    app.clock.advance(31);
    await client.prepare(sent.workflowId, 'EMAIL_CODE');
    expect(await messagesTo(sent.email)).toBe(before);
    const texts = (await client.inbox()).map(({ text }) => text).join();
    expect(texts).not.toContain(sent.code);
    expect(texts).toContain(await client.codeFor(sent.email));
  });

  test('does not reset the attempts', async () => {
    const sent = await prepared();
    for (const attemptsRemaining of [4, 3, 2, 1]) {
      expect(await prove(sent, wrong(sent.code))).toMatchObject({
        code: 'PROOF_REJECTED',
        attemptsRemaining,
      });
    }
    app.clock.advance(31);
    await client.prepare(sent.workflowId, 'EMAIL_CODE');
    const code = await client.codeFor(sent.email);
    expect(await prove(sent, wrong(code))).toMatchObject({ code: 'PROOF_REJECTED', attemptsRemaining: 0 });
    expect((await prove(sent, code)).code).toBe('WORKFLOW_ENDED');
  });

  test('sends at most five messages', async () => {
    const sent = await prepared();
    const newest = async () => (await client.inbox()).find((one) => one.to === sent.email)?.id;
    const seen = new Set([await newest()]);
    for (let times = 2; times <= 5; times += 1) {
      app.clock.advance(31);
      expect((await client.prepare(sent.workflowId, 'EMAIL_CODE')).challenge).not.toBeNull();
      seen.add(await newest());
    }
    expect(seen.size).toBe(5);
    app.clock.advance(31);
    expect((await client.prepare(sent.workflowId, 'EMAIL_CODE')).code).toBe('TOO_MANY_MESSAGES');
    expect(seen).toContain(await newest());
    // The newest code is still valid.
    expect((await prove(sent, await client.codeFor(sent.email))).status).toBe('COMPLETE');
  });

  test('ten times in parallel sends one message', async () => {
    const { email } = await client.signUp();
    const before = await messagesTo(email);
    const { id } = await client.startSignIn({ identifier: email });
    const steps = await Promise.all(Array.from({ length: 10 }, () => client.prepare(id, 'EMAIL_CODE')));
    expect(await messagesTo(email)).toBe(before + 1);
    for (const { challenge, code } of steps)
      expect([challenge?.factor, code]).toContainEqual(expect.any(String));
    expect((await client.attempt(id, { emailCode: await client.codeFor(email) })).status).toBe('COMPLETE');
  });
});

test('five wrong email codes end the workflow, and the right one is then too late', async () => {
  const sent = await prepared();
  for (const attemptsRemaining of [4, 3, 2, 1, 0]) {
    expect(await prove(sent, wrong(sent.code))).toMatchObject({ code: 'PROOF_REJECTED', attemptsRemaining });
  }
  expect((await prove(sent, sent.code)).code).toBe('WORKFLOW_ENDED');
  expect((await client.prepare(sent.workflowId, 'EMAIL_CODE')).code).toBe('WORKFLOW_ENDED');
});

test.each(['', '12345', '1234567', 'abcdef', '１２３４５６'])(
  'a malformed email code is rejected: %j',
  async (typed) => {
    expect((await prove(await prepared(), typed)).code).toBe('PROOF_REJECTED');
  },
);

test('an email code cannot be proved before one was sent', async () => {
  const { email } = await client.signUp();
  const { id } = await client.startSignIn({ identifier: email });
  expect((await client.attempt(id, { emailCode: '000000' })).code).toBe('PROOF_REJECTED');
});

describe('in the database, an email code', () => {
  test('is a keyed digest, bound to its workflow and challenge', async () => {
    const { workflowId, code } = await prepared();
    const row = createHash('sha256').update(workflowId).digest('base64url');
    const [challenge] = await query<{ id: string; code_digest: string }>(
      app.databaseUrl,
      'select id, code_digest from challenge where workflow_id = $1',
      [row],
    );
    expect(challenge?.code_digest).toBe(
      keyedDigest(new KeyRing([KEY]), 'code', `${row}:${challenge?.id}:${code}`),
    );
    for (const value of [code, `${row}:${code}`, `${workflowId}:${code}`]) {
      const guess = createHash('sha256').update(value).digest('base64url');
      expect(challenge?.code_digest).not.toContain(guess);
    }
  });

  test('is in a sealed message, with its recipient', async () => {
    const { email, code } = await prepared();
    const rows = await query<{ sealed: string | null }>(app.databaseUrl, 'select * from outbox_message');
    const text = JSON.stringify(rows);
    expect(text).not.toContain(code);
    expect(text).not.toContain(email);
    for (const { sealed } of rows) expect(sealed ?? '').toMatch(/^([0-9a-f]{8}\.[\w-]{60,})?$/);
  });
});

test.each([
  ['jane@example.com', 'j•••@e•••.com'],
  ['j@sub.example.co.uk', 'j•••@s•••.uk'],
])(
  'an email address is masked in the hint, and shown only after a first proof: %s as %s',
  async (email, hint) => {
    const { accessToken } = await client.signUp(email);
    const hintIn = ({ factors }: Step): string | null | undefined =>
      factors.find((one) => one.factor === 'EMAIL_CODE')?.hint;
    expect(hintIn(await client.startStepUp({ require: 'STRONGEST_ENROLLED' }, accessToken))).toBe(hint);
    const signIn = await client.startSignIn({ identifier: email });
    expect(hintIn(signIn)).toBeNull();
    expect((await client.prepare(signIn.id, 'EMAIL_CODE')).challenge?.hint).toBeNull();
  },
);
