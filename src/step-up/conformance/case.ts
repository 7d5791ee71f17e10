// One case of the conformance suite, and what a server has to offer to be tested.
import type { CallerName } from './callers.ts';

/** An operation that a case sends. */
export interface ConformanceRequest {
  readonly caller: CallerName;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
  /** The `Accept` header. Default: `application/graphql-response+json`. */
  readonly accept?: string | undefined;
}

/** The response to an operation. */
export interface ConformanceResponse {
  /** Null if the server is not asked over HTTP. Then the cases about statuses and headers are left out. */
  readonly http: { readonly status: number; readonly challenge: string | null } | null;
  readonly body: {
    readonly data?: unknown;
    readonly errors?: readonly {
      readonly message: string;
      readonly path?: readonly (string | number)[] | undefined;
      readonly extensions?: Readonly<Record<string, unknown>> | undefined;
    }[];
  };
}

/** The response to several operations in one request. */
export interface ConformanceBatch {
  /** Null if the server is not asked over HTTP. */
  readonly http: ConformanceResponse['http'];
  readonly bodies: readonly ConformanceResponse['body'][];
}

/** A server that serves the schema of the suite. */
export interface ServerUnderTest {
  /** Sends one operation. The server must put `suite.present(caller)` where `authContext` finds it. */
  send(request: ConformanceRequest): Promise<ConformanceResponse>;
  /** Sends several operations of one caller in one request, if the server has batches. */
  sendBatch?(requests: readonly ConformanceRequest[]): Promise<ConformanceBatch>;
  /** Sends a subscription, and returns its results when it has ended, if the server has subscriptions. */
  subscribe?(request: ConformanceRequest): Promise<ConformanceResponse['body'][]>;
}

/** A property that every server must have. */
export interface ConformanceCase {
  readonly name: string;
  /** @throws when the server does not have it. The cases of a server must run one after the other. */
  run(): Promise<void>;
}

/** What a response says, in the form in which cases compare it. */
export interface Outcome {
  readonly data: unknown;
  /** The code of each refusal, by path without list indexes. */
  readonly refused: Readonly<Record<string, unknown>>;
}

export function outcomeOf({ body: { data, errors = [] } }: ConformanceResponse): Outcome {
  const refused = errors.map(({ path = [], extensions }) => [
    path.filter((part) => !/^\d+$/.test(String(part))).join('.'), // some servers write indexes as texts
    extensions?.['code'],
  ]);
  const asJson: unknown = JSON.parse(JSON.stringify(data ?? null)); // executors make objects without a prototype
  return { data: asJson, refused: Object.fromEntries(refused) };
}
