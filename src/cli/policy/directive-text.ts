// A guard as it is written in a schema, without what goes without saying.
import { type Requirement, requirement } from '../../policy/requirement.ts';
import type { Guard } from '../../step-up/guard.ts';

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

/** @param args those that are undefined are left out. */
export function directiveText(name: string, args: Readonly<Record<string, unknown>>): string {
  const written = Object.entries(args)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${valueText(value)}`);
  return written.length === 0 ? `@${name}` : `@${name}(${written.join(', ')})`;
}

/** Names of factors and roles stand as they are; a role that is no name does not reach a terminal as it is. */
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

/** What the author has written, as far as it says something. */
export function withoutDefaults(demand: Requirement): Record<string, unknown> {
  const defaults = new Map<string, unknown>(Object.entries(requirement()));
  return Object.fromEntries(Object.entries(demand).filter(([key, value]) => defaults.get(key) !== value));
}
