// Runs in its own thread, which hashing-threads.ts starts. Hashes one password at a time, synchronously.
import bcrypt from 'bcrypt';
import { readLegacyHash } from './legacy-hash/schemes.ts';

export function hash({ data, cost }: { data: string; cost: number }): string {
  return bcrypt.hashSync(data, cost);
}

export function compare({ data, against }: { data: string; against: string }): boolean {
  return bcrypt.compareSync(data, against);
}

export function verifyLegacy({ password, text }: { password: string; text: string }): boolean {
  return readLegacyHash(text).verify(password);
}
