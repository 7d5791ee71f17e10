// Exchanges a code for what the provider says about the user. openid-client checks the answer (state, RFC 9207), the token
// response and the claims of the ID token (issuer, audience, nonce, times); jose checks its signature.
import { errors, type JWTPayload } from 'jose';
import type { Configuration, TokenEndpointResponse } from 'openid-client';
import { AddressTrust } from '../../config/provider-settings.ts';
import { digest } from '../../platform/digest.ts';
import { OutgoingError } from '../../platform/outgoing.ts';
import type { ProviderAnswer } from './answer.ts';
import { AnswerRefusedError } from './answer-refused.ts';
import { identityOf, subjectOf } from './claims.ts';
import { openid } from './library.ts';
import type { Pending } from './pending.ts';
import type { Claims } from './profile.ts';
import type { ProvenIdentity } from './proven-identity.ts';
import { CLOCK_TOLERANCE_SECONDS, type Provider } from './provider.ts';

/** @throws {AnswerRefusedError} @throws {OutgoingError} and others when the provider cannot be asked. */
export async function exchangeCode(
  provider: Provider,
  answer: ProviderAnswer,
  pending: Pending,
  now: Date,
): Promise<ProvenIdentity> {
  const configuration = await provider.configuration(now);
  const tokens = await grant(provider, configuration, answer, pending).catch(refusal);
  const claims = provider.isOpenId
    ? await openIdClaims(provider, configuration, tokens, now)
    : await profileClaims(provider, tokens);
  const { settings, shape, isOpenId: canAskAnew } = provider;
  const { issuer, addressRule, domainRule } = shape;
  const { sid } = claims;
  return {
    ...identityOf({ settings, issuer, addressRule, domainRule, canAskAnew }, claims, pending, now),
    providerSession: typeof sid === 'string' && provider.isOpenId ? sessionDigest(issuer, sid) : null,
  };
}

/** Of a session at a provider. */
export function sessionDigest(issuer: string, sid: string): string {
  return digest(`${issuer}\n${sid}`);
}

async function grant(
  { isOpenId }: Provider,
  configuration: Configuration,
  { code, state, iss }: ProviderAnswer,
  { redirectUri, nonce, verifier }: Pending,
): Promise<TokenEndpointResponse> {
  const { authorizationCodeGrant } = await openid();
  const answered = new URL(redirectUri);
  answered.search = new URLSearchParams({ code, state, ...(iss !== null && { iss }) }).toString();
  return authorizationCodeGrant(configuration, answered, {
    expectedState: state, // compared with the challenge before
    pkceCodeVerifier: verifier ?? '',
    ...(isOpenId && { expectedNonce: nonce, idTokenExpected: true }),
  });
}

/** The claims of the ID token. What only `userinfo` says of the address is added. */
async function openIdClaims(
  { settings, keys }: Provider,
  configuration: Configuration,
  { id_token: idToken = '', access_token: accessToken }: TokenEndpointResponse,
  now: Date,
): Promise<JWTPayload & Claims> {
  const options = {
    issuer: configuration.serverMetadata().issuer,
    audience: settings.clientId,
    currentDate: now,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  const claims: Claims & JWTPayload = await keys.verify(idToken, options).catch((error: unknown) => {
    throw error instanceof errors.JOSEError ? new AnswerRefusedError(error.code) : error;
  });
  const isComplete = claims['email'] !== undefined || settings.addresses === AddressTrust.NEVER;
  if (isComplete || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
  const { fetchUserInfo } = await openid();
  const { email, email_verified, name } = await fetchUserInfo(
    configuration,
    accessToken,
    subjectOf(claims),
  ).catch(refusal);
  return { ...claims, name: claims['name'] ?? name, email, email_verified };
}

async function profileClaims(
  { shape, send }: Provider,
  { access_token: accessToken }: TokenEndpointResponse,
): Promise<Claims> {
  const headers = {
    authorization: `Bearer ${accessToken}`,
    accept: 'application/json',
    'user-agent': 'stepgate',
  };
  const claims = await shape.profile?.(async (url) => {
    const answer = await send(url, { headers });
    if (answer.status >= 500) throw new OutgoingError(`HTTP_${answer.status}`);
    if (answer.status !== 200) throw new AnswerRefusedError(`a profile was answered with ${answer.status}`);
    return answer.json().catch(() => null);
  });
  if (claims == null) throw new AnswerRefusedError('the profile does not say who the user is');
  return claims;
}

/** What the library throws is either a refusal by or because of the provider, or an outage. */
function refusal(error: unknown): never {
  const { cause, code, error: named } = error as { cause?: unknown; code?: string; error?: string };
  if (cause instanceof OutgoingError) throw cause;
  const status =
    cause instanceof Response ? cause.status : Number((error as { status?: unknown }).status ?? 0);
  if (error instanceof OutgoingError || status >= 500) throw error;
  // The provider does not know this server: the configuration is wrong.
  if (named === 'invalid_client' || named === 'unauthorized_client') throw error;
  throw new AnswerRefusedError(named ?? code ?? 'no code');
}
