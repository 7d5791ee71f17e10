// Links: a token of 256 bits that approves the request of one workflow, on any device, once, while it is valid; and
// everything that it must not do.
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type GraphQLAnswer, PASSWORD, type Person, type Step, TestClient } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';
import { whileHeld } from '../held-rows.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

interface Asked {
  readonly id: string;
  readonly token: string;
}

/** Starts a workflow and sends a link to an address or number. */
async function askedBy(started: Promise<Step>, to: string, factor = 'EMAIL_LINK'): Promise<Asked> {
  const { id } = await started;
  const step = await client.prepare(id, factor);
  expect(step.challenge).toMatchObject({ factor, approvedAt: null });
  return { id, token: await client.linkFor(to) };
}

const signInOf = ({ email }: { email: string }): Promise<Asked> =>
  askedBy(client.startSignIn({ identifier: email }), email);

const ask = ({ id }: Asked): Promise<Step> => client.attempt(id, { linkApproved: true });
const present = ({ id }: Asked, linkToken: string): Promise<Step> => client.attempt(id, { linkToken });

const REQUEST = 'workflow factor browser place ip requestedAt expiresAt approvedAt';
const ANSWER = `__typename ... on LinkRequest { ${REQUEST} } ... on UserError { code message }`;

const visit = (token: string): Promise<GraphQLAnswer> =>
  client.graphql(`query ($token: String!) { link(token: $token) { ${REQUEST} } }`, { token });
const click = async (field: 'approveLink' | 'rejectLink', token: string): Promise<GraphQLAnswer> =>
  client.graphql(`mutation ($token: String!) { ${field}(token: $token) { ${ANSWER} } }`, { token });

async function linkOf(token: string): Promise<Record<string, unknown> | null> {
  return (await visit(token)).data.link;
}
const reject = async (token: string): Promise<string> =>
  (await click('rejectLink', token)).data.rejectLink.__typename;

async function sessionsOf({ email }: { email: string }): Promise<number> {
  const [row] = await query<{ sessions: string }>(
    app.databaseUrl,
    'select count(*) as sessions from session s join email_address e on e.user_id = s.user_id where e.address = $1',
    [email],
  );
  return Number(row?.sessions);
}

async function failuresOf({ email }: { email: string }): Promise<number> {
  const [row] = await query<{ failures: number }>(
    app.databaseUrl,
    `select coalesce(sum(l.failures), 0)::int as failures from lockout l
     join email_address e on l.subject = 'user:' || e.user_id where e.address = $1`,
    [email],
  );
  return row?.failures ?? 0;
}

async function approvalsSeenBy({ id }: Asked): Promise<string | null> {
  const { data } = await client.graphql(
    'query ($id: ID!) { workflow(id: $id) { challenge { approvedAt } } }',
    { id },
  );
  return data.workflow.challenge?.approvedAt ?? null;
}

describe('an approved link', () => {
  test('gives the session to the workflow that requested it, and nothing to the visitor', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    expect(await approvalsSeenBy(asked)).toBeNull();
    const answer = await click('approveLink', asked.token);
    expect(answer.data.approveLink.__typename).toBe('LinkRequest');
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.text).not.toMatch(/eyJ|refreshToken|session/i);
    expect(await sessionsOf(person)).toBe(1); // the session of the sign-up
    expect(await approvalsSeenBy(asked)).toMatch(/Z$/);
    const step = await ask(asked);
    expect(step).toMatchObject({ __typename: 'SignIn', status: 'COMPLETE' });
    expect(step.session?.accessToken).toBeTruthy();
    expect(await sessionsOf(person)).toBe(2);
  });

  test('proves nothing in another workflow of any user', async () => {
    const person = await client.signUp();
    const stranger = await client.signUp();
    const [asked, same, other] = [await signInOf(person), await signInOf(person), await signInOf(stranger)];
    await client.approve(asked.token);
    for (const one of [same, other]) {
      expect((await ask(one)).code).toBe('LINK_NOT_APPROVED');
      expect((await present(one, asked.token)).code).toBe('PROOF_REJECTED');
    }
    expect((await ask(asked)).status).toBe('COMPLETE');
  });

  test('cannot be used, approved or rejected again', async () => {
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    const asked = await signInOf(person);
    await client.approve(asked.token);
    expect((await ask(asked)).status).toBe('NEEDS_SECOND_FACTOR');
    expect((await ask(asked)).code).toBe('FACTOR_NOT_OFFERED');
    expect((await present(asked, asked.token)).code).toBe('FACTOR_NOT_OFFERED');
    expect(await linkOf(asked.token)).toBeNull();
    expect(await client.approve(asked.token)).toBe('LinkExpired');
    expect(await reject(asked.token)).toBe('LinkExpired');
    app.clock.advance(30);
    expect((await client.attempt(asked.id, { totp: client.totp(secret) })).status).toBe('COMPLETE');
  });

  test('gives one session to any number of parallel attempts', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    await client.approve(asked.token);
    const steps = await Promise.all([
      ask(asked),
      ask(asked),
      present(asked, asked.token),
      present(asked, asked.token),
    ]);
    expect(steps.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
    expect(steps.filter(({ session }) => session != null)).toHaveLength(1);
    expect(await sessionsOf(person)).toBe(2);
  });

  test('accepts twenty parallel approvals without an error', async () => {
    const asked = await signInOf(await client.signUp());
    const clicks = await Promise.all(Array.from({ length: 20 }, () => client.approve(asked.token)));
    expect(new Set(clicks)).toEqual(new Set(['LinkRequest']));
    expect((await ask(asked)).status).toBe('COMPLETE');
  });

  test('is recorded in the audit log with the visitor’s IP address', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    await client.approve(asked.token);
    await client.approve(asked.token); // already approved, so nothing happens
    const events = await query<{ type: string; factor: string; ip: string | null }>(
      app.databaseUrl,
      `select a.type, a.factor, a.ip from audit_event a join email_address e on e.user_id = a.user_id
       where e.address = $1 and a.type like 'link.%'`,
      [person.email],
    );
    expect(events).toEqual([{ type: 'link.approved', factor: 'EMAIL_LINK', ip: '127.0.0.1' }]);
  });

  test('proves knowledge, so a user with a second factor must still prove that', async () => {
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    const asked = await signInOf(person);
    await client.approve(asked.token);
    const step = await ask(asked);
    expect([step.status, step.session]).toEqual(['NEEDS_SECOND_FACTOR', null]);
    expect(step.factors.map(({ factor }) => factor).toSorted()).toEqual(['BACKUP_CODE', 'TOTP']);
    for (const factor of ['EMAIL_LINK', 'EMAIL_CODE'])
      expect((await client.prepare(asked.id, factor)).code).toBe('FACTOR_NOT_OFFERED');
    app.clock.advance(30);
    const done = await client.attempt(asked.id, { totp: client.totp(secret) });
    const { data } = await client.graphql(
      '{ viewer { assurance { level evidence { factor } } } }',
      {},
      done.session?.accessToken,
    );
    expect(data.viewer.assurance.level).toBe('AAL2');
    expect(data.viewer.assurance.evidence.map((one: { factor: string }) => one.factor).toSorted()).toEqual([
      'EMAIL_LINK',
      'TOTP',
    ]);
  });

  test('gives a session that does not meet a second-factor requirement', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    await client.approve(asked.token);
    const { session } = await ask(asked);
    const { data } = await client.graphql('{ viewer { assurance { level } } }', {}, session?.accessToken);
    expect(data.viewer.assurance.level).toBe('AAL1');
  });
});

describe('the token of a link, sent as the proof,', () => {
  test('is accepted once', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    expect((await present(asked, asked.token)).status).toBe('COMPLETE');
    expect(await linkOf(asked.token)).toBeNull();
    expect((await present(asked, asked.token)).code).toBe('WORKFLOW_ENDED');
    expect(await sessionsOf(person)).toBe(2);
  });

  test.each(['', 'x', 'A'.repeat(43), 'A'.repeat(64)])(
    'costs an attempt when it is wrong: %j',
    async (wrong) => {
      const asked = await signInOf(await client.signUp());
      // An empty token is treated as `linkApproved`.
      const code = wrong === '' ? 'LINK_NOT_APPROVED' : 'PROOF_REJECTED';
      expect((await present(asked, wrong)).code).toBe(code);
      expect(await linkOf(asked.token)).not.toBeNull();
    },
  );

  test('cannot be its digest', async () => {
    const asked = await signInOf(await client.signUp());
    const [row] = await query<{ code_digest: string }>(
      app.databaseUrl,
      'select code_digest from challenge where code_digest = $1',
      [createHash('sha256').update(asked.token).digest('base64url')],
    );
    const digest = row?.code_digest ?? 'not found';
    expect(digest).toHaveLength(43);
    expect((await present(asked, digest)).code).toBe('PROOF_REJECTED');
    expect(await linkOf(digest)).toBeNull();
    expect(await client.approve(digest)).toBe('LinkExpired');
  });

  test('cannot be an email code', async () => {
    const email = `${randomUUID()}@example.com`;
    await client.startSignUp({ email, password: PASSWORD });
    expect(await linkOf(await client.codeFor(email))).toBeNull();
    expect(await client.approve(await client.codeFor(email))).toBe('LinkExpired');
  });
});

describe('before a link is approved,', () => {
  test('viewing it any number of times approves nothing', async () => {
    const asked = await signInOf(await client.signUp());
    for (let times = 0; times < 5; times += 1)
      expect(await linkOf(asked.token)).toMatchObject({ approvedAt: null });
    expect(await approvalsSeenBy(asked)).toBeNull();
    expect((await ask(asked)).code).toBe('LINK_NOT_APPROVED');
  });

  test('`linkApproved` costs no attempt and is not a failure, even a hundred times', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    for (let times = 0; times < 90; times += 1) expect((await ask(asked)).code).toBe('LINK_NOT_APPROVED');
    const atOnce = await Promise.all(Array.from({ length: 10 }, () => ask(asked)));
    for (const { code } of atOnce)
      expect(['LINK_NOT_APPROVED', 'CONFLICT', 'WORKFLOW_ENDED']).toContain(code);
    expect(await failuresOf(person)).toBe(0);
    expect((await client.attempt(asked.id, { password: 'wrong' })).attemptsRemaining).toBe(4);
    await client.approve(asked.token);
    expect((await ask(asked)).status).toBe('COMPLETE');
  });

  test('`linkApproved` is not recorded as a failed proof', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    await ask(asked);
    const events = await query(
      app.databaseUrl,
      `select a.id from audit_event a join email_address e on e.user_id = a.user_id
       where e.address = $1 and a.type = 'sign-in.proof-rejected'`,
      [person.email],
    );
    expect(events).toEqual([]);
  });

  test('`linkApproved` fails if no link was sent', async () => {
    const person = await client.signUp();
    const { id } = await client.startSignIn({ identifier: person.email });
    expect((await client.attempt(id, { linkApproved: true })).code).toBe('LINK_NOT_APPROVED');
    expect((await client.attempt(id, { linkApproved: false })).code).toBe('INVALID_INPUT');
  });
});

describe('a link is valid for ten minutes', () => {
  test('and can be approved and used in the last second', async () => {
    const asked = await signInOf(await client.signUp());
    app.clock.advance(598);
    expect(await client.approve(asked.token)).toBe('LinkRequest');
    expect((await ask(asked)).status).toBe('COMPLETE');
  });

  test('and afterwards cannot be viewed, approved, rejected or used, like an unknown link', async () => {
    const asked = await signInOf(await client.signUp());
    app.clock.advance(601);
    expect(await linkOf(asked.token)).toBeNull();
    const [late, unknown] = [
      await click('approveLink', asked.token),
      await click('approveLink', 'A'.repeat(43)),
    ];
    expect(late.data.approveLink).toMatchObject({ __typename: 'LinkExpired', code: 'LINK_EXPIRED' });
    expect(late.text).toBe(unknown.text);
    expect(await reject(asked.token)).toBe('LinkExpired');
    expect((await ask(asked)).code).toBe('LINK_NOT_APPROVED');
    expect((await present(asked, asked.token)).code).toBe('PROOF_REJECTED');
  });

  test('and its approval expires with it', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    await client.approve(asked.token);
    app.clock.advance(601);
    expect((await ask(asked)).code).toBe('LINK_NOT_APPROVED');
    expect(await sessionsOf(person)).toBe(1);
  });
});

describe('a newer link', () => {
  test.each([
    ['that was not opened', false],
    ['that was approved', true],
  ])('invalidates an older one %s', async (_what, isApproved) => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    if (isApproved) await client.approve(asked.token);
    app.clock.advance(31);
    await client.prepare(asked.id, 'EMAIL_LINK');
    const newer = await client.linkFor(person.email);
    expect(newer).not.toBe(asked.token);
    expect(await linkOf(asked.token)).toBeNull();
    expect(await client.approve(asked.token)).toBe('LinkExpired');
    expect((await ask(asked)).code).toBe('LINK_NOT_APPROVED');
    expect((await present(asked, asked.token)).code).toBe('PROOF_REJECTED');
    expect(await client.approve(newer)).toBe('LinkRequest');
    expect((await ask(asked)).status).toBe('COMPLETE');
  });

  test('is not sent within 30 seconds, and the older one stays valid', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    await client.prepare(asked.id, 'EMAIL_LINK');
    expect(await client.linkFor(person.email)).toBe(asked.token);
    expect(await client.approve(asked.token)).toBe('LinkRequest');
  });
});

describe('rejecting a link', () => {
  test('ends the workflow, which then accepts no proof, not even the right password', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    expect(await reject(asked.token)).toBe('LinkRequest');
    const { data } = await client.graphql('query ($id: ID!) { workflow(id: $id) { status } }', {
      id: asked.id,
    });
    expect(data.workflow.status).toBe('EXPIRED');
    expect((await ask(asked)).code).toBe('WORKFLOW_EXPIRED');
    expect((await client.attempt(asked.id, { password: person.password })).code).toBe('WORKFLOW_EXPIRED');
    expect((await client.prepare(asked.id, 'EMAIL_LINK')).code).toBe('WORKFLOW_EXPIRED');
    expect(await client.approve(asked.token)).toBe('LinkExpired');
    expect(await sessionsOf(person)).toBe(1);
    const [event] = await query<{ count: string }>(
      app.databaseUrl,
      `select count(*) from audit_event a join email_address e on e.user_id = a.user_id
       where e.address = $1 and a.type = 'link.rejected'`,
      [person.email],
    );
    expect(event?.count).toBe('1');
  });

  test('does not lock the owner out', async () => {
    const person = await client.signUp();
    await reject((await signInOf(person)).token);
    expect((await client.signIn(person)).accessToken).toBeTruthy();
  });

  test('still works after an approval that is not used yet', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    await client.approve(asked.token);
    expect(await reject(asked.token)).toBe('LinkRequest');
    expect((await ask(asked)).code).toBe('WORKFLOW_EXPIRED');
    expect(await sessionsOf(person)).toBe(1);
  });

  test('and using its approval in parallel have one winner', async () => {
    for (let round = 0; round < 8; round += 1) {
      const person = await client.signUp();
      const asked = await signInOf(person);
      await client.approve(asked.token);
      const [step, answer] = await Promise.all([ask(asked), reject(asked.token)]);
      const hasEnded = answer === 'LinkRequest';
      expect(step.session != null).toBe(!hasEnded);
      expect(await sessionsOf(person)).toBe(hasEnded ? 1 : 2);
    }
  });

  test('does not report success if the workflow completed at the same time', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    const answer = await whileHeld(
      app.databaseUrl,
      'select id from challenge where code_digest = $1',
      [createHash('sha256').update(asked.token).digest('base64url')],
      1,
      () => reject(asked.token),
      async () => {
        const { password } = person;
        expect((await client.attempt(asked.id, { password })).status).toBe('COMPLETE');
      },
    );
    expect(answer).toBe('Conflict');
  });
});

describe('a link of a workflow that has ended', () => {
  const isVoid = async (person: Person, asked: Asked, sessions: number): Promise<void> => {
    expect(await linkOf(asked.token)).toBeNull();
    expect(await client.approve(asked.token)).toBe('LinkExpired');
    expect(await reject(asked.token)).toBe('LinkExpired');
    expect((await ask(asked)).code).toMatch(/^WORKFLOW_(ENDED|EXPIRED)$/);
    expect(await sessionsOf(person)).toBe(sessions);
  };

  test('because its attempts are used up has no effect', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    for (let wrong = 0; wrong < 5; wrong += 1) await client.attempt(asked.id, { password: 'wrong' });
    await isVoid(person, asked, 1);
  });

  test('because it expired has no effect', async () => {
    const person = await client.signUp();
    const { id } = await client.startSignIn({ identifier: person.email });
    app.clock.advance(600);
    const asked = await askedBy(Promise.resolve({ id } as Step), person.email);
    app.clock.advance(301); // the link is still valid, the workflow has expired
    await isVoid(person, asked, 1);
  });

  test('because another factor was proved gives no second session, and rejecting it does not report success', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    expect((await client.attempt(asked.id, { password: person.password })).status).toBe('COMPLETE');
    await isVoid(person, asked, 2);
  });

  test('has no effect even if it was approved before', async () => {
    const person = await client.signUp();
    const asked = await signInOf(person);
    await client.approve(asked.token);
    app.clock.advance(901);
    await isVoid(person, asked, 1);
  });
});

test('the visitor of a link sees the browser, IP address and time of the request', async () => {
  const person = await client.signUp();
  const { id } = await client.startSignIn({ identifier: person.email });
  const prepare = `mutation ($id: ID!) { prepareFactor(input: { workflowId: $id, factor: EMAIL_LINK }) { __typename } }`;
  await client.graphql(prepare, { id }, undefined, { 'user-agent': 'Asker/1.0' });
  const token = await client.linkFor(person.email);
  const link = await linkOf(token);
  expect(link).toMatchObject({
    workflow: 'sign-in',
    factor: 'EMAIL_LINK',
    ip: '127.0.0.1',
    approvedAt: null,
  });
  const valid = Date.parse(String(link?.['expiresAt'])) - Date.parse(String(link?.['requestedAt']));
  expect(valid).toBe(600_000);
  const [row] = await query<{ user_agent: string }>(
    app.databaseUrl,
    'select user_agent from challenge where code_digest = $1',
    [createHash('sha256').update(token).digest('base64url')],
  );
  expect(row?.user_agent).toBe('Asker/1.0');
  // But not the recipient: someone who finds a link does not learn the address.
  expect((await visit(token)).text).not.toContain('@');
});

test('an unknown address gets the same response, and no link is made', async () => {
  const known = await client.signUp();
  const nobody = { email: `${randomUUID()}@example.com` };
  const outlines: unknown[] = [];
  for (const { email } of [known, nobody]) {
    const started = await client.startSignIn({ identifier: email });
    const steps = [
      await client.attempt(started.id, { linkApproved: true }),
      await client.prepare(started.id, 'EMAIL_LINK'),
      await client.attempt(started.id, { linkApproved: true }),
      await client.attempt(started.id, { linkToken: 'A'.repeat(43) }),
    ];
    app.clock.advance(601);
    steps.push(await client.attempt(started.id, { linkApproved: true }));
    outlines.push(
      JSON.parse(JSON.stringify(steps), (key, value: unknown) =>
        key === 'id' || key.endsWith('At') ? typeof value : value,
      ),
    );
  }
  expect(outlines[1]).toEqual(outlines[0]);
  expect(JSON.stringify(outlines)).toContain('LINK_NOT_APPROVED');
  expect((await client.inbox()).filter(({ to }) => to === nobody.email)).toEqual([]);
});

test('the token of a link is in no log line and no table, except as a digest', async () => {
  const person = await client.signUp();
  const asked = await signInOf(person);
  await visit(asked.token);
  await client.approve(asked.token);
  await present(asked, asked.token);
  await client.approve(asked.token);
  await click('rejectLink', asked.token);
  await client.graphql(`{ link(token: "${asked.token}", more: 1) { ip } }`);
  await client.graphql('mutation ($token: Int!) { approveLink(token: $token) { __typename } }', asked);
  expect(app.log.length).toBeGreaterThan(100);
  expect(app.log.filter((line) => line.includes(asked.token))).toEqual([]);
  const tables = await query<{ name: string }>(
    app.databaseUrl,
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  const digest = createHash('sha256').update(asked.token).digest('base64url');
  const holders: string[] = [];
  for (const { name } of tables) {
    for (const { row } of await query<{ row: string }>(
      app.databaseUrl,
      `select t::text as row from ${name} t`,
    )) {
      expect(row.includes(asked.token), name).toBe(false);
      if (row.includes(digest)) holders.push(name);
    }
  }
  expect(holders).toEqual(['public.challenge']);
});

describe('a link in another workflow:', () => {
  test('a sign-up is completed by a link opened anywhere, and the account exists from then on', async () => {
    const email = `${randomUUID()}@example.com`;
    const asked = await askedBy(client.startSignUp({ email, password: PASSWORD }), email);
    expect(await linkOf(asked.token)).toMatchObject({ workflow: 'sign-up' });
    await client.approve(asked.token);
    const step = await ask(asked);
    expect(step).toMatchObject({ __typename: 'SignUp', status: 'COMPLETE' });
    expect((await client.signIn({ email, password: PASSWORD })).accessToken).toBeTruthy();
  });

  test('a sign-up whose link is not approved creates no account', async () => {
    const email = `${randomUUID()}@example.com`;
    const asked = await askedBy(client.startSignUp({ email, password: PASSWORD }), email);
    expect((await ask(asked)).code).toBe('LINK_NOT_APPROVED');
    expect(await reject(asked.token)).toBe('LinkRequest');
    await expect(client.signIn({ email, password: PASSWORD })).rejects.toThrow('PROOF_REJECTED');
  });

  test('a password reset continues where it was started, and does not sign in', async () => {
    const person = await client.signUp();
    const asked = await askedBy(client.startPasswordReset({ identifier: person.email }), person.email);
    expect(await linkOf(asked.token)).toMatchObject({ workflow: 'password-reset' });
    const password = 'another horse, another staple';
    expect((await client.chooseNewPassword(asked.id, password)).code).toBe('NEW_PASSWORD_NOT_DUE');
    await client.approve(asked.token);
    expect((await client.chooseNewPassword(asked.id, password)).code).toBe('NEW_PASSWORD_NOT_DUE');
    expect((await ask(asked)).status).toBe('NEEDS_NEW_PASSWORD');
    expect((await client.chooseNewPassword(asked.id, password)).status).toBe('COMPLETE');
    expect(await sessionsOf(person)).toBe(1);
    expect((await client.signIn({ email: person.email, password })).accessToken).toBeTruthy();
  });

  test('a step-up that accepts a first factor is completed by a link, for its own session', async () => {
    const person = await client.signUp();
    const { id } = await client.startStepUp({ require: 'STRONGEST_ENROLLED' }, person.accessToken);
    expect((await client.prepare(id, 'EMAIL_LINK', person.accessToken)).challenge).not.toBeNull();
    const asked = { id, token: await client.linkFor(person.email) };
    expect(await linkOf(asked.token)).toMatchObject({ workflow: 'step-up' });
    await client.approve(asked.token);
    await expect(ask(asked)).rejects.toMatchObject({ problem: { extensions: { code: 'UNAUTHENTICATED' } } });
    const { accessToken } = await client.signUp();
    expect((await client.attempt(id, { linkApproved: true }, accessToken)).code).toBe('WORKFLOW_NOT_FOUND');
    const step = await client.attempt(id, { linkApproved: true }, person.accessToken);
    expect(step).toMatchObject({ __typename: 'StepUp', status: 'COMPLETE' });
  });

  test('a sign-in link cannot reset a password, and a reset link cannot sign in', async () => {
    const person = await client.signUp();
    const signIn = await signInOf(person);
    const reset = await askedBy(client.startPasswordReset({ identifier: person.email }), person.email);
    await client.approve(signIn.token);
    expect((await ask(reset)).code).toBe('LINK_NOT_APPROVED');
    expect((await present(reset, signIn.token)).code).toBe('PROOF_REJECTED');
    expect((await ask(signIn)).status).toBe('COMPLETE');
    expect((await present(signIn, reset.token)).code).toBe('WORKFLOW_ENDED');
  });
});

describe('a link by text message', () => {
  let number = 4_155_552_671;
  const nextNumber = (): string => `+1${(number++).toString()}`;

  async function withPhone(isSecondFactor: boolean): Promise<Person & { phone: string }> {
    const person = await client.signUp();
    const phone = nextNumber();
    await client.enrollPhone(person.accessToken, phone, isSecondFactor);
    return { ...person, phone };
  }

  beforeAll(() => query(app.databaseUrl, "update tenant set sms = 'ANY_FACTOR'"));
  afterAll(() => query(app.databaseUrl, "update tenant set sms = 'SECOND_FACTOR'"));

  const signInBy = (phone: string): Promise<Asked> =>
    askedBy(client.startSignIn({ identifier: phone }), phone, 'PHONE_LINK');

  test('signs in with the number, if the tenant allows numbers as a first factor', async () => {
    const { phone } = await withPhone(false);
    const asked = await signInBy(phone);
    expect(await linkOf(asked.token)).toMatchObject({ workflow: 'sign-in', factor: 'PHONE_LINK' });
    expect((await ask(asked)).code).toBe('LINK_NOT_APPROVED');
    await client.approve(asked.token);
    const step = await ask(asked);
    expect(step.status).toBe('COMPLETE');
    const { data } = await client.graphql(
      '{ viewer { assurance { level evidence { factor } } } }',
      {},
      step.session?.accessToken,
    );
    expect(data.viewer.assurance).toEqual({ level: 'AAL1', evidence: [{ factor: 'PHONE_LINK' }] });
  });

  test('is valid for five minutes', async () => {
    const { phone } = await withPhone(false);
    const asked = await signInBy(phone);
    app.clock.advance(301);
    expect(await linkOf(asked.token)).toBeNull();
    expect(await client.approve(asked.token)).toBe('LinkExpired');
    expect((await ask(asked)).code).toBe('LINK_NOT_APPROVED');
  });

  test('of a number that is the second factor still needs the other step', async () => {
    const { phone, password } = await withPhone(true);
    const asked = await signInBy(phone);
    await client.approve(asked.token);
    const step = await ask(asked);
    expect([step.status, step.session]).toEqual(['NEEDS_SECOND_FACTOR', null]);
    expect((await client.prepare(asked.id, 'PHONE_CODE')).code).toBe('FACTOR_NOT_OFFERED');
    // From now on a link is one by email, which was not sent.
    expect((await present(asked, asked.token)).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(asked.id, { password })).status).toBe('COMPLETE');
  });

  test('that is left open does not stand in the way of a later one by email', async () => {
    const { phone, email } = await withPhone(true);
    const asked = await signInBy(phone);
    await client.prepare(asked.id, 'PHONE_CODE');
    const step = await client.attempt(asked.id, { phoneCode: await client.codeFor(phone) });
    expect(step.status).toBe('NEEDS_SECOND_FACTOR');
    app.clock.advance(1);
    const byMail = await askedBy(Promise.resolve(step), email);
    expect((await present(byMail, byMail.token)).status).toBe('COMPLETE');
  });

  test('is not offered for an email address, nor a link by email for a number', async () => {
    const { phone, email } = await withPhone(false);
    const byNumber = await client.startSignIn({ identifier: phone });
    const byAddress = await client.startSignIn({ identifier: email });
    expect((await client.prepare(byNumber.id, 'EMAIL_LINK')).code).toBe('FACTOR_NOT_OFFERED');
    expect((await client.prepare(byAddress.id, 'PHONE_LINK')).code).toBe('FACTOR_NOT_OFFERED');
  });

  test('has no effect once the tenant turns numbers off, even if it was approved', async () => {
    const person = await withPhone(false);
    const asked = await signInBy(person.phone);
    await client.approve(asked.token);
    await query(app.databaseUrl, "update tenant set sms = 'OFF'");
    expect((await ask(asked)).session ?? null).toBeNull();
    await query(app.databaseUrl, "update tenant set sms = 'ANY_FACTOR'");
    expect(await sessionsOf(person)).toBe(1);
  });

  test('to an unknown number gets the same response and is never sent', async () => {
    const { phone } = await withPhone(false);
    const nobody = nextNumber();
    const seen: unknown[] = [];
    for (const identifier of [phone, nobody]) {
      const { id, factors } = await client.startSignIn({ identifier });
      const { challenge } = await client.prepare(id, 'PHONE_LINK');
      const answers = [
        await client.attempt(id, { linkApproved: true }),
        await client.attempt(id, { linkToken: 'A'.repeat(43) }),
      ];
      seen.push([
        factors,
        challenge?.hint,
        answers.map(({ code, attemptsRemaining }) => [code, attemptsRemaining]),
      ]);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect((await client.inbox()).filter(({ to }) => to === nobody)).toEqual([]);
  });
});
