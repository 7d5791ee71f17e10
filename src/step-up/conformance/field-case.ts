// One decision about a field, as the response shows it.
import type { CallerName } from './callers.ts';

export interface FieldCase {
  readonly name: string;
  readonly caller: CallerName;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly data: unknown;
  /** The code of each refusal, by path without list indexes. */
  readonly refused?: Readonly<Record<string, string>>;
}

export const decided = (
  name: string,
  caller: CallerName,
  query: string,
  data: unknown,
  refused: Readonly<Record<string, string>> = {},
): FieldCase => ({ name, caller, query, data, refused });
