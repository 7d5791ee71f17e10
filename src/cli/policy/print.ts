// `stepgate policy print`: lists every guarded field with its requirements, one line per guard.
import { SECOND_STEPS } from '../../policy/factor-kind.ts';
import type { Guard, PlacedGuard } from '../../step-up/guard.ts';
import { directiveText, valueText, withoutDefaults } from '../../step-up/guard-text.ts';
import type { SchemaField } from './fields.ts';

const PRINTERS = { text, json, markdown } as const;

type Format = keyof typeof PRINTERS;

export const FORMATS = Object.keys(PRINTERS) as Format[];

export function print(fields: readonly SchemaField[], format: Format): string {
  return PRINTERS[format](fields.filter((one) => one.guards.length > 0));
}

const HEAD = ['FIELD', 'GUARD', 'MAX AGE', 'ACCEPT', 'REQUIRE', 'WRITTEN ON'];

function text(fields: readonly SchemaField[]): string {
  if (fields.length === 0) return 'No fields are guarded.';
  return padded([HEAD, ...rowsOf(fields)])
    .map((row) => row.join('  ').trimEnd())
    .join('\n');
}

function markdown(fields: readonly SchemaField[]): string {
  const rows = padded([HEAD, ...rowsOf(fields).map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))]);
  const [head = [], ...body] = rows;
  return [head, head.map((cell) => '-'.repeat(cell.length)), ...body]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

function padded(rows: readonly (readonly string[])[]): string[][] {
  const widths = HEAD.map((_name, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)));
}

function rowsOf(fields: readonly SchemaField[]): string[][] {
  return fields.flatMap((field) =>
    field.guards.map((placed) => [field.coordinate, ...cellsOf(placed.guard), placeText(field, placed)]),
  );
}

function cellsOf(guard: Guard): string[] {
  switch (guard.directive) {
    case 'authenticated':
      return [directiveText(guard.directive, {}), '', '', ''];
    case 'requiresRole':
      return [`@requiresRole ${valueText(guard.role)}`, '', '', ''];
    case 'stepUp': {
      const { maxAge, accept, require } = guard.requirement;
      const isAny = SECOND_STEPS.every((kind) => accept.includes(kind));
      // Arguments without a column of their own are printed after the name.
      const others = Object.entries(withoutDefaults(guard.requirement)).filter(
        ([name]) => !['maxAge', 'accept', 'require'].includes(name),
      );
      const name = directiveText(guard.directive, Object.fromEntries(others));
      return [name, `${maxAge} s`, isAny ? 'any' : accept.join(', '), require];
    }
  }
}

function placeText(field: SchemaField, { place }: PlacedGuard): string {
  const from = originOf(field, place);
  return from === 'FIELD' ? 'field' : `${from.toLowerCase()} ${place}`;
}

type Origin = 'FIELD' | 'TYPE' | 'INTERFACE';

function originOf({ coordinate, owner }: SchemaField, place: string): Origin {
  if (place === coordinate) return 'FIELD';
  return place === owner.name ? 'TYPE' : 'INTERFACE';
}

function json(fields: readonly SchemaField[]): string {
  const entries = fields.map((field) => ({
    field: field.coordinate,
    guards: field.guards.map(({ guard, place }) => ({
      directive: guard.directive,
      ...(guard.directive === 'requiresRole' ? { role: guard.role } : {}),
      ...(guard.directive === 'stepUp' ? guard.requirement : {}),
      from: originOf(field, place),
      place,
    })),
  }));
  return JSON.stringify(entries, null, 2);
}
