// No two writes of one statement may touch the same row: PostgreSQL performs one of them and drops the other in silence.
// So two writes to one table are refused unless their conditions show that they meet different rows.
import {
  AliasNode,
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  DeleteQueryNode,
  InsertQueryNode,
  type OperationNode,
  OperatorNode,
  ParensNode,
  ReferenceNode,
  TableNode,
  UpdateQueryNode,
  ValueNode,
} from 'kysely';

/** The rows that a write may touch: of this table, and where these columns have these values. */
interface Touched {
  readonly table: string;
  readonly values: ReadonlyMap<string, unknown>;
}

/** @throws when two of these writes may touch the same row, which is a mistake in our code. */
export function refuseOverlap(writes: readonly OperationNode[]): void {
  const before: Touched[] = [];
  for (const write of writes) {
    const touched = touchedBy(write);
    if (touched === null) continue;
    if (before.some((other) => mayMeet(touched, other))) {
      throw new Error(`Two writes of one step may touch the same row of ${touched.table}.`);
    }
    before.push(touched);
  }
}

/** Null: it touches no row that was there before. */
function touchedBy(write: OperationNode): Touched | null {
  if (UpdateQueryNode.is(write)) return touchedIn(write.table, write.where?.where);
  if (DeleteQueryNode.is(write)) return touchedIn(write.from.froms[0], write.where?.where);
  if (InsertQueryNode.is(write) && write.onConflict !== undefined) return touchedIn(write.into);
  return null;
}

function touchedIn(table: OperationNode | undefined, where?: OperationNode): Touched | null {
  const named = table !== undefined && AliasNode.is(table) ? table.node : table;
  if (named === undefined || !TableNode.is(named)) return null;
  return { table: named.table.identifier.name, values: new Map(where && equalities(where)) };
}

/** The conditions that hold for every row: `column = value`, joined by `and`. */
function equalities(where: OperationNode): [string, unknown][] {
  if (ParensNode.is(where)) return equalities(where.node);
  if (AndNode.is(where)) return [...equalities(where.left), ...equalities(where.right)];
  if (!BinaryOperationNode.is(where)) return [];
  const { leftOperand, operator, rightOperand } = where;
  const isEqual = OperatorNode.is(operator) && operator.operator === '=';
  if (!isEqual || !ReferenceNode.is(leftOperand) || !ValueNode.is(rightOperand)) return [];
  const { value } = rightOperand;
  const isComparable = typeof value === 'string' || typeof value === 'number';
  const { column } = leftOperand;
  return isComparable && ColumnNode.is(column) ? [[column.column.name, value]] : [];
}

function mayMeet(one: Touched, other: Touched): boolean {
  if (one.table !== other.table) return false;
  return ![...one.values].some(
    ([column, value]) => other.values.has(column) && other.values.get(column) !== value,
  );
}
