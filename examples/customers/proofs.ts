// Uses up the proof that was made for one operation. Stepgate knows it, so this asks Stepgate, with the token of the caller.
// Outside this repository, import 'stepgate/step-up'.
import type { ConsumeProof } from '../../src/step-up/index.ts';

const CONSUME = `mutation (
  $digest: String!, $accept: [FactorKind!], $maxAge: Int, $require: StepUpRequire, $minFactorAge: Int
) {
  consumeOperationProof(
    digest: $digest, accept: $accept, maxAge: $maxAge, require: $require, minFactorAge: $minFactorAge
  )
}`;

/** @param api the URL of Stepgate's GraphQL endpoint. */
export function proofsAt(api: string): ConsumeProof<{ readonly authorization: string | null }> {
  return async ({ authorization }, digest, { accept, maxAge, require, minFactorAge }) => {
    const variables = { digest, accept, maxAge, require, minFactorAge };
    const response = await fetch(api, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: authorization ?? '' },
      body: JSON.stringify({ query: CONSUME, variables }),
      signal: AbortSignal.timeout(5000),
    });
    const { data } = (await response.json()) as { data?: { consumeOperationProof?: boolean | null } | null };
    return data?.consumeOperationProof === true;
  };
}
