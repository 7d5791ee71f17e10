// Comma-separated values with a heading (RFC 4180). A row of too few or too many cells is refused alone; where the quotes
// are wrong nobody can tell where the next row begins, so the reading ends there.
import { Readable } from 'node:stream';
import { CsvError, type Info, parse } from 'csv-parse';
import { FileUnreadable, MOST_RECORD_BYTES, NOT_UTF8, type Reader } from './record-file.ts';

interface Row {
  readonly record: readonly Buffer[];
  readonly info: Info;
}

export const readCsv: Reader = async function* readCsv(bytes, checkHeading) {
  const parser = parse({
    encoding: null, // cells as bytes, so that what is not UTF-8 is noticed
    info: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MOST_RECORD_BYTES,
  });
  const source = Readable.from(withoutMark(bytes)).on('error', (error) => parser.destroy(error));
  let heading: readonly string[] | null = null;
  let number = 0;
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<Row>) {
      const cells = record.map(decoded);
      if (heading === null) {
        heading = headingOf(cells);
        checkHeading(heading);
        continue;
      }
      number += 1;
      const place = { number, line: info.lines };
      if (cells.length !== heading.length) {
        const defect = `This row has ${cells.length} cells, and the heading has ${heading.length}.`;
        yield { ...place, defect };
      } else if (cells.includes(null)) {
        yield { ...place, defect: NOT_UTF8 };
      } else {
        yield { ...place, value: Object.fromEntries(heading.map((name, at) => [name, cells[at]])) };
      }
    }
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error, number) : error;
  }
};

/** The parser would take a byte order mark for a word about the encoding of every cell. */
async function* withoutMark(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let beginning: Buffer | null = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (beginning === null) yield chunk;
    else {
      beginning = Buffer.concat([beginning, chunk]);
      if (beginning.length < MARK.length) continue;
      yield beginning.subarray(beginning.indexOf(MARK) === 0 ? MARK.length : 0);
      beginning = null;
    }
  }
  if (beginning !== null) yield beginning;
}

const MARK = Buffer.from('\uFEFF');

function decoded(cell: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(cell);
  } catch {
    return null;
  }
}

function headingOf(cells: readonly (string | null)[]): readonly string[] {
  return cells.map((cell) => cell?.trim() ?? '');
}

function unreadable(error: CsvError, number: number): FileUnreadable {
  const line = typeof error['lines'] === 'number' ? ` on line ${error['lines']}` : '';
  const reason = REASONS[error.code] ?? 'this is no CSV';
  return new FileUnreadable(`After record ${number}${line}: ${reason}.`);
}

const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quote',
  INVALID_OPENING_QUOTE: 'a quote stands within a cell that is not quoted',
  CSV_MAX_RECORD_SIZE: 'a row is too long; a quote may be missing',
};
