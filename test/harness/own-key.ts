// Loads the server's signing key, for tests of tokens that differ from valid ones in a single detail.
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { readConfig } from '../../src/config/config.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { open } from '../../src/platform/seal.ts';
import { query } from './sql.ts';

export async function ownKeyOf(databaseUrl: string): Promise<{ ownKey: CryptoKey; publicJwk: JWK }> {
  const [row] = await query<{ kid: string; sealed: string; public_jwk: JWK }>(
    databaseUrl,
    'select kid, sealed_private_jwk as sealed, public_jwk from signing_key order by created_at desc',
  );
  const ring = new KeyRing(readConfig({ NODE_ENV: 'test' }).secretKeys);
  const privateJwk = JSON.parse(open(ring, `signing_key:${row?.kid}:private`, row?.sealed ?? '')) as JWK;
  return { ownKey: (await importJWK(privateJwk, 'ES256')) as CryptoKey, publicJwk: row?.public_jwk ?? {} };
}
