// A part of an export of a user's own data: the rows of one table.
import type { RawBuilder } from 'kysely';
import type { KeyRing } from '../platform/key-ring.ts';

/** For what is stored sealed. */
export interface Opening {
  readonly ring: KeyRing;
  /** The description of an operation that waits for an approval. */
  readonly openApproves: (ring: KeyRing, workflowId: string, sealed: string) => string | null;
}

export type DataRecord = Readonly<Record<string, unknown>>;

export interface DataSection {
  /** The member `kind` of its records. */
  readonly kind: string;
  readonly table: string;
  /** The names that the columns have in a record. */
  readonly columns: Readonly<Record<string, string>>;
  readonly whose: (userId: string) => RawBuilder<boolean>;
  /** The columns by which it is read, with their types. */
  readonly order: Readonly<Record<string, 'uuid' | 'text' | 'timestamptz'>>;
  readonly newestFirst?: boolean;
  /** Turns what was read into what is shown. */
  readonly shown?: (record: DataRecord, opening: Opening) => DataRecord;
}
