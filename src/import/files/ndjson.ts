// One JSON value per line. An invalid line affects no other line. Even a line as long as the file is safe: no more of
// it is buffered than the maximum size of a record.
import { type FileRecord, MOST_RECORD_BYTES, NOT_UTF8, type Reader, TOO_LONG } from './record-file.ts';

const NEWLINE = 0x0a;

export const readNdjson: Reader = async function* readNdjson(bytes) {
  let number = 0;
  for await (const { line, content, isComplete } of linesOf(bytes)) {
    const text = content === null ? null : decoded(content, line === 1);
    if (text !== null && text?.trim() === '') continue;
    number += 1;
    yield { number, line, ...(content === null ? { defect: TOO_LONG } : parsed(text, isComplete)) };
  }
};

function parsed(text: string | null | undefined, isComplete: boolean): Pick<FileRecord, 'defect' | 'value'> {
  if (text == null) return { defect: NOT_UTF8 };
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The parser's message is left out because it repeats the content.
    return { defect: `This line is not valid JSON${isComplete ? '' : '; the file may be truncated'}.` };
  }
}

interface Line {
  readonly line: number;
  /** Null when the line is too long. */
  readonly content: Buffer | null;
  /** Whether it ends with a newline. */
  readonly isComplete: boolean;
}

async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncIterable<Line> {
  let line = 1;
  let parts: Buffer[] = [];
  let length = 0;
  const take = (part: Buffer): void => {
    length += part.length;
    if (length <= MOST_RECORD_BYTES) parts.push(part);
    else parts = [];
  };
  const end = (isComplete: boolean): Line => {
    const ended = { line, content: length > MOST_RECORD_BYTES ? null : Buffer.concat(parts), isComplete };
    line += 1;
    parts = [];
    length = 0;
    return ended;
  };
  for await (const chunk of bytes) {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, at));
      yield end(true);
      start = at + 1;
    }
    take(chunk.subarray(start));
  }
  if (length > 0) yield end(false);
}

/** Undefined for invalid UTF-8. */
function decoded(content: Buffer, isFirst: boolean): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    return isFirst ? text.replace(/^\uFEFF/, '') : text;
  } catch {
    return undefined;
  }
}
