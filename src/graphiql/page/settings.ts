// What the server tells the page, as JSON in the page.

export interface PageTab {
  readonly query: string;
  readonly variables: string | null;
  readonly headers: string | null;
}

export interface PageSettings {
  /** The tabs of a first visit. */
  readonly tabs: readonly PageTab[];
  /** The URL of the schema in SDL. Null if the server does not publish it. */
  readonly schema: string | null;
  /** The URL of the development inbox, as JSON. Null in production. */
  readonly inbox: string | null;
}

export function pageSettings(): PageSettings {
  return JSON.parse(document.getElementById('settings')?.textContent ?? '');
}
