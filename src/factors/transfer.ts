// What a factor brings when a user is imported, and takes along when they are exported: fields of the user's record, and
// the rows that they become.
import type { Row } from '../persistence/unit-of-work.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Account } from './account.ts';
import { authenticatorRow, type UnusedAuthenticator } from './authenticator-row.ts';
import type { InputFields } from './input-field.ts';
import { RecordError } from './record-error.ts';

export interface FactorTransfer<Given = unknown> {
  /** The fields of a record. They become columns of CSV files and members of `ImportUserInput`. */
  readonly fields: InputFields<Given>;
  /** Whether the imported user has the factor, so that it alone can open their account or protect it. */
  brings(given: Given): boolean;
  /** What is not imported, and why. A second factor that would be lost must be in it. */
  leftBehind?(given: Given, user: ImportedUser): readonly Missing[];
  /** The rows that store the rest. @throws {RecordError} */
  read(given: Given, owner: ImportedOwner): CredentialRows;
  /** The fields of this user. A field without a value is omitted. @throws {UnknownKeyError} */
  write(account: Account, ring: KeyRing): { readonly [Name in keyof Given]?: unknown };
}

export interface ImportedUser {
  /** Whether the user has a second factor, apart from backup codes. */
  readonly hasSecondFactor: boolean;
}

/** An identity provider that users of the tenant can use. */
export interface ImportedProvider {
  readonly id: string;
  readonly issuer: string;
}

export interface ImportedOwner extends ImportedUser {
  readonly ring: KeyRing;
  readonly userId: string;
  readonly tenantId: string;
  /** Whether the record brought the user's id. */
  readonly keepsId: boolean;
  readonly createdAt: Date;
  /** Whether the operator accepts password hashes that are fast to guess. */
  readonly acceptFastHashes: boolean;
  readonly providers: readonly ImportedProvider[];
}

export interface Missing {
  /** The field of the record. */
  readonly path: string;
  readonly reason: string;
  /** The name of the second factor that the user would lose. Without permission to drop it, the user is refused. */
  readonly secondFactor?: string;
}

export interface CredentialRows {
  readonly authenticator?: readonly Row<'authenticator'>[];
  readonly backup_code?: readonly Row<'backup_code'>[];
  readonly identity?: readonly Row<'identity'>[];
}

/** Infers what the methods are given from the fields. */
export function defineTransfer<Given>(transfer: FactorTransfer<Given>): FactorTransfer {
  return transfer;
}

/** Imported authenticators count as confirmed: they were confirmed in the source system. */
export function importedAuthenticator(
  authenticator: Pick<UnusedAuthenticator, 'id' | 'factor' | 'label' | 'secret' | 'data' | 'identity'>,
  { userId, createdAt }: ImportedOwner,
): Row<'authenticator'> {
  return authenticatorRow({ ...authenticator, userId, createdAt, confirmedAt: createdAt });
}

/** A list field of an exported record. An empty list is omitted. */
export function listed<Name extends string>(
  name: Name,
  list: readonly unknown[],
): { readonly [Field in Name]?: readonly unknown[] } {
  return list.length === 0 ? {} : ({ [name]: list } as { readonly [Field in Name]: readonly unknown[] });
}

/** What another Stepgate hashed can only be checked with its key. @throws {RecordError} */
export function requireKey(keyId: string, ring: KeyRing, path: string, what: string): void {
  if (ring.ids.includes(keyId)) return;
  throw new RecordError(
    path,
    `${what} was made with key ${keyId}, which is not in SECRET_KEYS. Add the key at the end of SECRET_KEYS.`,
  );
}
