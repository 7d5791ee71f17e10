// How PostgreSQL would execute a statement: whether it reads a whole table, where an index would do.
import type pg from 'pg';
import type { Statement } from './statement-counter.ts';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Node[];
}

/**
 * @param tables those that must not be read whole.
 * @returns what it reads whole, for a prepared statement (`generic`), and for one with these values (`custom`).
 */
export async function wholeReads(
  client: pg.Client,
  { text, values }: Pick<Statement, 'text' | 'values'>,
  tables: ReadonlySet<string>,
): Promise<string[]> {
  const given = values.map((one) => (one === null ? 'null' : `'${one.replaceAll("'", "''")}'`));
  const found: string[] = [];
  await client.query(`prepare planned as ${text}`);
  for (const mode of given.length > 0 ? ['generic', 'custom'] : ['custom']) {
    await client.query(`set plan_cache_mode = force_${mode}_plan`);
    const execute = `execute planned${given.length > 0 ? `(${given.join()})` : ''}`;
    const { rows } = await client.query(`explain (format json, costs off) ${execute}`);
    for (const scan of scansIn(rows[0]['QUERY PLAN'][0].Plan, tables, false)) found.push(`${mode}: ${scan}`);
  }
  await client.query('deallocate planned');
  return found;
}

/** An index without a condition is a table in another order. With a limit, it is the first page of a list. */
function scansIn(node: Node, tables: ReadonlySet<string>, isLimited: boolean): string[] {
  const { 'Node Type': type, 'Relation Name': table = '', 'Index Name': index, Plans: inner = [] } = node;
  const isWhole =
    type === 'Seq Scan' || (/^Index (Only )?Scan$/.test(type) && !('Index Cond' in node) && !isLimited);
  const own = isWhole && tables.has(table) ? [[type, index, 'on', table].filter(Boolean).join(' ')] : [];
  return [...own, ...inner.flatMap((one) => scansIn(one, tables, isLimited || type === 'Limit'))];
}
