// `stepgate users import FILE`: imports the users of another system or of another Stepgate.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { importedProviders } from '../factors/oauth/transfer.ts';
import { type ImportFile, importFile, importIdOf } from '../import/file.ts';
import { phoneCountriesOf } from '../import/phone-countries.ts';
import { findProgress, ImportRunningError, NOTHING_READ, type Progress } from '../import/progress.ts';
import { readFirebaseHashConfig } from '../import/sources/firebase-hash-config.ts';
import { SOURCES, type SourceName } from '../import/sources/list.ts';
import { byOperator } from '../persistence/audit.ts';
import { tryExclusive } from '../persistence/exclusive.ts';
import { sqlOf } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { afterHelp } from './help.ts';
import { linesOfSummary, summaryOf } from './import-users/summary.ts';
import { onDatabase } from './on-database.ts';
import { progressBar } from './progress-bar.ts';
import { type Cli, CommandError, type Define, type ExitCode, UsageError } from './run-command.ts';
import { readFormat, requireTenant, TENANT_OPTION, withFileErrors } from './users-command.ts';

const NAMES = Object.keys(SOURCES) as SourceName[];

export const importUsers: Define = (command, cli) => {
  command
    .argument('<FILE>', 'the file to import')
    .addOption(
      command
        .createOption('--from <SYSTEM>', 'the system that the file comes from')
        .choices(NAMES)
        .default('stepgate' as const),
    )
    .option(...TENANT_OPTION)
    .option('--dry-run', 'report the outcome without changing anything')
    .option(
      '--trust-unverified',
      'count unverified addresses and phone numbers as verified; the person who entered one then owns the account',
    )
    .option('--accept-fast-hashes', 'import password hashes that are fast to guess')
    .option(
      '--without-second-factors',
      'import users even if they lose second factors; some of them can then sign in with a password alone',
    )
    .option('--report <PATH>', 'where to write the report (default: FILE.refused.ndjson)')
    .option('--format <FORMAT>', 'ndjson, csv or json (default: by file extension)')
    .option('--firebase-hash-config <FILE>', 'the password hash parameters of the Firebase project')
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `
The report has a line for each refused user and for each user imported incompletely.
To continue an interrupted import, run the same command again.`,
    )
    .addHelpText(
      'after',
      afterHelp({
        examples: [
          'stepgate users import users.csv --from clerk --dry-run',
          'stepgate users import users.json --from firebase --firebase-hash-config hash-config.txt',
        ],
        unmet: 'some users were refused, and the report says why',
      }),
    )
    .action(cli.action((path, options) => withFileErrors(perform(path, options, cli))));
};

interface Values {
  readonly from: SourceName;
  readonly tenant: string;
  readonly dryRun?: true | undefined;
  readonly trustUnverified?: true | undefined;
  readonly acceptFastHashes?: true | undefined;
  readonly withoutSecondFactors?: true | undefined;
  readonly format?: string | undefined;
  readonly report?: string | undefined;
  readonly firebaseHashConfig?: string | undefined;
  readonly json?: true | undefined;
}

async function perform(path: string, values: Values, cli: Cli): Promise<ExitCode> {
  const { dryRun: isDryRun = false, json = false } = values;
  const file = await readImportFile(path, values);
  return await onDatabase(cli, async ({ config, orm, databaseUrl }) => {
    const em = orm.em.fork();
    const tenantId = await requireTenant(em, values.tenant);
    const terms = {
      ring: new KeyRing(config.secretKeys),
      tenantId,
      trustUnverified: values.trustUnverified ?? false,
      acceptFastHashes: values.acceptFastHashes ?? false,
      withoutSecondFactors: values.withoutSecondFactors ?? false,
      phoneCountries: await phoneCountriesOf(em, tenantId, config.sms.enabled ? config.sms.countries : []),
      providers: importedProviders(config.providers.providers, tenantId),
      actor: byOperator('import-users'),
      now: systemClock.now(),
    };
    const importId = await importIdOf(file, terms);
    await using lock = await tryExclusive(databaseUrl, `stepgate import ${importId}`);
    if (lock === null) throw new ImportRunningError();
    const finish = async (progress: Progress, isRepeated: boolean): Promise<ExitCode> => {
      const { reportPath } = file;
      const summary = await summaryOf({ file: path, reportPath, progress, dryRun: isDryRun, isRepeated });
      if (json) cli.print(summary);
      else for (const line of linesOfSummary(summary)) cli.say(line);
      return progress.refused === 0 ? 0 : 1;
    };
    const before = await findProgress(sqlOf(em), importId);
    if (before.finishedAt !== null) return await finish(before, true);
    if (isDryRun && before.records > 0) {
      throw new CommandError(
        `The import of this file has stopped after record ${before.records}. Run it without --dry-run to continue it.`,
      );
    }
    if (before.records > 0 && !json) cli.say(`Continuing after record ${before.records}.`);
    const bar = progressBar(cli.stderr);
    const run = {
      em,
      terms,
      isDryRun,
      onProgress: ({ imported, refused }: Progress, part: number) =>
        bar.update(part, `${imported} imported, ${refused} refused`),
    };
    const after = await importFile(importId, isDryRun ? NOTHING_READ : before, file, run).finally(bar.stop);
    return await finish(after, false);
  });
}

async function readImportFile(path: string, values: Values): Promise<ImportFile> {
  const { from } = values;
  const hashConfig = values.firebaseHashConfig;
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
