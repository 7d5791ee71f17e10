// The schema of the recipes, with customers behind every kind of guard, and callers with tokens of a real Stepgate.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StepgateTokens, stepgateTokens } from '../../../src/step-up/tokens.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../../harness/app.ts';
import { TestClient } from '../../harness/client.ts';

export const TYPES = `
  type Customer @authenticated { id: ID! name: String contract: String @stepUp(maxAge: 300) }
  type Query { customer: Customer version: String }
  type Mutation { count: Int rename(name: String!): Customer @stepUp dismiss: Int @requiresRole(role: ADMIN) }
`;

const CUSTOMER = { id: '1', name: 'Ada', contract: 'secret' };

let counted = 0;
export const resolvers = {
  Query: { customer: () => CUSTOMER, version: () => '1' },
  Mutation: {
    count: () => ++counted,
    rename: (_root: unknown, { name }: { name: string }) => ({ ...CUSTOMER, name }),
    dismiss: () => 1,
  },
  Customer: { __resolveReference: () => CUSTOMER },
};

export interface Callers {
  readonly app: TestApp;
  readonly tokens: StepgateTokens;
  /** A user without a second factor. */
  readonly weak: string;
  /** A user who has proved a second factor. */
  readonly strong: string;
}

/** Set before the tests of a file run. */
export function callers(): Callers {
  const found = {} as { -readonly [key in keyof Callers]: Callers[key] };
  beforeAll(async () => {
    found.app = await startTestApp();
    const { app } = found;
    const client = new TestClient(app);
    found.weak = (await client.signUp()).accessToken;
    const { accessToken } = await client.signUp();
    found.strong = (await client.enrollTotp(accessToken)).tokens.accessToken;
    found.tokens = stepgateTokens({
      issuer: TEST_ENVIRONMENT.PUBLIC_URL,
      jwksUrl: `${app.url}/.well-known/jwks.json`,
      now: () => app.clock.now(),
    });
  });
  afterAll(() => found.app[Symbol.asyncDispose]());
  return found;
}

type Ask = (
  query: string,
  token?: string,
) => Promise<{ readonly data: unknown; readonly codes: readonly unknown[] }>;

/** Sends an operation over HTTP. */
export function asker(url: () => string): Ask {
  return async (query, token) => {
    const { data, errors } = await new TestClient({ url: url() }).graphql(query, {}, token);
    return { data, codes: errors.map((one) => one.extensions?.code) };
  };
}

/** The tests that each recipe must pass. */
export function guardsCustomers(who: Callers, ask: Ask): void {
  test('an unguarded field is open', async () => {
    expect(await ask('{ version }')).toEqual({ data: { version: '1' }, codes: [] });
  });

  test('a customer cannot be read without signing in, or with a tampered token', async () => {
    for (const token of [undefined, `${who.strong}x`]) {
      const { data, codes } = await ask('{ version customer { name } }', token);
      expect(data).toEqual({ version: '1', customer: { name: null } });
      expect(codes).toEqual(['UNAUTHENTICATED']);
    }
  });

  test('a contract requires a second factor', async () => {
    const weak = await ask('{ customer { name contract } }', who.weak);
    expect(weak).toEqual({
      data: { customer: { name: 'Ada', contract: null } },
      codes: ['ENROLLMENT_REQUIRED'],
    });
    const strong = await ask('{ customer { name contract } }', who.strong);
    expect(strong).toEqual({ data: { customer: { name: 'Ada', contract: 'secret' } }, codes: [] });
  });

  test('a mutation is refused as a whole: fields before the guarded one do not run', async () => {
    const before = counted;
    const query = 'mutation { count rename(name: "Grace") { name } }';
    const refused = await ask(query, who.weak);
    expect(refused.codes).toEqual(['ENROLLMENT_REQUIRED']);
    expect(counted).toBe(before);
    const { data, codes } = await ask(query, who.strong);
    expect(codes).toEqual([]);
    expect(data).toEqual({ count: before + 1, rename: { name: 'Grace' } });
  });

  test('a role is required', async () => {
    expect((await ask('mutation { dismiss }', who.strong)).codes).toEqual(['FORBIDDEN']);
  });
}
