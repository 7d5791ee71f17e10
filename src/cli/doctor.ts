// `stepgate doctor`: checks the configuration and what it names, changes nothing, and prints a line per check. With the
// embedded PostgreSQL, stop the server first.
import { type Config, ConfigError, readConfig } from '../config/config.ts';
import { requireReachable } from '../persistence/migrations.ts';
import { systemClock } from '../platform/clock.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { checkCertificates } from './doctor/certificates.ts';
import { checkDatabase } from './doctor/database.ts';
import { type Finding, findingsOf } from './doctor/finding.ts';
import { checkMail, checkPublicUrl, checkTwilio } from './doctor/providers.ts';
import { checkSamlCertificates } from './doctor/saml-certificates.ts';
import { checkServices } from './doctor/services.ts';
import { afterHelp, JSON_OPTION } from './help.ts';
import { onAnyDatabase } from './on-database.ts';
import type { Cli, Define } from './run-command.ts';

export const doctor: Define = (command, cli) => {
  command
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      afterHelp({ examples: ['stepgate doctor', 'stepgate doctor --json'], unmet: 'a check failed' }),
    )
    .action(
      cli.action(async ({ json }) => {
        const findings = await examine(cli);
        if (json) cli.print(findings);
        else for (const finding of findings) cli.say(lineOf(finding));
        return findings.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
      }),
    );
};

async function examine(cli: Cli): Promise<Finding[]> {
  const configuration = findingsOf('configuration');
  let config: Config;
  try {
    config = readConfig(cli.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      ...error.mistakes.map((mistake) => configuration.failed(mistake)),
      configuration.skipped('The other checks need a valid configuration.'),
    ];
  }
  return [
    configuration.ok('All variables are valid.'),
    ...(await examineDatabase(cli)),
    await checkMail(config),
    checkTwilio(config),
    ...(await checkServices(config)),
    await checkCertificates(config, systemClock.now()),
    checkSamlCertificates(config, systemClock.now()),
    await checkPublicUrl(config),
  ];
}

async function examineDatabase(cli: Cli): Promise<Finding[]> {
  try {
    // Lines about where the database is would break the JSON.
    const quiet = { ...cli, say: () => {} };
    return await onAnyDatabase(quiet, async ({ orm, config, databaseUrl }) => {
      await requireReachable(databaseUrl);
      return await checkDatabase(orm, config.secretKeys);
    });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return [findingsOf('database').failed(error.message)];
  }
}

const LABELS: Readonly<Record<Finding['outcome'], string>> = {
  ok: 'ok     ',
  warning: 'warning',
  failed: 'FAILED ',
  skipped: 'skipped',
};

function lineOf({ check, outcome, message, fix }: Finding): string {
  return `${LABELS[outcome]}  ${check}: ${message}${fix === null ? '' : ` ${fix}`}`;
}
