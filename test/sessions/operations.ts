// The session operations that these tests send, and readers for their responses.
import type { GraphQLAnswer, TestClient, Tokens } from '../harness/client.ts';

export const VIEWER = '{ viewer { id } }';

const REFRESH = `mutation ($token: String) {
  refreshSession(input: { refreshToken: $token }) {
    __typename
    ... on SessionGrant { accessToken refreshToken expiresAt session { id } }
    ... on UserError { code }
  }
}`;

export type Refreshed = Tokens & { readonly __typename: string; readonly code?: string };

export async function refresh(client: TestClient, refreshToken: string): Promise<Refreshed> {
  const { data } = await client.graphql(REFRESH, { token: refreshToken });
  return data.refreshSession as Refreshed;
}

/** Whether a token still grants access to a guarded field. */
export async function isAlive(client: TestClient, accessToken: string): Promise<boolean> {
  const { data } = await client.graphql(VIEWER, {}, accessToken);
  return data.viewer !== null;
}

export function codeOf({ errors }: GraphQLAnswer): unknown {
  return errors[0]?.extensions.code;
}

/** The claims of a token, unverified. */
export function claimsOf(accessToken: string): Record<string, unknown> & { readonly sid: string } {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
}
