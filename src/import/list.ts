// Imports a short list of users in one batch.

import { RecordError, type Refusal } from '../factors/record-error.ts';
import type { EntityManager } from '../persistence/orm.ts';
import { type NewUser, newUser, type Terms } from './new-user.ts';
import { readRecord } from './user-record.ts';
import { writeBatch } from './write-batch.ts';

/** The maximum number of users per call. */
export const MOST_USERS = 100;

export interface ImportedUser {
  /** The position in the list, from 0. */
  readonly index: number;
  readonly id: string;
  /** What was not imported, and why. */
  readonly leftBehind: readonly string[];
}

export interface RefusedUser {
  readonly index: number;
  readonly path: string;
  readonly message: string;
}

export interface ImportedList {
  readonly imported: readonly ImportedUser[];
  readonly refused: readonly RefusedUser[];
}

/** @throws {Conflict} */
export async function importList(
  em: EntityManager,
  users: readonly unknown[],
  terms: Terms,
): Promise<ImportedList> {
  const entries: { index: number; user: NewUser }[] = [];
  const refused: RefusedUser[] = [];
  for (const [index, given] of users.entries()) {
    try {
      entries.push({ index, user: newUser(readRecord(given), terms) });
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      refused.push(refusedUser(index, error.refusal));
    }
  }
  const outcome = await writeBatch(em, terms.tenantId, entries);
  return {
    imported: outcome.imported.map(({ index, user: { id, leftBehind } }) => ({
      index,
      id,
      leftBehind: leftBehind.map(({ reason }) => reason),
    })),
    refused: [
      ...refused,
      ...outcome.refused.map(({ entry, refusal }) => refusedUser(entry.index, refusal)),
    ].toSorted((one, other) => one.index - other.index),
  };
}

function refusedUser(index: number, { path, reason }: Refusal): RefusedUser {
  return { index, path, message: reason };
}
