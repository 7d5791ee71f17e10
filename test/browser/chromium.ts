// A browser for a test: Chromium without a window, with a fresh profile for each visit and a record of all that its
// pages ask for and complain about.
import { access } from 'node:fs/promises';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Request,
} from 'playwright-core';

const SWITCHES = [
  '--disable-gpu',
  '--disable-quic',
  // Chromium talks to its maker's servers by itself, unless told otherwise,
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // and where it still does, this machine is all it reaches.
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** @throws when there is no Chromium, and says what to do. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  await access(executablePath).catch(() => {
    throw new Error(
      `There is no Chromium at ${executablePath}. Install it, for example with \`apt-get install chromium\`, or set CHROMIUM_PATH to the path of one.`,
    );
  });
  return chromium.launch({ executablePath, args: SWITCHES });
}

export interface Visit {
  readonly context: BrowserContext;
  /** What the pages and their workers asked for. */
  readonly requests: readonly Request[];
  /** Errors and warnings: a resource that is missing, a worker that failed, a policy that was broken. */
  readonly complaints: readonly string[];
}

/** A new profile: nothing cached, nothing stored. @param options what is special about its device. */
export async function beginVisit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  context.setDefaultTimeout(20_000);
  const requests: Request[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request));
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // What a page that is left was still waiting for is no failure.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url().slice(0, 200)}: ${reason}`);
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  return { context, requests, complaints };
}

/** Where requests went. A data URI goes nowhere; the origin of a blob is the page that made it. */
export function originsOf(requests: readonly Request[]): string[] {
  const urls = requests.map((request) => new URL(request.url()));
  return [...new Set(urls.filter(({ protocol }) => protocol !== 'data:').map(({ origin }) => origin))];
}
