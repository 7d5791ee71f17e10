// Runs the import and export commands in this process, and creates files for them.
import { mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { exportUsers } from '../../src/cli/export-users.ts';
import { importUsers } from '../../src/cli/import-users.ts';
import type { Outcome } from '../harness/command.ts';
import { query } from '../harness/sql.ts';

const COMMANDS = { 'import-users': importUsers, 'export-users': exportUsers } as const;

export async function stepgate(
  databaseUrl: string,
  command: keyof typeof COMMANDS,
  ...args: readonly string[]
): Promise<Outcome> {
  const { DATABASE_URL } = process.env;
  process.env['DATABASE_URL'] = databaseUrl;
  const written = { stdout: '', stderr: '' };
  const output = {
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text) },
  };
  const code = await COMMANDS[command]([...args], output).finally(() => {
    if (DATABASE_URL === undefined) delete process.env['DATABASE_URL'];
    else process.env['DATABASE_URL'] = DATABASE_URL;
  });
  // Progress is written to stderr as well.
  return { code, ...written, stderr: written.stderr.replaceAll(/^\d+ % \| .*\n/gm, '') };
}

/** Temporary files for a test file, deleted after it. Call this at the top level. */
export function temporaryFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-users-'));
  afterAll(() => rm(folder, { recursive: true }));
  let files = 0;
  const newPath = (ending: string): string => {
    files += 1;
    return join(folder, `${files}${ending}`);
  };
  return {
    newPath,
    /** @param content the records of an NDJSON file, or the content of any file. */
    async newFile(content: readonly object[] | string | Buffer, ending = '.ndjson'): Promise<string> {
      const path = newPath(ending);
      const isText = typeof content === 'string' || Buffer.isBuffer(content);
      await writeFile(path, isText ? content : content.map((one) => `${JSON.stringify(one)}\n`).join(''));
      return path;
    },
  };
}

export interface ReportLine {
  readonly record: number;
  readonly line: number | null;
  readonly path: string;
  readonly reason: string;
  readonly secondFactors?: readonly string[];
  readonly imported?: true;
}

export async function reportOf(path: string): Promise<ReportLine[]> {
  const text = await readFile(`${path}.refused.ndjson`, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReportLine);
}

/** The number of rows in each of our tables. */
export async function rowCounts(databaseUrl: string): Promise<Record<string, number>> {
  const tables = await query<{ name: string }>(
    databaseUrl,
    "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await query<{ rows: string }>(databaseUrl, `select count(*) as rows from "${name}"`);
    counts[name] = Number(row?.rows);
  }
  return counts;
}
