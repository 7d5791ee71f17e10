// What has changed in the schema since the last release, and whether a changeset owns up to what breaks clients.
import { CriticalityLevel, diff } from '@graphql-inspector/core';
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
    .map(({ message, path = '' }) => ({ message, path }));
}

/** Whether a changeset announces a major version: its front matter says so, its text may say anything. */
export function announcesMajor(changeset: string): boolean {
  const frontMatter = /^---\n(.*?)\n---/s.exec(changeset)?.[1] ?? '';
  return /^(['"]?)stepgate\1: *major$/m.test(frontMatter);
}
