// One JSON document: a list of users, or an object with a `users` list (some systems use another name). The document is
// streamed, so it can be larger than memory.
import { Readable } from 'node:stream';
import { pick } from 'stream-json/filters/pick.js';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { FileUnreadableError, NOT_UTF8, type Reader } from './record-file.ts';

/** `Users` is Cognito's name, `identities` that of Kratos. */
const LIST_NAMES: readonly unknown[] = ['users', 'Users', 'identities'];

/** What Keycloak writes for users who live in an external directory. */
const FEDERATED = 'federatedUsers';

/** Emits each string once, not in chunks as well. */
const WHOLE_VALUES = { streamValues: false } as const;

export const readJson: Reader = async function* readJson(bytes) {
  const text = textOf(bytes);
  const { beginning, all } = await beginningOf(text);
  const isList = beginning === '[';
  if (!isList && beginning !== '{') throw new FileUnreadableError('Expected a list of users or an object.');
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
    if (error instanceof FileUnreadableError)
      throw new FileUnreadableError(`After record ${number}: ${error.message}`);
    // The library's message may repeat the content.
    throw new FileUnreadableError(
      error instanceof Error && error.message === NO_LIST
        ? '`users` must be a list.'
        : `After record ${number}: invalid JSON. The file may be truncated.`,
    );
  }
  if (!hasUsers && hasFederated) {
    throw new FileUnreadableError(
      `The object has \`${FEDERATED}\` but no list of \`users\`. The passwords of federated users are in their own directory, so there is nothing to import.`,
    );
  }
  if (!hasUsers) throw new FileUnreadableError('The object has no list of `users`.');
};

/** The library's message for a value that is not a list. */
const NO_LIST = 'Top-level object should be an array.';

/** Reads the value picked from an object as a list. */
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
    throw error instanceof TypeError ? new FileUnreadableError(NOT_UTF8) : error;
  }
}

/** The first character that is not white space, and the text from there on. */
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
