// The public keys of an issuer: at a given URL, or where its metadata says (OpenID Connect Discovery section 4.3).
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';

const DEADLINE_SECONDS = 5;
/** How soon the metadata may be asked for again after a failure. */
const RETRY_SECONDS = 5;

/** The keys are kept, and read again when a token names an unknown one. A token must name its key. */
export function keysOf(issuer: string, jwksUrl: string | undefined): JWTVerifyGetKey {
  const keySet = jwksUrl === undefined ? discovered(issuer) : () => Promise.resolve(remote(jwksUrl));
  let published: Promise<JWTVerifyGetKey> | undefined;
  let failedAt = -Infinity;
  return async (header, token) => {
    if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey();
    if (published === undefined && performance.now() - failedAt < RETRY_SECONDS * 1000)
      throw new Error(`The metadata of ${issuer} could not be read a moment ago.`);
    published ??= keySet();
    const keys = await published.catch((error: unknown) => {
      published = undefined;
      failedAt = performance.now();
      throw error;
    });
    return keys(header, token);
  };
}

function remote(url: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), { cooldownDuration: 5000 });
}

function discovered(issuer: string): () => Promise<JWTVerifyGetKey> {
  const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  return async () => {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(DEADLINE_SECONDS * 1000),
    });
    const metadata = response.ok ? ((await response.json()) as Record<string, unknown> | null) : null;
    const keys = metadata?.['jwks_uri'];
    // The metadata of another issuer must not bring its keys along.
    if (metadata?.['issuer'] !== issuer || typeof keys !== 'string')
      throw new Error(`${url.href} has no keys for the issuer ${issuer}. Set jwksUrl.`);
    return remote(keys);
  };
}
