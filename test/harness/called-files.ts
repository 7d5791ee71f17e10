// Names the files of src/ that a piece of work passes: those with a function that it calls. V8 counts the calls. A file
// that only declares types or constants is not passed.
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

export class CalledFiles implements AsyncDisposable {
  readonly #session = new Session();

  private constructor() {
    this.#session.connect();
  }

  /** Makes this whole process slower until it is disposed. */
  static async start(): Promise<CalledFiles> {
    const called = new CalledFiles();
    await called.#session.post('Profiler.enable');
    await called.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    return called;
  }

  /** @returns their paths below src/, and what the work returned. */
  async passedBy<T>(work: () => Promise<T>): Promise<{ readonly files: string[]; readonly result: T }> {
    await this.#take();
    const result = await work();
    return { files: await this.#take(), result };
  }

  async #take(): Promise<string[]> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const ours = result.map(({ url, functions }) => ({ path: url.replace(/^file:\/\//, ''), functions }));
    return ours
      .filter(({ path }) => path.startsWith(SRC))
      .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
      .map(({ path }) => path.slice(SRC.length));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}
