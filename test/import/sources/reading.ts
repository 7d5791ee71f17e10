// Reads an entry of an export as the import does, for the tests of each source.
import { hashSync } from 'bcrypt';
import { RecordError } from '../../../src/factors/record-error.ts';
import { newUser, type Terms } from '../../../src/import/new-user.ts';
import { SOURCES, type SourceName } from '../../../src/import/sources/list.ts';
import { readRecord, type UserRecord } from '../../../src/import/user-record.ts';
import { byOperator } from '../../../src/persistence/audit.ts';
import { KeyRing } from '../../../src/platform/key-ring.ts';

export const PASSWORD = 'correct horse';
export const BCRYPT = hashSync(PASSWORD, 4);
export const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
export const TOTP = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** A record with the fields of the factors. */
export type WholeRecord = UserRecord & {
  readonly passwordHash: string | null;
  readonly totp: readonly { readonly secret: string | null }[];
};

export function readWhole(given: unknown): WholeRecord {
  return readRecord(given) as WholeRecord;
}

/** A record with its address in comparison form. */
type ReadRecord = Omit<WholeRecord, 'email'> & { readonly email: string | null };

export function read(source: SourceName, entry: object, firebaseHash = null): ReadRecord | null {
  const given = SOURCES[source].read(entry, { format: 'json', firebaseHash });
  if (given === null) return null;
  const record = readWhole(given);
  return { ...record, email: record.email?.address ?? null };
}

const TERMS: Terms = {
  ring: new KeyRing([Buffer.alloc(32, 1)]),
  tenantId: 'default',
  trustUnverified: false,
  acceptFastHashes: false,
  withoutSecondFactors: false,
  phoneCountries: [],
  providers: [],
  actor: byOperator('import-users'),
  now: new Date(),
};

/** The refusal, or the record if there is none. */
export function refusal(source: SourceName, entry: object): object {
  try {
    const given = SOURCES[source].read(entry, { format: 'json', firebaseHash: null });
    if (given !== null) newUser(readRecord({ ...given, emailVerified: true }), TERMS);
    return read(source, entry) ?? {};
  } catch (error) {
    if (error instanceof RecordError) return error.refusal;
    throw error;
  }
}
