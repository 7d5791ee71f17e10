// The browser of a request, in words that its user recognises: a hint, not a proof.
import Bowser from 'bowser';

export interface Browser {
  readonly name: string;
  /** Null when it cannot be told. */
  readonly system: string | null;
}

/** A user agent says whatever its sender likes; nothing but these words gets from it into a message. */
const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));

export function parseBrowser(userAgent: string | null): Browser | null {
  if (!userAgent) return null;
  const { browser, os } = Bowser.parse(userAgent);
  if (browser.name === undefined || !BROWSERS.has(browser.name)) return null;
  return { name: browser.name, system: os.name !== undefined && SYSTEMS.has(os.name) ? os.name : null };
}

/** For example `Firefox on Windows`. Null when it cannot be told. */
export function browserOf(userAgent: string | null): string | null {
  const browser = parseBrowser(userAgent);
  if (browser === null) return null;
  return browser.system === null ? browser.name : `${browser.name} on ${browser.system}`;
}
