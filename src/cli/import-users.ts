// `stepgate import-users FILE`: takes in the users of another system, or of another Stepgate. Exit code 0: all of them. 1:
// some were refused, and the report says why. 2: nothing could be done.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { byOperator } from '../persistence/audit.ts';
import { tryExclusive } from '../persistence/exclusive.ts';
import { sqlOf } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { BatchFailed, type ImportFile, importFile, importIdOf } from '../users/file-import.ts';
import { FileUnreadable } from '../users/files/record-file.ts';
import { findProgress, NOTHING_READ, Overtaken, type Progress } from '../users/progress.ts';
import { NotAReport } from '../users/report.ts';
import { readFirebaseHashConfig } from '../users/sources/firebase-hash-config.ts';
import { SOURCES, type SourceName } from '../users/sources/list.ts';
import { onDatabase } from './on-database.ts';
import { progressBar } from './progress-bar.ts';
import { CommandError, type Output, UsageError } from './run-command.ts';
import { answeredOnUsers, readArguments, readFormat, requireTenant, TENANT_OPTION } from './users-command.ts';

const USAGE = `Usage:
  stepgate import-users FILE [--from ${Object.keys(SOURCES).join('|')}] [--tenant NAME] [--dry-run]
      [--trust-unverified] [--accept-fast-hashes] [--report PATH] [--format ndjson|csv|json]
      [--firebase-hash-config FILE]

--dry-run does everything and undoes it. --trust-unverified takes addresses and numbers that nobody has verified for
proved: whoever wrote one down owns the account. --accept-fast-hashes takes in password hashes that are guessed fast.
Each refused user is a line of the report, FILE.refused.ndjson. An import that was interrupted goes on where it was.
`;

const OPTIONS = {
  from: { type: 'string', default: 'stepgate' },
  tenant: TENANT_OPTION,
  format: { type: 'string' },
  report: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  'trust-unverified': { type: 'boolean', default: false },
  'accept-fast-hashes': { type: 'boolean', default: false },
  'firebase-hash-config': { type: 'string' },
} as const;

export async function importUsers(args: string[], output: Output = process): Promise<number> {
  return answeredOnUsers(output, USAGE, [FileUnreadable, Overtaken, NotAReport, BatchFailed], () =>
    perform(args, output),
  );
}

async function perform(args: string[], { stdout, stderr }: Output): Promise<number> {
  const { file: path, values } = readArguments(args, OPTIONS);
  const file = await readImportFile(path, values);
  const say = (line: string): void => void stdout.write(`${line}\n`);
  return onDatabase(say, async ({ config, orm, databaseUrl }) => {
    const em = orm.em.fork();
    const terms = {
      ring: new KeyRing(config.secretKeys),
      tenantId: await requireTenant(em, values.tenant),
      trustUnverified: values['trust-unverified'],
      acceptFastHashes: values['accept-fast-hashes'],
      actor: byOperator('import-users'),
      now: systemClock.now(),
    };
    const importId = await importIdOf(file, terms);
    await using lock = await tryExclusive(databaseUrl, `stepgate import ${importId}`);
    if (lock === null) throw new Overtaken();
    const before = await findProgress(sqlOf(em), importId);
    if (before.finishedAt !== null) {
      say(
        `This file was imported at ${before.finishedAt.toISOString()}: ${countsOf(before)}. There is nothing to do.`,
      );
      return codeOf(before);
    }
    const isDryRun = values['dry-run'];
    if (isDryRun && before.records > 0) {
      throw new CommandError(
        `The import of this file stands at record ${before.records}. Without --dry-run it goes on from there.`,
      );
    }
    if (before.records > 0) say(`Going on after record ${before.records}.`);
    const bar = progressBar(stderr);
    const run = {
      em,
      terms,
      isDryRun,
      onProgress: ({ imported, refused }: Progress, part: number) =>
        bar.update(part, `${imported} imported, ${refused} refused`),
    };
    const after = await importFile(importId, isDryRun ? NOTHING_READ : before, file, run).finally(bar.stop);
    say(`${path}: ${countsOf(after)}${isDryRun ? ', were this no dry run: nothing was changed' : ''}.`);
    if (after.refused > 0) say(`${file.reportPath} says why, one line for each who was refused.`);
    return codeOf(after);
  });
}

interface Values {
  readonly from: string;
  readonly format?: string | undefined;
  readonly report?: string | undefined;
  readonly 'firebase-hash-config'?: string | undefined;
}

async function readImportFile(path: string, values: Values): Promise<ImportFile> {
  const { from } = values;
  if (!isSource(from)) throw new UsageError(`--from is one of ${Object.keys(SOURCES).join(', ')}.`);
  const hashConfig = values['firebase-hash-config'];
  if (hashConfig !== undefined && from !== 'firebase') {
    throw new UsageError('--firebase-hash-config belongs to --from firebase.');
  }
  const reportPath = values.report ?? `${path}.refused.ndjson`;
  if (resolve(reportPath) === resolve(path)) throw new UsageError('--report names the file itself.');
  return {
    path,
    source: from,
    settings: {
      format: readFormat(path, values.format, SOURCES[from].formats),
      firebaseHash:
        hashConfig === undefined ? null : readFirebaseHashConfig(await readFile(hashConfig, 'utf8')),
    },
    reportPath,
  };
}

function isSource(word: string): word is SourceName {
  return Object.hasOwn(SOURCES, word);
}

function countsOf({ records, imported, refused }: Progress): string {
  const others = records - imported - refused;
  const counts = `${imported} of ${records} ${records === 1 ? 'record' : 'records'} imported, ${refused} refused`;
  return others === 0 ? counts : `${counts}, ${others} no users`;
}

function codeOf({ refused }: Progress): number {
  return refused === 0 ? 0 : 1;
}
