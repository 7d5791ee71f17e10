// What the user of another service is shown before approving one of its operations: the words of that service's author,
// from the schema that the operator has named, in the prompt and in the message that carries a code.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { runCommand } from '../harness/command.ts';

const SCHEMA = `
  type Payment { id: ID! }
  input To { name: String! }
  type Query { balance: Int }
  type Mutation {
    pay(amount: Int!, to: To!): Payment
      @stepUp(bind: OPERATION, maxAge: 120, describe: "Pay {amount} to {to.name}")
  }
`;
const PAY = 'mutation Innocent($amount: Int!, $to: To!) { pay(amount: $amount, to: $to) { id } }';

let folder: string;
let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-schemas-'));
  await writeFile(join(folder, 'bank.graphql'), SCHEMA);
  await writeFile(join(folder, 'broken.graphql'), 'type Query { a: Int @stepup }');
  app = await startTestApp({ API_SCHEMAS: join(folder, 'bank.graphql') });
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function approves(operation: object, token: string): Promise<{ id: string; approves: string }> {
  const { data, errors } = await client.graphql(
    'mutation ($i: StartStepUpInput!) { startStepUp(input: $i) { ... on StepUp { id approves } } }',
    { i: { maxAge: 120, operation } },
    token,
  );
  expect(errors).toEqual([]);
  return data.startStepUp;
}

describe('an operation for a service whose schema is known', () => {
  test('is shown in its author’s words, with its arguments, whatever its client calls it', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollTotp(person.accessToken);
    const variables = { amount: 5, to: { name: 'Bob' } };
    const { approves: words } = await approves({ query: PAY, variables }, tokens.accessToken);
    expect(words).toBe('Pay 5 to "Bob"');
  });

  test('says the same in the message with the code', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollPhone(person.accessToken, '+14155552671');
    app.clock.advance(31);
    const variables = { amount: 5000, to: { name: 'Mallory' } };
    const { id } = await approves({ query: PAY, variables }, tokens.accessToken);
    await client.prepare(id, 'PHONE_CODE', tokens.accessToken);
    const [sms] = await client.inbox();
    expect(sms).toMatchObject({ channel: 'sms', to: '+14155552671' });
    expect(sms?.text).toContain('Pay 5000 to "Mallory"');
  });

  test('that its schema does not have is shown by the names of its fields, and by nothing that its client chose', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollTotp(person.accessToken);
    const query = 'mutation CheckBalance { checkBalance: transferEverything }';
    expect((await approves({ query }, tokens.accessToken)).approves).toBe('transferEverything');
  });
});

test('a schema that cannot be read, or misspells a guard, ends the start with a sentence', async () => {
  for (const [file, words] of [
    ['missing.graphql', 'cannot be read (ENOENT)'],
    ['broken.graphql', 'There is no directive @stepup'],
  ] as const) {
    const { code, stderr } = await runCommand('src/main.ts', [], {
      NODE_ENV: 'test',
      PORT: '0',
      DATABASE_URL: app.databaseUrl,
      API_SCHEMAS: join(folder, file),
    });
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
  }
});
