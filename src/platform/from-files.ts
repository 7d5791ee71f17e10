// What is made from files, such as a certificate and its key, and made anew when they change. Files that cannot be used
// leave the former in place, because they may be in the middle of a replacement.
import { readFile, stat } from 'node:fs/promises';

export interface File {
  readonly path: string;
  readonly content: Buffer;
}

export class FromFiles<T> {
  readonly #paths: readonly string[];
  readonly #make: (files: readonly File[]) => T;
  #current: T;
  #version: string;
  #refreshing: Promise<boolean> | null = null;

  /** @throws what reading and making throw. */
  static async open<T>(paths: readonly string[], make: (files: readonly File[]) => T): Promise<FromFiles<T>> {
    const version = await versionOf(paths);
    return new FromFiles(paths, make, version, make(await readAll(paths)));
  }

  private constructor(
    paths: readonly string[],
    make: (files: readonly File[]) => T,
    version: string,
    current: T,
  ) {
    this.#paths = paths;
    this.#make = make;
    this.#version = version;
    this.#current = current;
  }

  get current(): T {
    return this.#current;
  }

  /** Looks at the files. @returns whether they have changed. @throws what reading and making throw. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<boolean> {
    const version = await versionOf(this.#paths);
    if (version === this.#version) return false;
    this.#current = this.#make(await readAll(this.#paths));
    this.#version = version;
    return true;
  }
}

/** Changes with every file, also when a link points to another one. */
async function versionOf(paths: readonly string[]): Promise<string> {
  const stats = await Promise.all(paths.map((path) => stat(path)));
  return stats.map(({ ino, size, mtimeMs }) => `${ino}:${size}:${mtimeMs}`).join(' ');
}

function readAll(paths: readonly string[]): Promise<File[]> {
  return Promise.all(paths.map(async (path) => ({ path, content: await readFile(path) })));
}
