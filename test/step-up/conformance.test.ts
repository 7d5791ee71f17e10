// The conformance suite, passed by Yoga and Envelop with the plugin, and by bare `execute` with `refuseMutation`. It fails
// where guards are missing.
import { makeExecutableSchema } from '@graphql-tools/schema';
import * as graphql from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import type { Presented } from '../../src/step-up/auth-context.ts';
import {
  type ConformanceRequest,
  type ConformanceResponse,
  type ConformanceSuite,
  conformanceSuite,
  type ServerUnderTest,
} from '../../src/step-up/conformance/index.ts';
import { refuseMutation } from '../../src/step-up/refuse-mutation.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';

interface Context {
  readonly presented: Presented;
}
const authContext = ({ presented }: Context): Presented => presented;

function plainSchema({ typeDefs, resolvers, subscriptions }: ConformanceSuite): graphql.GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: [stepUpTypeDefs(), typeDefs, subscriptions.typeDefs],
    resolvers: [resolvers, subscriptions.resolvers],
  });
}

const guarded = (suite: ConformanceSuite): graphql.GraphQLSchema =>
  stepUpTransformer({ authContext })(plainSchema(suite));

function conforms(serve: (suite: ConformanceSuite) => ServerUnderTest): void {
  const suite = conformanceSuite();
  test.each(suite.cases(serve(suite)).map((one) => [one.name, one] as const))('%s', (_, one) => one.run());
}

function yogaOf(suite: ConformanceSuite, schema = guarded(suite)): ServerUnderTest {
  const yoga = createYoga<object, Context>({
    schema,
    context: ({ request }) => ({ presented: suite.present(request.headers.get('x-caller')) }),
    plugins: [useStepUp(authContext)],
    batching: true,
    logging: false,
  });
  const post = (caller: string, accept: string, body: unknown) =>
    yoga.fetch('http://bank.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, 'x-caller': caller },
      body: JSON.stringify(body),
    });
  return {
    async send({ caller, accept = 'application/graphql-response+json', ...body }) {
      const response = await post(caller, accept, body);
      const http = { status: response.status, challenge: response.headers.get('www-authenticate') };
      return { http, body: await response.json() };
    },
    async sendBatch(requests) {
      const bodies = requests.map(({ query, variables, operationName }) => ({
        query,
        variables,
        operationName,
      }));
      const response = await post(requests[0]?.caller ?? 'nobody', 'application/json', bodies);
      const http = { status: response.status, challenge: response.headers.get('www-authenticate') };
      return { http, bodies: await response.json() };
    },
    async subscribe({ caller, query }) {
      const events = await (await post(caller, 'text/event-stream', { query })).text();
      return [...events.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => JSON.parse(data));
    },
  };
}

function executeOf(suite: ConformanceSuite, schema: graphql.GraphQLSchema, refuses = true): ServerUnderTest {
  return {
    async send({ caller, query, variables, operationName }: ConformanceRequest) {
      const document = graphql.parse(query);
      const invalid = graphql.validate(schema, document);
      if (invalid.length > 0) return { http: null, body: { errors: invalid } };
      const contextValue = { presented: suite.present(caller) };
      const run = { schema, document, variableValues: variables, operationName };
      const errors = refuses ? refuseMutation(run, contextValue, authContext) : [];
      if (errors.length > 0) return { http: null, body: { errors } };
      const result = await graphql.execute({ ...run, contextValue });
      return { http: null, body: JSON.parse(JSON.stringify(result)) };
    },
    async subscribe({ caller, query }) {
      const contextValue = { presented: suite.present(caller) };
      const opened = await graphql.subscribe({ schema, document: graphql.parse(query), contextValue });
      const results: ConformanceResponse['body'][] = [];
      if (Symbol.asyncIterator in opened) for await (const one of opened) results.push(one);
      else results.push(opened);
      return results;
    },
  };
}

describe('Yoga with the plugin:', () => conforms((suite) => yogaOf(suite)));
describe('bare `execute` with `refuseMutation`:', () =>
  conforms((suite) => executeOf(suite, guarded(suite))));

describe('the suite notices', () => {
  async function failures(serve: (suite: ConformanceSuite) => ServerUnderTest): Promise<string[]> {
    const suite = conformanceSuite();
    const failed: string[] = [];
    for (const { name, run } of suite.cases(serve(suite))) await run().catch(() => failed.push(name));
    return failed;
  }

  test('a schema that was never transformed', async () => {
    const failed = await failures((suite) => executeOf(suite, plainSchema(suite), false));
    expect(failed.length).toBeGreaterThan(40);
  });

  test('a server that does not refuse mutations as a whole', async () => {
    const failed = await failures((suite) => executeOf(suite, guarded(suite), false));
    expect(failed).toContain('a field before the refused one does not run');
  });

  test('a server that decides for one caller and serves another', async () => {
    const failed = await failures((suite) => {
      let last: string | undefined;
      const late = {
        ...suite,
        present: (caller?: string | null) => suite.present((last ??= caller ?? 'nobody')),
      };
      return executeOf(late, guarded(suite));
    });
    expect(failed).toContain('operations at the same time do not share their callers');
  });

  test('a server that does not check subscriptions again', async () => {
    const failed = await failures((suite) => {
      const once = { ...suite, present: (name?: string | null) => ({ ...suite.present(name), again: null }) };
      return executeOf(once, guarded(once));
    });
    expect(failed).toEqual([
      'a subscription ends with a refusal when the session has ended',
      'a subscription ends with a refusal when the proof is too old',
    ]);
  });

  test('a batch with the status or the challenge of one of its operations', async () => {
    for (const http of [
      { status: 401, challenge: null },
      { status: 200, challenge: 'Bearer' },
    ]) {
      const failed = await failures((suite) => {
        const yoga = yogaOf(suite);
        const sendBatch = async (requests: readonly ConformanceRequest[]) => ({
          bodies: (await yoga.sendBatch?.(requests))?.bodies ?? [],
          http,
        });
        return { ...yoga, sendBatch };
      });
      expect(failed).toContain(
        'a batch has status 200 and the strictest challenge, in whatever order its operations are',
      );
    }
  });

  test('a server that answers with other statuses', async () => {
    const failed = await failures((suite) => {
      const yoga = yogaOf(suite);
      const send = async (request: ConformanceRequest) => ({
        ...(await yoga.send(request)),
        http: { status: 200, challenge: null },
      });
      return { ...yoga, send };
    });
    expect(failed).toContain('a mutation that lacks only a role has status 403 and no challenge');
  });
});
