// Passkeys in the pages of a test: an authenticator of the browser itself, and the lines of docs/tour.md in the console.
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

/** Gives the page an authenticator that verifies its user by itself. */
export async function addAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** Runs a line of the page in the console, where `copy` is a function of the developer tools. */
export async function runInConsole(page: Page, word: 'MATERIAL' | 'REQUEST', value: object): Promise<object> {
  const tour = await readFile(new URL('../../docs/tour.md', import.meta.url), 'utf8');
  const line = tour.split('\n').find((one) => one.includes(`FromJSON(${word})`)) ?? '';
  const code = line.trim().replace(word, JSON.stringify(value));
  return page.evaluate(`(async (copy) => ${code})((copied) => copied)`);
}
