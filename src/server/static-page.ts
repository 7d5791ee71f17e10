// A page of our own: static files, the same for everybody, and an ordinary client of the API. Secrets come after the `#`
// of its URL, so that requests for the page do not contain them. Nothing is cached.
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';

interface Resource {
  readonly type: string;
  readonly body: Buffer;
}

/** Only our scripts, styles and connections. The icon is a data URI in the page. */
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'connect-src': "'self'",
  'img-src': 'data:',
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

export class StaticPage {
  readonly #resources: ReadonlyMap<string, Resource>;
  readonly #policy: string;

  /**
   * Reads the files once.
   * @param folder of the files.
   * @param files by path, each with its media type.
   * @param policy what the page may load besides.
   */
  constructor(
    folder: URL,
    files: Readonly<Record<string, readonly [file: string, type: string]>>,
    policy: Readonly<Record<string, string>> = {},
  ) {
    this.#resources = new Map(
      Object.entries(files).map(([path, [file, type]]) => [
        path,
        { type: `${type}; charset=utf-8`, body: readFileSync(new URL(file, folder)) },
      ]),
    );
    const directives = Object.entries({ ...POLICY, ...policy });
    this.#policy = directives.map(([name, sources]) => `${name} ${sources}`).join('; ');
  }

  has(path: string): boolean {
    return this.#resources.has(path);
  }

  async serve(path: string, response: ServerResponse): Promise<void> {
    const { type, body } = this.#resources.get(path) as Resource;
    response.writeHead(200, {
      'content-type': type,
      'content-length': body.length,
      'content-security-policy': this.#policy,
      'cache-control': 'no-store',
    });
    response.end(body);
  }
}
