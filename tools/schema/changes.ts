// What has changed in the schema since the last release, and whether a changeset owns up to what breaks clients.
import { type Change, ChangeType, CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

export interface BreakingChange {
  readonly message: string;
  /** The type, field or argument, for example `User.name`. */
  readonly path: string;
}

/** @param released @param current schemas in GraphQL's schema language. */
export async function breakingChanges(released: string, current: string): Promise<BreakingChange[]> {
  const changes = await diff(buildSchema(released), buildSchema(current));
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .filter((change) => !isOptionalArgument(change))
    .map(({ message, path = '' }) => ({ message, path }));
}

/** The library takes a new argument of a directive for required if its type is, even if it has a default. */
function isOptionalArgument({ type, meta }: Change): boolean {
  return type === ChangeType.DirectiveArgumentAdded && meta.addedDirectiveDefaultValue !== undefined;
}

/** Whether a changeset announces a major version: its front matter says so, its text may say anything. */
export function announcesMajor(changeset: string): boolean {
  const frontMatter = /^---\n(.*?)\n---/s.exec(changeset)?.[1] ?? '';
  return /^(['"]?)stepgate\1: *major$/m.test(frontMatter);
}
