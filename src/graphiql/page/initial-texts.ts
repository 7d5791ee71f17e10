// What the editors show first.
import type { PageTab } from './settings.ts';

export interface InitialTexts {
  readonly initialQuery?: string;
  readonly initialVariables?: string;
}

/** @param first the first of the default tabs. */
export function initialTexts(first: PageTab | undefined): InitialTexts {
  const shared = new URLSearchParams(location.search);
  const query = shared.get('query');
  if (query !== null) return { initialQuery: query, initialVariables: shared.get('variables') ?? '' };
  // Without stored content, GraphiQL shows the first tab without its variables (graphql/graphiql#3392).
  const isFirstVisit = localStorage.getItem('graphiql:tabState') === null;
  return isFirstVisit && first ? { initialQuery: first.query, initialVariables: first.variables ?? '' } : {};
}
