// A guard as you would write it in a schema, without default arguments.
import { type Requirement, requirement } from '../policy/requirement.ts';
import type { Guard } from './guard.ts';

export function guardText(guard: Guard): string {
  switch (guard.directive) {
    case 'authenticated':
      return directiveText(guard.directive, {});
    case 'requiresRole':
      return directiveText(guard.directive, { role: guard.role });
    case 'stepUp':
      return directiveText(guard.directive, withoutDefaults(guard.requirement));
  }
}

/** @param args undefined values are omitted. */
export function directiveText(name: string, args: Readonly<Record<string, unknown>>): string {
  const written = Object.entries(args)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${valueText(value)}`);
  return written.length === 0 ? `@${name}` : `@${name}(${written.join(', ')})`;
}

/** Names print as they are. Any other string is quoted and escaped, so that it is safe to print to a terminal. */
export function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (typeof value === 'string' && !/^\w+$/.test(value)) return quoted(value);
  return String(value);
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The arguments that differ from their default. */
export function withoutDefaults(demand: Requirement): Record<string, unknown> {
  const defaults = new Map<string, unknown>(Object.entries(requirement()));
  return Object.fromEntries(Object.entries(demand).filter(([key, value]) => defaults.get(key) !== value));
}
