// What the readers of files have in common: records in order, one at a time, however large the file is.

export interface FileRecord {
  /** From 1. The same at every reading of the same file. */
  readonly number: number;
  /** Where the format has lines, from 1. */
  readonly line: number | null;
  /** Something is wrong with this record alone, and the next ones can be read. */
  readonly defect?: string;
  readonly value?: unknown;
}

/**
 * @param bytes of the file, in order.
 * @param checkHeading is given the names of the columns, in a format that has any. @throws {FileUnreadable}
 */
export type Reader = (
  bytes: AsyncIterable<Buffer>,
  checkHeading: (names: readonly string[]) => void,
) => AsyncIterable<FileRecord>;

/** From here on nothing can be read. The message says where, and repeats nothing of the file. */
export class FileUnreadable extends Error {
  override readonly name = 'FileUnreadable';
}

/** Of one record. Nobody has so much to say about one user. */
export const MOST_RECORD_BYTES = 1_000_000;
export const TOO_LONG = `A record has at most ${MOST_RECORD_BYTES} bytes.`;
export const NOT_UTF8 = 'This is not valid UTF-8.';
