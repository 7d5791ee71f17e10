// The bank over HTTP: Yoga with the plugin. Each test sets who is asking.
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Presented } from '../../src/step-up/auth-context.ts';
import type { ConsumeProof } from '../../src/step-up/bound-proof.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { authContextOf, type BankContext, bankSchema } from './example-schema.ts';

const schema = bankSchema();

/** A separate server, with plugins before or after the guards' plugin. */
export function bankServer({
  before = {},
  after = {},
  consumeProof,
}: {
  before?: Plugin;
  after?: Plugin;
  consumeProof?: ConsumeProof<BankContext>;
} = {}) {
  return createYoga<BankContext>({
    schema,
    plugins: [before, useStepUp(authContextOf, { consumeProof }), after],
    batching: { limit: 10 },
    maskedErrors: { isDev: false },
    logging: false,
  });
}

const bank = bankServer();

export const SPEC = 'application/graphql-response+json';
export const JSON_ONLY = 'application/json';

export interface Problem {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code?: string } & Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number;
  readonly challenge: string | null;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test knows the shape of what it queries
  readonly data: any;
  readonly errors: readonly Problem[];
  /** The code of each error, by path. */
  readonly refused: Readonly<Record<string, string | undefined>>;
  readonly ran: readonly string[];
}

interface Options {
  readonly variables?: object;
  readonly operationName?: string | null;
  readonly accept?: string;
  readonly server?: ReturnType<typeof bankServer>;
}

/** Sends one operation. */
export function ask(who: Presented | (() => Presented), query: string, options: Options = {}) {
  const { variables, operationName } = options;
  return send(who, { query, variables, operationName }, options);
}

/** Sends any body. */
export async function send(
  who: Presented | (() => Presented),
  body: object,
  { accept = SPEC, server = bank }: Options = {},
): Promise<Answer> {
  const context: BankContext = { caller: typeof who === 'function' ? who : () => who, ran: [] };
  const headers = { 'content-type': 'application/json', accept };
  const response = await server.fetch(
    'http://bank.test/graphql',
    { method: 'POST', headers, body: JSON.stringify(body) },
    context,
  );
  const text = await response.text();
  const { data, errors = [] } = (text.startsWith('{') ? JSON.parse(text) : {}) as Partial<Answer>;
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    text,
    data,
    errors,
    refused: Object.fromEntries(errors.map((one) => [one.path?.join('.'), one.extensions?.code])),
    ran: context.ran,
  };
}
