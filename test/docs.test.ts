// The documentation as a whole: every page can be found, every link leads somewhere, and what is said of settings and
// commands is so.
import { glob, readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../src/config/config.ts';
import { VARIABLES } from '../src/config/variables.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = ['*.md', 'docs/**/*.md', 'examples/**/*.md', '.github/**/*.md'];

/** By its path below the root. */
const pages = new Map<string, string>();

beforeAll(async () => {
  for await (const path of glob(PAGES, { cwd: ROOT }))
    pages.set(path, await readFile(join(ROOT, path), 'utf8'));
});

const page = (path: string): string => pages.get(path) ?? '';
const withoutCode = (text: string): string =>
  text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '');

interface Link {
  readonly from: string;
  /** Below the root. */
  readonly to: string;
  readonly anchor: string | null;
}

/** Links to files and headings; those that leave the repository are not looked up. */
function linksOf(from: string): Link[] {
  return [...withoutCode(page(from)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = null] = target.split('#');
      return { from, to: path === '' ? from : normalize(join(dirname(from), path)), anchor };
    });
}

/** As GitHub names headings. */
function anchorsOf(path: string): string[] {
  return [
    ...page(path)
      .replaceAll(/^```.*?^```$/gms, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const exists = (path: string): Promise<boolean> =>
  stat(join(ROOT, path)).then(
    () => true,
    () => false,
  );

describe('the pages', () => {
  test('every link between them leads to a file that exists, and to a heading that it has', async () => {
    const links = [...pages.keys()].flatMap(linksOf);
    expect(links.length).toBeGreaterThan(100);
    const broken: string[] = [];
    for (const { from, to, anchor } of links) {
      if (!(await exists(to))) broken.push(`${from} -> ${to}`);
      else if (anchor !== null && !anchorsOf(to).includes(anchor)) broken.push(`${from} -> ${to}#${anchor}`);
    }
    expect(broken).toEqual([]);
  });

  test('every page in docs can be reached from the README by links', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const { to } of linksOf(path)) if (pages.has(to)) reached.add(to);
    }
    const unreached = [...pages.keys()].filter((path) => path.startsWith('docs/') && !reached.has(path));
    expect(unreached).toEqual([]);
  });

  test('every source file that docs/architecture.md and CONTRIBUTING.md name exists', async () => {
    const named = ['docs/architecture.md', 'CONTRIBUTING.md'].flatMap((path) =>
      [...page(path).matchAll(/`([\w-]+\/[\w/-]+\.ts)`/g)].map(([, file = '']) => file),
    );
    expect(named.length).toBeGreaterThan(20);
    const missing: string[] = [];
    for (const file of named) {
      if (!(await exists(file)) && !(await exists(`src/${file}`))) missing.push(file);
    }
    expect(missing).toEqual([]);
  });

  test('the README fits into 200 lines', () => {
    expect(page('README.md').split('\n').length).toBeLessThanOrEqual(200);
  });

  test('every npm script that a page mentions exists', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const mentioned = [...pages].flatMap(([path, text]) =>
      [...text.matchAll(/npm (?:run (?:--silent )?([\w:]+)|(test|start))\b/g)].map(
        ([, script, short = '']) => ({
          path,
          script: script ?? short,
        }),
      ),
    );
    expect(mentioned.length).toBeGreaterThan(20);
    expect(mentioned.filter(({ script }) => !Object.keys(scripts).includes(script))).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  /** What stands under each heading. */
  const sections = (): Map<string, string> =>
    new Map(
      page('docs/configuration.md')
        .split(/^### /m)
        .slice(1)
        .map((section) => [/^`(\w+)`$/m.exec(section)?.[1] ?? '', section] as const),
    );

  test('has a heading for every variable, and for no other', () => {
    expect([...sections().keys()].toSorted()).toEqual(Object.keys(VARIABLES).toSorted());
  });

  test('names defaults that change nothing when they are set', () => {
    const plain = [...sections()].flatMap(([name, section]) => {
      const value = /^Default: `([^`]+)`\.(?: Range|$)/m.exec(section)?.[1];
      return value === undefined || value.includes('PORT') ? [] : [{ name, value }];
    });
    expect(plain.length).toBeGreaterThan(20);
    for (const { name, value } of plain) {
      expect(readConfig({ [name]: value }), name).toEqual(readConfig({}));
    }
  });

  test('names the smallest and the largest number that each variable accepts', () => {
    const ranges = [...sections()].flatMap(([name, section]) => {
      const [, least, most] = /Range: (\d+) to (\d+)\.$/m.exec(section) ?? [];
      return least === undefined ? [] : [{ name, least: Number(least), most: Number(most) }];
    });
    const numbers = Object.values(VARIABLES).filter(({ form }) => /\b\d+ to \d+$/.test(form));
    expect(ranges).toHaveLength(numbers.length);
    for (const { name, least, most } of ranges) {
      const accepts = (number: number): boolean =>
        VARIABLES[name as keyof typeof VARIABLES].read(String(number)) !== undefined;
      expect([least - 1, least, most, most + 1].map(accepts), name).toEqual([false, true, true, false]);
    }
  });
});
