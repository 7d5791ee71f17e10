// What a user sees before approving an operation of another service: the description from that service's schema, which
// the operator has configured, in the prompt and in the message with the code.
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
  test('is shown with its description and arguments, whatever the client names it', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollTotp(person.accessToken);
    const variables = { amount: 5, to: { name: 'Bob' } };
    const { approves: words } = await approves({ query: PAY, variables }, tokens.accessToken);
    expect(words).toBe('Pay 5 to "Bob"');
  });

  test('has the same description in the message with the code', async () => {
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

  test('is shown by its field names if it is not in the schema, and by nothing that the client chose', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollTotp(person.accessToken);
    const query = 'mutation CheckBalance { checkBalance: transferEverything }';
    expect((await approves({ query }, tokens.accessToken)).approves).toBe('transferEverything');
  });
});

test('the server exits with a message when a schema cannot be read or misspells a guard', async () => {
  for (const [file, words] of [
    ['missing.graphql', 'missing.graphql (ENOENT).'],
    ['broken.graphql', 'Unknown directive @stepup'],
  ] as const) {
    const { code, stderr } = await runCommand('src/main.ts', [], {
      NODE_ENV: 'test',
      PORT: '0',
      DATABASE_URL: app.databaseUrl,
      API_SCHEMAS: join(folder, file),
    });
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
  }
});
