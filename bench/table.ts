// Results as Markdown tables, for the terminal and for docs/performance.md.
import type { Figure } from './measure.ts';
import type { Results } from './results.ts';

export function figuresTable(results: Results): string {
  const rows = Object.values(results).flatMap(({ figures, commit }) =>
    figures.map((figure) => rowOf(figure, commit)),
  );
  return aligned([['measure', 'figure', 'goal', 'met', 'commit'], ...rows]);
}

export function breakdownTable(results: Results): string {
  const rows = Object.values(results).flatMap(({ breakdown = {} }) => Object.entries(breakdown));
  const columns = [...new Set(rows.flatMap(([, parts]) => Object.keys(parts)))];
  const cells = rows.map(([name, parts]) => [
    name,
    ...columns.map((column) => (parts[column] === undefined ? '' : parts[column].toFixed(2))),
  ]);
  return aligned([['ms of CPU', ...columns], ...cells]);
}

export function notesList(results: Results): string {
  return Object.values(results)
    .flatMap(({ notes = [] }) => notes)
    .map((note) => `- ${note}`)
    .join('\n');
}

export function isMissed({ value, goal }: Figure): boolean {
  return goal !== undefined && !(value <= goal);
}

function rowOf(figure: Figure, commit: string): string[] {
  const { what, value, unit, goal } = figure;
  const met = goal === undefined ? '' : isMissed(figure) ? 'no' : 'yes';
  return [escaped(what), shown(value, unit), goal === undefined ? '' : `≤ ${shown(goal, unit)}`, met, commit];
}

function shown(value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return [
    unit === '×' ? `${Number(value.toFixed(digits))}×` : Number(value.toFixed(digits)),
    unit === '×' ? '' : unit,
  ]
    .join(' ')
    .trim();
}

function escaped(text: string): string {
  return text.replace(/^(\{ \w+ \})/, '`$1`');
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}
