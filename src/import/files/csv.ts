// Comma-separated values with a header (RFC 4180). A row with the wrong number of cells is refused by itself. After
// invalid quotes the start of the next row is unknown, so reading stops.
import { Readable } from 'node:stream';
import { CsvError, type Info, parse } from 'csv-parse';
import { FileUnreadableError, MOST_RECORD_BYTES, NOT_UTF8, type Reader } from './record-file.ts';

interface Row {
  readonly record: readonly Buffer[];
  readonly info: Info;
}

export const readCsv: Reader = async function* readCsv(bytes, checkHeading) {
  const parser = parse({
    encoding: null, // cells as bytes, to detect invalid UTF-8
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
        const defect = `This row has ${cells.length} cells, but the header has ${heading.length}.`;
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

/** Removes the byte order mark, from which the parser would derive an encoding for the cells. */
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

function unreadable(error: CsvError, number: number): FileUnreadableError {
  const line = typeof error['lines'] === 'number' ? ` on line ${error['lines']}` : '';
  const reason = REASONS[error.code] ?? 'invalid CSV';
  return new FileUnreadableError(`After record ${number}${line}: ${reason}.`);
}

const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'unclosed quote',
  CSV_INVALID_CLOSING_QUOTE: 'unexpected character after a closing quote',
  INVALID_OPENING_QUOTE: 'unexpected quote in an unquoted cell',
  CSV_MAX_RECORD_SIZE: 'row too long; a closing quote may be missing',
};
