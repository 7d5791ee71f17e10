// The browser of a request, in words that the user recognizes. It is a hint, not a proof.
import Bowser from 'bowser';

export interface Browser {
  readonly name: string;
  /** The operating system, or null if unknown. */
  readonly system: string | null;
}

/** Clients can send any text as their user agent, so only these names get from it into a message. */
const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));

export function parseBrowser(userAgent: string | null): Browser | null {
  if (!userAgent) return null;
  const { browser, os } = Bowser.parse(userAgent);
  if (browser.name === undefined || !BROWSERS.has(browser.name)) return null;
  return { name: browser.name, system: os.name !== undefined && SYSTEMS.has(os.name) ? os.name : null };
}

/** For example `Firefox on Windows`, or null if unknown. */
export function browserOf(userAgent: string | null): string | null {
  const browser = parseBrowser(userAgent);
  if (browser === null) return null;
  return browser.system === null ? browser.name : `${browser.name} on ${browser.system}`;
}
