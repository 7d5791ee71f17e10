// `stepgate policy`: prints which fields of a schema are guarded, and checks them against your rules. Exit code 1: a
// rule is violated. 2: the arguments, the schema or the rules are invalid.
import { RequirementError } from '../policy/requirement.ts';
import { readSchema } from '../step-up/schema-file/schema.ts';
import { parseArguments } from './arguments.ts';
import { check } from './policy/check.ts';
import { fieldsOf } from './policy/fields.ts';
import { FORMATS, isFormat, print } from './policy/print.ts';
import { readRules } from './policy/rules.ts';
import { answered, CommandError, type Output, UsageError } from './run-command.ts';

const DEFAULT_RULES = 'stepgate.policy.json';

const USAGE = `Usage:
  stepgate policy print SCHEMA... [--format ${FORMATS.join('|')}]
  stepgate policy check SCHEMA... [--rules FILE] [--strict]

SCHEMA is a file in the GraphQL schema definition language. Several files are read as one schema.

Options:
  --format FORMAT    the output format (default: text)
  --rules FILE       the rules file (default: ${DEFAULT_RULES})
  --strict           fail also when a rule or an exception matches no field
`;

/** @returns the exit code. */
export async function policy(args: string[], output: Output = process): Promise<number> {
  return answered(output, USAGE, () =>
    perform(args, output).catch((error: unknown) => {
      throw error instanceof RequirementError ? new CommandError(error.message) : error;
    }),
  );
}

async function perform([action, ...args]: string[], { stdout, stderr }: Output): Promise<number> {
  switch (action) {
    case 'print': {
      const { files, values } = read(args, { format: { type: 'string', default: 'text' } });
      const { format } = values;
      if (!isFormat(format)) throw new UsageError(`--format must be one of ${FORMATS.join(', ')}.`);
      stdout.write(`${print(fieldsOf(await readSchema(files)), format)}\n`);
      return 0;
    }
    case 'check': {
      const { files, values } = read(args, {
        rules: { type: 'string', default: DEFAULT_RULES },
        strict: { type: 'boolean', default: false },
      });
      const rules = await readRules(values.rules);
      const { violations, warnings, summary } = check(await readSchema(files), rules);
      for (const line of warnings) stderr.write(`warning: ${line}\n`);
      for (const line of [...violations, summary]) stdout.write(`${line}\n`);
      return violations.length > 0 || (values.strict && warnings.length > 0) ? 1 : 0;
    }
    default:
      throw new UsageError(
        action === undefined
          ? 'Missing command. Expected one of: print, check.'
          : `Unknown command: policy ${action}`,
      );
  }
}

type Options = Record<string, { readonly type: 'string' | 'boolean'; readonly default: string | boolean }>;

function read<const Known extends Options>(args: string[], options: Known) {
  const { positionals: files, values } = parseArguments(args, options);
  if (files.length === 0) throw new UsageError('Missing argument: SCHEMA');
  return { files, values };
}
