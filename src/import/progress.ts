// The progress of a file import: a row that advances with each batch, in the same transaction. An interrupted import can
// therefore continue, and of two processes that import the same file, only one can advance the row.

import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';
import { OperatorError } from '../platform/operator-error.ts';

export interface Progress {
  /** The number of records read. */
  readonly records: number;
  readonly imported: number;
  readonly refused: number;
  /** The length of the report up to the last committed batch. */
  readonly reportBytes: number;
  readonly finishedAt: Date | null;
}

export const NOTHING_READ: Progress = {
  records: 0,
  imported: 0,
  refused: 0,
  reportBytes: 0,
  finishedAt: null,
};

/** Another process is importing the same file. This one's batch is rolled back. */
export class ImportRunningError extends OperatorError {
  readonly code = 'IMPORT_RUNNING';
  constructor() {
    super('Another process is importing this file. Wait for it to finish.');
  }
}

export async function findProgress(sql: Sql, importId: string): Promise<Progress> {
  const row = await sql.selectFrom('user_import').selectAll().where('id', '=', importId).executeTakeFirst();
  if (row === undefined) return NOTHING_READ;
  return {
    records: row.records,
    imported: row.imported,
    refused: row.refused,
    reportBytes: row.report_bytes,
    finishedAt: row.finished_at,
  };
}

/** @throws {ImportRunningError} when the row is not where this process left it. */
export async function advance(
  sql: Sql,
  file: { readonly importId: string; readonly tenantId: string; readonly now: Date },
  from: Progress,
  to: Progress,
): Promise<void> {
  const counts = {
    records: to.records,
    imported: to.imported,
    refused: to.refused,
    report_bytes: to.reportBytes,
    updated_at: file.now,
    finished_at: to.finishedAt,
  };
  const moved = await sql
    .insertInto('user_import')
    .values({ id: file.importId, tenant_id: file.tenantId, ...counts })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(counts)
        .where('user_import.records', '=', from.records)
        .where('user_import.finished_at', 'is', null),
    )
    .returning(raw<number>`1`.as('moved'))
    .executeTakeFirst();
  if (moved === undefined) throw new ImportRunningError();
}
