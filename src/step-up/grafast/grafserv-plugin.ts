// The guards as a plugin for Grafserv and PostGraphile: it guards the schema when it is built, each operation when it runs,
// and sets the status and the header of a refusal.
import type { ExecutionArgs, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import { refusedResponse } from '../refused-response.ts';
import { type GuardPlansOptions, guardPlans } from './guard-plans.ts';
import { guardedExecutor } from './guarded-executor.ts';

/** The errors of one request. Grafserv copies the members of its context into that of Grafast. */
const REFUSED = Symbol('refused');

interface Sink {
  errors: readonly GraphQLError[];
  ranNothing: boolean;
}

interface OperationEvent {
  args: ExecutionArgs & { readonly requestContext?: { readonly [REFUSED]?: Sink } };
}

interface RequestEvent {
  readonly requestDigest: {
    readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
    requestContext: { [REFUSED]?: Sink };
  };
}

interface HttpResult {
  statusCode?: number;
  headers?: Record<string, string>;
}

/**
 * Guards a Grafserv or PostGraphile server. Add it as the last plugin of the preset, and let `grafast.context` find out
 * who is asking.
 */
export function stepUpGrafserv<Context>(options: GuardPlansOptions<Context>): GraphileConfig.Plugin {
  const run =
    (kind: 'execute' | 'subscribe') =>
    async (next: () => unknown, event: OperationEvent): Promise<unknown> => {
      const pass = (args: ExecutionArgs): unknown => {
        event.args = args;
        return next();
      };
      const sink = event.args.requestContext?.[REFUSED];
      const result = await guardedExecutor({ execute: pass, subscribe: pass }, options)[kind](event.args);
      const { errors, data } = result as ExecutionResult;
      if (sink !== undefined) Object.assign(sink, { errors: errors ?? [], ranNothing: data === undefined });
      return result;
    };
  const plugin = {
    name: 'StepUpGrafservPlugin',
    version: '1.0.0',
    schema: { hooks: { finalize: (schema: GraphQLSchema) => guardPlans(schema, options) } },
    grafast: { middleware: { execute: run('execute'), subscribe: run('subscribe') } },
    grafserv: {
      middleware: {
        async processRequest(next: () => Promise<HttpResult | null>, { requestDigest }: RequestEvent) {
          const sink: Sink = { errors: [], ranNothing: false };
          requestDigest.requestContext[REFUSED] = sink;
          const result = await next();
          const { accept } = requestDigest.headers ?? {};
          const { status, challenge } = refusedResponse(sink.errors, {
            ranNothing: sink.ranNothing,
            accept: String(accept ?? ''),
          });
          if (result === null || sink.errors.length === 0) return result;
          if (status !== null) result.statusCode = status;
          if (challenge !== null) result.headers = { ...result.headers, 'www-authenticate': challenge };
          return result;
        },
      },
    },
  };
  return plugin as unknown as GraphileConfig.Plugin;
}
