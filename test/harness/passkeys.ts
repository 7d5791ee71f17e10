// A user with passkeys, as a browser application would enroll and use them.
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import type { Forgery, SoftwareAuthenticator } from '../../src/cli/demo/software-authenticator.ts';
import { type Step, type TestClient, type Tokens, tokensOf } from './client.ts';

export function creationOf({ material }: Step): PublicKeyCredentialCreationOptionsJSON {
  return material as PublicKeyCredentialCreationOptionsJSON;
}

export function requestOf({ challenge }: Step): PublicKeyCredentialRequestOptionsJSON {
  return challenge?.request as PublicKeyCredentialRequestOptionsJSON;
}

/** Adds a passkey in a session. */
export async function enrollPasskey(
  client: TestClient,
  token: string,
  authenticator: SoftwareAuthenticator,
  { label, ...forgery }: Forgery & { readonly label?: string } = {},
): Promise<{ id: string; backupCodes: readonly string[]; tokens: Tokens }> {
  const started = await client.startEnrollment({ factor: 'PASSKEY', label }, token);
  const done = await client.attempt(
    started.id,
    { passkey: authenticator.create(creationOf(started), forgery) },
    token,
  );
  if (done.session == null) throw new Error(`The enrollment ended as ${done.status ?? done.code}.`);
  return {
    id: started.factors[0]?.authenticatorId ?? '',
    backupCodes: done.backupCodes ?? [],
    tokens: tokensOf(done),
  };
}

/** Prepares the factor and answers with a passkey. */
export async function provePasskey(
  client: TestClient,
  workflowId: string,
  authenticator: SoftwareAuthenticator,
  forgery: Forgery = {},
  token?: string,
): Promise<Step> {
  const prepared = await client.prepare(workflowId, 'PASSKEY', token);
  return client.attempt(workflowId, { passkey: authenticator.get(requestOf(prepared), forgery) }, token);
}

/** Signs in with a passkey alone, without an identifier. */
export async function signInWithPasskey(
  client: TestClient,
  authenticator: SoftwareAuthenticator,
  forgery: Forgery = {},
): Promise<Step> {
  const { id } = await client.startSignIn({});
  return provePasskey(client, id, authenticator, forgery);
}
