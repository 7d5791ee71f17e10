// How this server authenticates at a token endpoint: with its secret, or with a JWT that it signs for each request, as Apple
// demands it. https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
import { importPKCS8, SignJWT } from 'jose';
import type { ClientAuth, ServerMetadata } from 'openid-client';
import type { ClientSecret } from '../../config/provider-settings.ts';
import { secondsOf } from '../../platform/clock.ts';
import { openid } from './library.ts';

const SECRET_SECONDS = 300;

export async function clientAuthentication(
  secret: ClientSecret,
  clientId: string,
  { issuer, token_endpoint_auth_methods_supported: methods }: ServerMetadata,
  now: Date,
): Promise<ClientAuth> {
  const { ClientSecretBasic, ClientSecretPost } = await openid();
  if (secret.is === 'APPLE_KEY') return ClientSecretPost(await appleSecret(secret, clientId, issuer, now));
  // OpenID Connect Discovery section 3: `client_secret_basic` if nothing is said. Without discovery, only `post` is common.
  const isPost = methods?.includes('client_secret_post') ?? false;
  return isPost ? ClientSecretPost(secret.text) : ClientSecretBasic(secret.text);
}

async function appleSecret(
  { teamId, keyId, privateKey }: Extract<ClientSecret, { is: 'APPLE_KEY' }>,
  clientId: string,
  issuer: string,
  now: Date,
): Promise<string> {
  const issuedAt = secondsOf(now);
  return new SignJWT({ sub: clientId })
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + SECRET_SECONDS)
    .setAudience(issuer)
    .sign(await importPKCS8(privateKey, 'ES256'));
}
