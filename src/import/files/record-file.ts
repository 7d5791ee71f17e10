// The contract of the file readers: records in order, one at a time, however large the file is.
import { OperatorError } from '../../platform/operator-error.ts';

export interface FileRecord {
  /** Counted from 1, and the same each time the file is read. */
  readonly number: number;
  /** Counted from 1. Null for a format without lines. */
  readonly line: number | null;
  /** Why this record is invalid. The next ones can still be read. */
  readonly defect?: string;
  readonly value?: unknown;
}

/**
 * @param bytes of the file, in order.
 * @param checkHeading called with the column names, for a format that has columns. @throws {FileUnreadableError}
 */
export type Reader = (
  bytes: AsyncIterable<Buffer>,
  checkHeading: (names: readonly string[]) => void,
) => AsyncIterable<FileRecord>;

/** The rest of the file cannot be read. The message says where, without repeating any content. */
export class FileUnreadableError extends OperatorError {
  readonly code = 'FILE_UNREADABLE';
}

/** The maximum size of one record. */
export const MOST_RECORD_BYTES = 1_000_000;
export const TOO_LONG = `The record exceeds the limit of ${MOST_RECORD_BYTES} bytes.`;
export const NOT_UTF8 = 'This is not valid UTF-8.';
