// The audit log of each workflow: every proof, how the workflow ended, and who did it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

interface Event {
  readonly type: string;
  readonly factor: string | null;
  readonly actor_kind: string;
  readonly is_own: boolean | null;
  readonly session_id: string | null;
  readonly actor_session_id: string | null;
}

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

/** The events of the user with this address since the last call. */
async function eventsOf(email: string): Promise<Event[]> {
  return query<Event>(
    app.databaseUrl,
    `with seen as (
       delete from audit_event where user_id in (select user_id from email_address where address = $1) returning *
     )
     select type, factor, actor_kind, actor_user_id = user_id as is_own, session_id, actor_session_id
     from seen order by occurred_at, type desc`,
    [email],
  );
}

/** Each event as `actor: type (factor)`. */
async function wordsOf(email: string): Promise<string[]> {
  return (await eventsOf(email)).map(
    ({ type, factor, actor_kind: actor, is_own: isOwn }) =>
      `${actor}${isOwn === true ? ' self' : ''}: ${type}${factor === null ? '' : ` (${factor})`}`,
  );
}

const sessionIdOf = (step: Step): string | undefined => step.session?.session.id;

test('a sign-up is audited with the proof of the address and its completion, and has a user only from then on', async () => {
  const email = 'sign-up@example.com';
  const { id } = await client.startSignUp({ email, password: PASSWORD });
  expect(await wordsOf(email)).toEqual([]);
  await client.attempt(id, { emailCode: '000000' });
  const done = await client.attempt(id, { emailCode: await client.codeFor(email) });
  const events = await eventsOf(email);
  expect(events).toEqual([
    {
      type: 'sign-up.proof-rejected',
      factor: 'EMAIL_CODE',
      actor_kind: 'ANONYMOUS',
      is_own: null,
      session_id: null,
      actor_session_id: null,
    },
    {
      type: 'sign-up.proof-accepted',
      factor: 'EMAIL_CODE',
      actor_kind: 'ANONYMOUS',
      is_own: null,
      session_id: sessionIdOf(done),
      actor_session_id: null,
    },
    {
      type: 'sign-up.complete',
      factor: null,
      actor_kind: 'USER',
      is_own: true,
      session_id: sessionIdOf(done),
      actor_session_id: sessionIdOf(done),
    },
  ]);
});

test('a sign-in with two steps is audited with every proof, right or wrong, and one completion', async () => {
  const { email, password, accessToken } = await client.signUp();
  const { secret } = await client.enrollTotp(accessToken);
  await eventsOf(email);
  app.clock.advance(60);
  const { id } = await client.startSignIn({ identifier: email });
  await client.attempt(id, { password: 'another password' });
  await client.attempt(id, { password });
  expect(await wordsOf(email)).toEqual([
    'ANONYMOUS: sign-in.proof-rejected (PASSWORD)',
    'ANONYMOUS: sign-in.proof-accepted (PASSWORD)',
  ]);
  await client.attempt(id, { totp: client.totp(secret) });
  expect(await wordsOf(email)).toEqual([
    'ANONYMOUS: sign-in.proof-accepted (TOTP)',
    'USER self: sign-in.complete',
  ]);
});

test('the last attempt of a workflow is audited as its failure', async () => {
  const { email } = await client.signUp();
  await eventsOf(email);
  const { id } = await client.startSignIn({ identifier: email });
  const rejected = 'ANONYMOUS: sign-in.proof-rejected (PASSWORD)';
  for (let attempt = 1; attempt < 5; attempt += 1) await client.attempt(id, { password: 'wrong' });
  expect(await wordsOf(email)).toEqual([rejected, rejected, rejected, rejected]);
  await client.attempt(id, { password: 'wrong' });
  expect(await wordsOf(email)).toEqual([rejected, 'ANONYMOUS: sign-in.failed']);
});

test('an enrollment and a step-up are audited with their user and session', async () => {
  const person: Person = await client.signUp();
  await eventsOf(person.email);
  const { secret, tokens } = await client.enrollTotp(person.accessToken);
  const enrolled = await eventsOf(person.email);
  expect(enrolled.map((one) => [one.type, one.factor, one.actor_kind, one.is_own])).toEqual([
    ['enrollment.proof-accepted', 'TOTP', 'USER', true],
    ['enrollment.complete', null, 'USER', true],
  ]);
  expect(new Set(enrolled.map((one) => one.actor_session_id))).toEqual(
    new Set(enrolled.map((one) => one.session_id)),
  );
  expect(enrolled[0]?.session_id).not.toBeNull();

  app.clock.advance(60);
  const stepUp = await client.startStepUp({}, tokens.accessToken);
  await client.attempt(stepUp.id, { totp: '000000' }, tokens.accessToken);
  await client.attempt(stepUp.id, { totp: client.totp(secret) }, tokens.accessToken);
  expect(await wordsOf(person.email)).toEqual([
    'USER self: step-up.proof-rejected (TOTP)',
    'USER self: step-up.proof-accepted (TOTP)',
    'USER self: step-up.complete',
  ]);
});

test('a password reset is audited with its proofs, and with its completion when the new password is chosen', async () => {
  const { email } = await client.signUp();
  await eventsOf(email);
  app.clock.advance(60);
  const { id } = await client.startPasswordReset({ identifier: email });
  await client.prepare(id, 'EMAIL_CODE');
  await client.attempt(id, { emailCode: await client.codeFor(email) });
  expect(await wordsOf(email)).toEqual(['ANONYMOUS: password-reset.proof-accepted (EMAIL_CODE)']);
  await client.chooseNewPassword(id, 'a new battery staple horse');
  const events = await eventsOf(email);
  expect(events).toEqual([
    {
      type: 'password-reset.complete',
      factor: null,
      actor_kind: 'USER',
      is_own: true,
      session_id: null,
      actor_session_id: null,
    },
  ]);
});

test('a wrong proof for an unknown identifier is audited without a user', async () => {
  const { id } = await client.startSignIn({ identifier: 'nobody@example.com' });
  const before = await query<{ id: string }>(app.databaseUrl, 'select id from audit_event');
  await client.attempt(id, { password: PASSWORD });
  const events = await query<Event & { id: string; user_id: string | null }>(
    app.databaseUrl,
    'select id, type, user_id, actor_kind from audit_event',
  );
  const fresh = events.filter((one) => !before.some((old) => old.id === one.id));
  expect(fresh).toMatchObject([{ type: 'sign-in.proof-rejected', user_id: null, actor_kind: 'ANONYMOUS' }]);
});
