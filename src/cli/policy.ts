// `stepgate policy`: prints which fields of a schema are guarded, and checks them against your rules.

import { systemClock } from '../platform/clock.ts';
import { RequirementError } from '../policy/requirement.ts';
import { readSchema } from '../step-up/schema-file/schema.ts';
import { afterHelp, JSON_OPTION } from './help.ts';
import { check } from './policy/check.ts';
import { explained, explanationText } from './policy/explain.ts';
import { checkFederation } from './policy/federation.ts';
import { fieldsOf } from './policy/fields.ts';
import { FORMATS, print } from './policy/print.ts';
import { readRules } from './policy/rules.ts';
import { CommandError, type Define } from './run-command.ts';

const SCHEMA = [
  '<SCHEMA...>',
  'files in the GraphQL schema definition language, which are read as one schema',
] as const;

const UNMET = 'a rule is violated, or with --strict, a rule or an exception matches no field';

export const policy: Define = (command, cli) => {
  command.addHelpText(
    'after',
    afterHelp({
      examples: ['stepgate policy print schema.graphql', 'stepgate policy check schema.graphql --strict'],
      unmet: UNMET,
    }),
  );
  command
    .command('print')
    .description('list every guard of every field')
    .argument(...SCHEMA)
    .addOption(
      command
        .createOption('--format <FORMAT>', 'the output format')
        .choices(FORMATS)
        .default('text' as const),
    )
    .addOption(command.createOption('--json', 'the same as --format json').implies({ format: 'json' }))
    .addHelpText(
      'after',
      afterHelp({
        examples: ['stepgate policy print schema/*.graphql', 'stepgate policy print schema.graphql --json'],
      }),
    )
    .action(
      cli.action(async (files, { format }) => {
        cli.stdout.write(`${await printed(files, format).catch(asCommandError)}\n`);
        return 0;
      }),
    );
  command
    .command('check')
    .description('check the guards against your rules')
    .argument(...SCHEMA)
    .option('--rules <FILE>', 'the rules file', 'stepgate.policy.json')
    .option('--strict', 'fail also when a rule or an exception matches no field')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      afterHelp({
        examples: [
          'stepgate policy check schema/*.graphql --strict',
          'stepgate policy check schema.graphql --rules rules.json --json',
        ],
        unmet: UNMET,
      }),
    )
    .action(
      cli.action(async (files, { rules, strict, json }) => {
        const verdict = await checked(files, rules).catch(asCommandError);
        const { violations, warnings, summary } = verdict;
        if (json) cli.print(verdict);
        else {
          for (const line of warnings) cli.stderr.write(`warning: ${line}\n`);
          for (const line of [...violations, summary]) cli.say(line);
        }
        return violations.length > 0 || (strict && warnings.length > 0) ? 1 : 0;
      }),
    );
  command
    .command('federation')
    .description('find fields that read a guarded field of another subgraph without its guards')
    .argument('<SUBGRAPH...>', 'a file for each subgraph, in the GraphQL schema definition language')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      afterHelp({
        examples: ['stepgate policy federation customers.graphql orders.graphql'],
        unmet: 'a guard is missing',
      }),
    )
    .action(
      cli.action(async (files, { json }) => {
        const verdict = await checkFederation(files).catch(asCommandError);
        if (json) cli.print(verdict);
        else for (const line of [...verdict.violations, verdict.summary]) cli.say(line);
        return verdict.violations.length > 0 ? 1 : 0;
      }),
    );
  command
    .command('explain')
    .description('say what the guards decide about an operation, and why')
    .argument(...SCHEMA)
    .requiredOption('--operation <FILE>', 'the GraphQL document')
    .option('--operation-name <NAME>', 'the operation, if the document has several')
    .option('--variables <FILE>', 'the variables, as JSON')
    .option(
      '--token <FILE>',
      'an access token of Stepgate, or its claims as JSON; it is not verified (default: nobody is signed in)',
    )
    .option('--at <TIME>', 'the time of the decision, in ISO 8601 (default: now)')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      afterHelp({
        examples: ['stepgate policy explain schema.graphql --operation pay.graphql --token token.txt'],
        unmet: 'a field is refused',
      }),
    )
    .action(
      cli.action(async (files, { json, ...given }) => {
        const schema = await readSchema(files).catch(asCommandError);
        const explanation = await explained(schema, given, systemClock.now());
        if (json) cli.print(explanation);
        else cli.say(explanationText(explanation));
        return explanation.isOpen ? 0 : 1;
      }),
    );
};

const printed = async (files: string[], format: (typeof FORMATS)[number]) =>
  print(fieldsOf(await readSchema(files)), format);

const checked = async (files: string[], rules: string) =>
  check(await readSchema(files), await readRules(rules));

function asCommandError(error: unknown): never {
  throw error instanceof RequirementError ? new CommandError(error.message) : error;
}
