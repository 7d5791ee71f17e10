// What passwords store under a key.
import { sql as raw } from 'kysely';
import type { HeldByOwner, Rewrappable } from '../../persistence/sealed-column.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { sealedSecrets } from '../sealed-secret.ts';
import { openLegacyHash, sealLegacyHash } from './stored-legacy.ts';

const ownHashes: HeldByOwner = {
  name: 'passwords',
  table: 'authenticator',
  column: 'secret',
  release: 'OWNER',
  waitFor: 'the users sign in with them',
  remedy:
    'each until its user signs in; use --discard to delete them, and these users must reset their passwords',
  discardedAs: 'password.discarded',
  where: () => raw`factor = 'PASSWORD' and secret like '$stepgate-bcrypt$%'`,
};

const legacyHashes: Rewrappable = {
  ...sealedSecrets(FactorKind.PASSWORD, 'password hashes of other systems'),
  where: () => raw`factor = 'PASSWORD' and secret like '$stepgate-foreign$%'`,
  reseal: (ring, id, stored) => sealLegacyHash(ring, id, openLegacyHash(ring, id, stored)),
};

export const PASSWORD_COLUMNS = [ownHashes, legacyHashes];
