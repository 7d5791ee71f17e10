// What an import has done, for a person and for a program.
import { counted } from '../../import/left-behind.ts';
import type { Progress } from '../../import/progress.ts';
import { lossesIn } from '../../import/report.ts';

type Losses = Awaited<ReturnType<typeof lossesIn>>;

export interface ImportSummary {
  readonly file: string;
  readonly records: number;
  readonly imported: number;
  readonly refused: number;
  readonly skipped: number;
  readonly dryRun: boolean;
  /** When an earlier import of the same file finished. This one then did nothing. */
  readonly importedBefore: Date | null;
  /** Null when there was nothing to report. */
  readonly report: string | null;
  /** What would otherwise surface only when a user signs in. Null without a report. */
  readonly losses: Losses | null;
}

interface Finished {
  readonly file: string;
  readonly reportPath: string;
  readonly progress: Progress;
  readonly dryRun: boolean;
  /** Whether this run did nothing, because an earlier one had finished. */
  readonly isRepeated: boolean;
}

export async function summaryOf(finished: Finished): Promise<ImportSummary> {
  const { file, reportPath, progress, dryRun, isRepeated } = finished;
  const { records, imported, refused, reportBytes, finishedAt } = progress;
  const hasReport = reportBytes > 0 && !isRepeated;
  return {
    file,
    records,
    imported,
    refused,
    skipped: records - imported - refused,
    dryRun,
    importedBefore: isRepeated ? finishedAt : null,
    report: hasReport ? reportPath : null,
    losses: hasReport ? await lossesIn(reportPath) : null,
  };
}

export function linesOfSummary(summary: ImportSummary): string[] {
  const { file, refused, dryRun, importedBefore, report, losses } = summary;
  const counts = countsOf(summary);
  if (importedBefore !== null)
    return [`This file was already imported at ${importedBefore.toISOString()}: ${counts}. Nothing to do.`];
  return [
    `${file}: ${counts}${dryRun ? ' (dry run: nothing was changed)' : ''}.`,
    ...(refused > 0 ? [`See ${report} for the reason why each user was refused.`] : []),
    ...(losses === null ? [] : linesOfLosses(losses, report)),
  ];
}

function linesOfLosses(losses: Losses, report: string | null): string[] {
  const { refused, imported, passwords, backupCodes } = losses;
  const lines: string[] = [];
  if (refused.users > 0) {
    lines.push(
      `${of(refused.users, 'refused user')} would lose second factors: ${counted(refused.secondFactors)}. Use --without-second-factors to import them anyway.`,
    );
  }
  if (imported.users > 0) {
    lines.push(
      `Imported ${of(imported.users, 'user')} without second factors: ${counted(imported.secondFactors)}.`,
    );
  }
  if (passwords > 0) {
    lines.push(
      `Imported ${of(passwords, 'user')} without a password, because the old one had to be changed. They must reset it.`,
    );
  }
  if (backupCodes > 0) {
    lines.push(
      `Imported ${of(backupCodes, 'user')} without backup codes, because they have no other second factor.`,
    );
  }
  if (imported.users + passwords + backupCodes > 0)
    lines.push(`Their lines in ${report} have "imported": true.`);
  return lines;
}

function of(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function countsOf({ records, imported, refused, skipped }: ImportSummary): string {
  const counts = `${imported} of ${records} ${records === 1 ? 'record' : 'records'} imported, ${refused} refused`;
  return skipped === 0 ? counts : `${counts}, ${skipped} skipped`;
}
