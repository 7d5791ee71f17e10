// Approves one operation with a proof that is bound to it.
import type { TestClient } from './client.ts';

/** @returns the token with which it may be done, once. */
export async function approvedToken(
  client: TestClient,
  token: string,
  operation: { readonly query: string; readonly variables: object },
  proof: () => object,
): Promise<string> {
  const started = await client.startStepUp({ require: 'STRONGEST_ENROLLED', operation }, token);
  const done = await client.attempt(started.id, proof(), token);
  if (done.session == null) throw new Error(`The step-up ended as ${done.status ?? done.code}.`);
  return done.session.accessToken;
}
