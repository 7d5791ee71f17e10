// Generates mutants of a source file: a condition removed or negated, a boundary shifted, a statement removed, a literal
// changed. Types, imports and strings are left alone.
import { parseSync, Visitor } from 'oxc-parser';

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  readonly line: number;
}

const OPPOSITES: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '==': '!=',
  '!=': '==',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
};

interface Span {
  readonly start: number;
  readonly end: number;
}

export function editsOf(file: string, source: string): Edit[] {
  const edits: Edit[] = [];
  const text = ({ start, end }: Span): string => source.slice(start, end);
  const replace = ({ start, end }: Span, replacement: string): void => {
    edits.push({ start, end, replacement, line: source.slice(0, start).split('\n').length });
  };
  const types = new Set<number>();
  new Visitor({
    TSLiteralType({ literal }) {
      types.add(literal.start);
    },
    IfStatement({ test }) {
      replace(test, 'true');
      replace(test, 'false');
    },
    ConditionalExpression({ test }) {
      replace(test, `!(${text(test)})`);
    },
    LogicalExpression(node) {
      replace(node, `(${text(node.left)})`);
      if (node.operator !== '??') replace(node, `(${text(node.right)})`);
    },
    BinaryExpression(node) {
      const opposite = OPPOSITES[node.operator];
      // String concatenation is not arithmetic.
      const isText = [node.left, node.right].some(({ type }) => type === 'TemplateLiteral');
      if (opposite !== undefined && !isText)
        replace(node, `(${text(node.left)}) ${opposite} (${text(node.right)})`);
    },
    UnaryExpression(node) {
      if (node.operator === '!') replace(node, `(${text(node.argument)})`);
    },
    ExpressionStatement(node) {
      if (node.expression.type !== 'Literal') replace(node, ';');
    },
    Literal(node) {
      if (types.has(node.start)) return;
      if (typeof node.value === 'boolean') replace(node, String(!node.value));
      if (typeof node.value === 'number') replace(node, String(node.value + 1));
    },
  }).visit(parseSync(file, source).program);
  return edits;
}

export function applied(source: string, { start, end, replacement }: Edit): string {
  return source.slice(0, start) + replacement + source.slice(end);
}
