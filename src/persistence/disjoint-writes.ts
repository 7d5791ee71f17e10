// Two writes of one statement must not touch the same row, because PostgreSQL performs one and silently ignores the
// other. Two writes to one table are therefore refused unless their conditions show that they touch different rows.
import {
  AliasNode,
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  DeleteQueryNode,
  IdentifierNode,
  InsertQueryNode,
  type OperationNode,
  OperatorNode,
  ParensNode,
  ReferenceNode,
  TableNode,
  UpdateQueryNode,
  ValueNode,
} from 'kysely';

/** The rows that a write may touch: those of this table in which these columns have these values. */
export interface Touched {
  readonly table: string;
  readonly equal: readonly (readonly [column: string, value: unknown])[];
}

/** @throws when two of these writes may touch the same row, which is a bug. */
export function refuseOverlap(writes: readonly (Touched | null)[]): void {
  const before: Touched[] = [];
  for (const touched of writes) {
    if (touched === null) continue;
    if (before.some((other) => mayMeet(touched, other))) {
      throw new Error(`Two writes of one step may touch the same row of ${touched.table}.`);
    }
    before.push(touched);
  }
}

/** Null if it touches no existing row. */
export function touchedBy(write: OperationNode): Touched | null {
  if (UpdateQueryNode.is(write)) return touchedIn(write.table, write.where?.where);
  if (DeleteQueryNode.is(write)) return touchedIn(write.from.froms[0], write.where?.where);
  if (InsertQueryNode.is(write) && write.onConflict !== undefined) return touchedIn(write.into);
  return null;
}

function touchedIn(target: OperationNode | undefined, where?: OperationNode): Touched {
  const isAliased = target !== undefined && AliasNode.is(target);
  const named = isAliased ? target.node : target;
  if (named === undefined || !TableNode.is(named)) throw new Error('A write must name one table.');
  const table = named.table.identifier.name;
  const name = isAliased && IdentifierNode.is(target.alias) ? target.alias.name : table;
  return { table, equal: where === undefined ? [] : equalities(where, name) };
}

/** The conditions that hold for every row: `column = value`, joined by `and`. @param table whose columns count. */
function equalities(where: OperationNode, table: string): [string, unknown][] {
  if (ParensNode.is(where)) return equalities(where.node, table);
  if (AndNode.is(where)) return [...equalities(where.left, table), ...equalities(where.right, table)];
  if (!BinaryOperationNode.is(where)) return [];
  const { leftOperand, operator, rightOperand } = where;
  const isEqual = OperatorNode.is(operator) && operator.operator === '=';
  if (!isEqual || !ReferenceNode.is(leftOperand) || !ValueNode.is(rightOperand)) return [];
  const { column, table: other } = leftOperand;
  // The columns of a table that the write only reads say nothing about the rows that it touches.
  if (other !== undefined && other.table.identifier.name !== table) return [];
  return ColumnNode.is(column) ? [[column.column.name, rightOperand.value]] : [];
}

function mayMeet(one: Touched, other: Touched): boolean {
  if (one.table !== other.table) return false;
  return !one.equal.some(([column, value]) =>
    other.equal.some((its) => its[0] === column && areDifferent(its[1], value)),
  );
}

/** Only texts and numbers can be compared. */
function areDifferent(one: unknown, other: unknown): boolean {
  return (
    [one, other].every((value) => typeof value === 'string' || typeof value === 'number') && one !== other
  );
}
