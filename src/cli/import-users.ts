// `stepgate import-users FILE`: imports the users of another system or of another Stepgate. Exit code 0: all were
// imported. 1: some were refused; the report says why. 2: the import could not run.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ImportFile, importFile, importIdOf } from '../import/file.ts';
import { counted } from '../import/left-behind.ts';
import { phoneCountriesOf } from '../import/phone-countries.ts';
import { findProgress, ImportRunningError, NOTHING_READ, type Progress } from '../import/progress.ts';
import { lossesIn } from '../import/report.ts';
import { readFirebaseHashConfig } from '../import/sources/firebase-hash-config.ts';
import { SOURCES, type SourceName } from '../import/sources/list.ts';
import { byOperator } from '../persistence/audit.ts';
import { tryExclusive } from '../persistence/exclusive.ts';
import { sqlOf } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { onDatabase } from './on-database.ts';
import { progressBar } from './progress-bar.ts';
import { CommandError, type Output, UsageError } from './run-command.ts';
import { answeredOnUsers, readArguments, readFormat, requireTenant, TENANT_OPTION } from './users-command.ts';

const USAGE = `Usage:
  stepgate import-users FILE [--from SYSTEM] [--tenant NAME] [--dry-run]
      [--trust-unverified] [--accept-fast-hashes] [--without-second-factors] [--report PATH]
      [--format ndjson|csv|json] [--firebase-hash-config FILE]

SYSTEM is one of: ${Object.keys(SOURCES).join(', ')}.

Options:
  --from SYSTEM             the system that the file comes from (default: stepgate)
  --tenant NAME             the tenant to import into (default: default)
  --dry-run                 report the outcome without changing anything
  --trust-unverified        count unverified addresses and phone numbers as verified;
                            whoever entered one then owns the account
  --accept-fast-hashes      import password hashes that are fast to guess
  --without-second-factors  import users even if they lose second factors; some of
                            them can then sign in with a password alone
  --report PATH             where to write the report (default: FILE.refused.ndjson)
  --format FORMAT           the format of FILE (default: by file extension)
  --firebase-hash-config FILE
                            the password hash parameters of the Firebase project

The report has a line for each refused user and for each user imported incompletely.
To continue an interrupted import, run the same command again.
`;

const OPTIONS = {
  from: { type: 'string', default: 'stepgate' },
  tenant: TENANT_OPTION,
  format: { type: 'string' },
  report: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  'trust-unverified': { type: 'boolean', default: false },
  'accept-fast-hashes': { type: 'boolean', default: false },
  'without-second-factors': { type: 'boolean', default: false },
  'firebase-hash-config': { type: 'string' },
} as const;

export async function importUsers(args: string[], output: Output = process): Promise<number> {
  return answeredOnUsers(output, USAGE, () => perform(args, output));
}

async function perform(args: string[], { stdout, stderr }: Output): Promise<number> {
  const { file: path, values } = readArguments(args, OPTIONS);
  const file = await readImportFile(path, values);
  const say = (line: string): void => void stdout.write(`${line}\n`);
  return onDatabase(say, async ({ config, orm, databaseUrl }) => {
    const em = orm.em.fork();
    const tenantId = await requireTenant(em, values.tenant);
    const terms = {
      ring: new KeyRing(config.secretKeys),
      tenantId,
      trustUnverified: values['trust-unverified'],
      acceptFastHashes: values['accept-fast-hashes'],
      withoutSecondFactors: values['without-second-factors'],
      phoneCountries: await phoneCountriesOf(
        sqlOf(em),
        tenantId,
        config.sms.enabled ? config.sms.countries : [],
      ),
      actor: byOperator('import-users'),
      now: systemClock.now(),
    };
    const importId = await importIdOf(file, terms);
    await using lock = await tryExclusive(databaseUrl, `stepgate import ${importId}`);
    if (lock === null) throw new ImportRunningError();
    const before = await findProgress(sqlOf(em), importId);
    if (before.finishedAt !== null) {
      say(
        `This file was already imported at ${before.finishedAt.toISOString()}: ${countsOf(before)}. Nothing to do.`,
      );
      return codeOf(before);
    }
    const isDryRun = values['dry-run'];
    if (isDryRun && before.records > 0) {
      throw new CommandError(
        `The import of this file has stopped after record ${before.records}. Run it without --dry-run to continue it.`,
      );
    }
    if (before.records > 0) say(`Continuing after record ${before.records}.`);
    const bar = progressBar(stderr);
    const run = {
      em,
      terms,
      isDryRun,
      onProgress: ({ imported, refused }: Progress, part: number) =>
        bar.update(part, `${imported} imported, ${refused} refused`),
    };
    const after = await importFile(importId, isDryRun ? NOTHING_READ : before, file, run).finally(bar.stop);
    say(`${path}: ${countsOf(after)}${isDryRun ? ' (dry run: nothing was changed)' : ''}.`);
    if (after.refused > 0) say(`See ${file.reportPath} for the reason why each user was refused.`);
    if (after.reportBytes > 0) await sayLosses(file.reportPath, say);
    return codeOf(after);
  });
}

/** Warns about losses that would otherwise surface only when a user signs in. */
async function sayLosses(path: string, say: (line: string) => void): Promise<void> {
  const { refused, imported, passwords, backupCodes } = await lossesIn(path);
  if (refused.users > 0) {
    say(
      `${of(refused.users, 'refused user')} would lose second factors: ${counted(refused.secondFactors)}. Use --without-second-factors to import them anyway.`,
    );
  }
  if (imported.users > 0) {
    say(`Imported ${of(imported.users, 'user')} without second factors: ${counted(imported.secondFactors)}.`);
  }
  if (passwords > 0) {
    say(
      `Imported ${of(passwords, 'user')} without a password, because the old one had to be changed. They must reset it.`,
    );
  }
  if (backupCodes > 0) {
    say(
      `Imported ${of(backupCodes, 'user')} without backup codes, because they have no other second factor.`,
    );
  }
  if (imported.users + passwords + backupCodes > 0) say(`Their lines in ${path} have "imported": true.`);
}

function of(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

interface Values {
  readonly from: string;
  readonly format?: string | undefined;
  readonly report?: string | undefined;
  readonly 'firebase-hash-config'?: string | undefined;
}

async function readImportFile(path: string, values: Values): Promise<ImportFile> {
  const { from } = values;
  if (!isSource(from)) throw new UsageError(`--from must be one of ${Object.keys(SOURCES).join(', ')}.`);
  const hashConfig = values['firebase-hash-config'];
  if (hashConfig !== undefined && from !== 'firebase') {
    throw new UsageError('--firebase-hash-config requires --from firebase.');
  }
  const reportPath = values.report ?? `${path}.refused.ndjson`;
  if (resolve(reportPath) === resolve(path))
    throw new UsageError('--report names the import file itself. Choose another path.');
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
  return others === 0 ? counts : `${counts}, ${others} skipped`;
}

function codeOf({ refused }: Progress): number {
  return refused === 0 ? 0 : 1;
}
