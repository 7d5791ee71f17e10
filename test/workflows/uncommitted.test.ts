// A correct proof whose step cannot be written costs no attempt. A wrong one always costs an attempt.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { giveBackAttempt } from '../../src/workflows/steps/spend-attempt.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;
let person: Person;
let workflowId: string;

beforeEach(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  person = await client.signUp();
  workflowId = (await client.startSignIn({ identifier: person.email })).id;
});
afterEach(() => app[Symbol.asyncDispose]());

/** No step can settle while the callback runs, because each one writes an audit event. */
async function withoutAudit(work: () => Promise<void>): Promise<void> {
  await query(app.databaseUrl, 'alter table audit_event rename to gone_for_now');
  try {
    await work();
  } finally {
    await query(app.databaseUrl, 'alter table gone_for_now rename to audit_event');
  }
}

async function spent(): Promise<object | undefined> {
  const [row] = await query(
    app.databaseUrl,
    `select w.attempts, l.failures from workflow w join lockout l using (subject)
     where w.chart = 'sign-in' and l.counter = 'PASSWORD'`,
  );
  return row;
}

test('a correct proof whose unit of work fails costs no attempt, however often it fails', async () => {
  await withoutAudit(async () => {
    for (let time = 0; time < 7; time += 1)
      await expect(client.attempt(workflowId, { password: PASSWORD })).rejects.toThrow('Unexpected error.');
  });
  expect(await spent()).toEqual({ attempts: 0, failures: 0 });
  expect((await client.attempt(workflowId, { password: PASSWORD })).status).toBe('COMPLETE');
});

test('a wrong proof costs an attempt even if nothing else can be written, so that failures do not allow more guesses', async () => {
  await withoutAudit(async () => {
    for (let guess = 0; guess < 5; guess += 1)
      await expect(client.attempt(workflowId, { password: `${guess}` })).rejects.toThrow('Unexpected error.');
    expect(await spent()).toEqual({ attempts: 5, failures: 5 });
    expect((await client.attempt(workflowId, { password: PASSWORD })).code).toBe('CONFLICT');
  });
  expect((await client.attempt(workflowId, { password: PASSWORD })).code).toBe('CONFLICT');
});

test('a correct proof whose workflow was changed meanwhile costs no attempt', async () => {
  // As if another request took a step between the claim and the commit: the claim itself raises the revision.
  await query(
    app.databaseUrl,
    `create function overtake() returns trigger language plpgsql as $$ begin
       update workflow set revision = revision + 1 where id = new.id;
       return null;
     end $$;
     create trigger overtake after update of attempts on workflow
       for each row when (new.attempts > old.attempts) execute function overtake()`,
  );
  expect((await client.attempt(workflowId, { password: PASSWORD })).code).toBe('CONFLICT');
  expect(await spent()).toEqual({ attempts: 0, failures: 0 });
});

test('an attempt is not given back twice', async () => {
  await client.attempt(workflowId, { password: 'wrong' });
  expect(await spent()).toEqual({ attempts: 1, failures: 1 });
  const orm = await openOrm(app.databaseUrl);
  try {
    const sql = sqlOf(orm.em.fork());
    const stored = await sql
      .selectFrom('workflow')
      .select(['id', 'subject', 'revision'])
      .where('chart', '=', 'sign-in')
      .executeTakeFirstOrThrow();
    const row = { ...stored, counted: { counter: 'PASSWORD', failures: 1 } as const };
    await giveBackAttempt(sql, { ...row, revision: row.revision - 1 }, { unlessCommitted: true });
    expect(await spent()).toEqual({ attempts: 1, failures: 1 });
    await giveBackAttempt(sql, row, { unlessCommitted: true });
    expect(await spent()).toEqual({ attempts: 0, failures: 0 });
  } finally {
    await orm.close();
  }
});
