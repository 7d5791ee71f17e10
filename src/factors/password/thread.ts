// Runs in its own thread, which hashing-threads.ts starts. Hashes one password at a time, synchronously.
import bcrypt from 'bcrypt';
import { readForeignHash } from './foreign/schemes.ts';

export function hash({ data, cost }: { data: string; cost: number }): string {
  return bcrypt.hashSync(data, cost);
}

export function compare({ data, against }: { data: string; against: string }): boolean {
  return bcrypt.compareSync(data, against);
}

export function verifyForeign({ password, text }: { password: string; text: string }): boolean {
  return readForeignHash(text).verify(password);
}
