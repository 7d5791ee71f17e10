// The end of every command's help: examples, and what the exit codes mean.

export interface HelpEnd {
  readonly examples: readonly string[];
  /** What exit code 1 says. */
  readonly unmet?: string;
}

export function afterHelp({
  examples,
  unmet = 'the command ran, and something did not hold',
}: HelpEnd): string {
  return `
Examples:
${examples.map((one) => `  ${one}\n`).join('')}
Exit codes:
  0  success
  1  ${unmet}
  2  the arguments or the environment kept the command from running`;
}

/** For commands whose output a program reads. */
export const JSON_OPTION = ['--json', 'print JSON'] as const;
