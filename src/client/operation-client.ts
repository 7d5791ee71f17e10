// What links, exchanges and other transports need of a client.
import type { Operation } from './operation.ts';
import type { Answer } from './refusal.ts';
import type { Send } from './run-operation.ts';

/** A client that runs operations against any API guarded by `@stepUp`. */
export interface OperationClient {
  /** In cookie mode, the URL of Stepgate, because cookies are sent to no other host. Null in the other modes. */
  readonly onlyFor: string | null;
  /**
   * Runs an operation against any API guarded by `@stepUp`, with a transport of your own.
   *
   * @param operation describes the operation, to decide whether it can be repeated.
   * @param send sends the operation with the given credentials. Called again after a token refresh or a prompt.
   * @returns the last result of `send`.
   * @throws the errors of `send`, of a token refresh, and of the prompts.
   */
  perform<Result extends Answer>(operation: Operation, send: Send<Result>): Promise<Result>;
}

/** A client in cookie mode was used for an API on another host, which its cookies do not reach. */
export class OtherHostError extends Error {
  override readonly name = 'OtherHostError';
  readonly code = 'OTHER_HOST';
}

/** @throws {OtherHostError} if the credentials of the client do not reach this URL. */
export function assertReaches({ onlyFor }: OperationClient, url: string): void {
  if (onlyFor === null) return;
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  const [home, target] = [onlyFor, url].map((one) => new URL(one, location?.href ?? onlyFor));
  if (home?.hostname === target?.hostname) return; // cookies are for all ports of a host
  throw new OtherHostError(
    `In cookie mode, credentials are sent only to ${home?.hostname}. For ${target?.hostname}, use mode: 'hybrid'.`,
  );
}
