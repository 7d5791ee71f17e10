// One JSON document: a list of users, or an object whose `users` are one (some systems call them otherwise). Read piece by
// piece, so it may be larger than the memory.
import { Readable } from 'node:stream';
import { pick } from 'stream-json/filters/pick.js';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { FileUnreadable, NOT_UTF8, type Reader } from './record-file.ts';

/** What Cognito and Kratos call their users, after ourselves and almost everybody. */
const LIST_NAMES: readonly unknown[] = ['users', 'Users', 'identities'];

/** What Keycloak writes of users whose directory it only asks. */
const FEDERATED = 'federatedUsers';

/** No text is handed over in pieces as well. */
const WHOLE_VALUES = { streamValues: false } as const;

export const readJson: Reader = async function* readJson(bytes) {
  const text = textOf(bytes);
  const { beginning, all } = await beginningOf(text);
  const isList = beginning === '[';
  if (!isList && beginning !== '{')
    throw new FileUnreadable('This is neither a list of users nor an object.');
  let hasUsers = isList;
  let hasFederated = false;
  const isUsers = (path: readonly unknown[]): boolean => {
    hasFederated ||= path[0] === FEDERATED;
    const found = path.length === 1 && LIST_NAMES.includes(path[0]);
    hasUsers ||= found;
    return found;
  };
  const parser = isList
    ? streamArray.withParserAsStream(WHOLE_VALUES)
    : pick.withParserAsStream({ ...WHOLE_VALUES, filter: isUsers, once: true });
  const source = Readable.from(all).on('error', (error) => parser.destroy(error));
  const users = isList ? source.pipe(parser) : listIn(source.pipe(parser));
  let number = 0;
  try {
    for await (const { value } of users as AsyncIterable<{ readonly value: unknown }>) {
      number += 1;
      yield { number, line: null, value };
    }
  } catch (error) {
    if (error instanceof FileUnreadable) throw new FileUnreadable(`After record ${number}: ${error.message}`);
    // The library's own words may repeat what it read.
    throw new FileUnreadable(
      error instanceof Error && error.message === NO_LIST
        ? '`users` is no list.'
        : `After record ${number} this is no JSON; the file may be cut off.`,
    );
  }
  if (!hasUsers && hasFederated) {
    throw new FileUnreadable(
      `The object has \`${FEDERATED}\` and no list of \`users\`. Their passwords are in the directory that they come from, so there is nothing to import.`,
    );
  }
  if (!hasUsers) throw new FileUnreadable('The object has no list of `users`.');
};

/** What the library says of it. */
const NO_LIST = 'Top-level object should be an array.';

/** What was picked out of an object, read as a list. */
function listIn(picked: Readable): Readable {
  const list = streamArray.asStream();
  picked.on('error', (error) => list.destroy(error));
  return picked.pipe(list);
}

async function* textOf(bytes: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    throw error instanceof TypeError ? new FileUnreadable(NOT_UTF8) : error;
  }
}

/** The first character that is no space, and everything from there on. */
async function beginningOf(
  text: AsyncIterable<string>,
): Promise<{ readonly beginning: string; readonly all: AsyncIterable<string> }> {
  const pieces = text[Symbol.asyncIterator]();
  let first = '';
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    first = next.value.trimStart();
    if (first !== '') break;
  }
  async function* all(): AsyncIterable<string> {
    yield first;
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
  }
  return { beginning: first.charAt(0), all: all() };
}
