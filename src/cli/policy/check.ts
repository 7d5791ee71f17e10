// `stepgate policy check`: finds the fields that lack the guard a rule requires, and says how to fix each one.
import {
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { StepUpRequire } from '../../policy/requirement.ts';
import type { Guard } from '../../step-up/guard.ts';
import { directiveText, guardText } from '../../step-up/guard-text.ts';
import { placeOf } from '../../step-up/schema-file/error.ts';
import { fieldsOf, type SchemaField } from './fields.ts';
import type { Rule, Rules } from './rules.ts';

export interface Verdict {
  /** One line per field and rule. */
  readonly violations: readonly string[];
  /** Rules and exceptions that match no field, for example because a field was renamed. */
  readonly warnings: readonly string[];
  readonly summary: string;
}

export function check(schema: GraphQLSchema, { rules, except, file }: Rules): Verdict {
  const fields = fieldsOf(schema).map((field) => ({ ...field, names: namesOf(schema, field) }));
  const excepted = matcher(except);
  const violations: string[] = [];
  const warnings: string[] = [];
  const checked = new Set<string>();

  for (const [at, rule] of rules.entries()) {
    const name = `rule ${at + 1} (${rule.match.join(', ')})`;
    const answers = answering(schema, rule);
    const matches = matcher(rule.match);
    const about = fields.filter((one) => matches(one.names) && answers(one));
    if (about.length === 0) warnings.push(`${file}: ${name} matches no field.`);
    const isException = matcher(rule.except);
    for (const field of about.filter((one) => !excepted(one.names) && !isException(one.names))) {
      checked.add(field.coordinate);
      if (!field.guards.some(({ guard }) => satisfies(guard, rule))) {
        violations.push(violation(field, rule, name));
      }
    }
  }

  for (const pattern of [...except, ...rules.flatMap((rule) => rule.except)]) {
    const matches = matcher([pattern]);
    if (!fields.some((one) => matches(one.names))) {
      warnings.push(`${file}: the exception ${pattern} matches no field.`);
    }
  }
  const outcome =
    violations.length === 0
      ? 'no violations.'
      : `${counted(violations, 'violation')}. If a field needs no guard, list it under "except" in ${file}.`;
  const summary = `${counted([...checked], 'field')}, ${counted(rules, 'rule')}: ${outcome}`;
  return { violations, warnings, summary };
}

function counted({ length }: readonly unknown[], noun: string): string {
  return `${length} ${noun}${length === 1 ? '' : 's'}`;
}

/** A pattern can name a field by its type, by an interface of the type, or by the operation whose root the type is. */
function namesOf(schema: GraphQLSchema, { owner, field }: SchemaField): string[] {
  return [owner.name, ...owner.getInterfaces().map((one) => one.name), ...rootNames(schema, owner)].map(
    (name) => `${name}.${field.name}`,
  );
}

function rootNames(schema: GraphQLSchema, type: GraphQLObjectType): string[] {
  const roots = {
    Query: schema.getQueryType(),
    Mutation: schema.getMutationType(),
    Subscription: schema.getSubscriptionType(),
  };
  return Object.entries(roots).flatMap(([name, root]) => (root === type ? name : []));
}

function matcher(patterns: readonly string[]): (names: readonly string[]) => boolean {
  const expressions = patterns.map(
    (one) => new RegExp(`^${one.replace('.', '\\.').replaceAll(/\*+/g, '\\w*')}$`),
  );
  return (names) => expressions.some((one) => names.some((name) => one.test(name)));
}

function answering(schema: GraphQLSchema, { returns }: Rule): (field: SchemaField) => boolean {
  if (returns === undefined) return () => true;
  return ({ field }) => {
    const type = getNamedType(field.type);
    const types: GraphQLNamedOutputType[] = isAbstractType(type)
      ? [type, ...schema.getPossibleTypes(type)]
      : [type];
    return types.some(
      (one) =>
        one.name === returns ||
        (isObjectType(one) && one.getInterfaces().some(({ name }) => name === returns)),
    );
  };
}

function satisfies(guard: Guard, rule: Rule): boolean {
  switch (rule.require) {
    case 'authenticated':
      return true; // every guard refuses a caller who is not signed in
    case 'requiresRole':
      return guard.directive === 'requiresRole' && guard.role === rule.role;
    case 'stepUp': {
      if (guard.directive !== 'stepUp') return false;
      const { maxAge, accept, require } = guard.requirement;
      return (
        maxAge <= (rule.maxAge ?? Number.POSITIVE_INFINITY) &&
        accept.every((kind) => rule.accept?.includes(kind) ?? true) &&
        (rule.secondFactor !== true || require === StepUpRequire.SECOND_FACTOR)
      );
    }
  }
}

function violation({ coordinate, field, guards }: SchemaField, rule: Rule, name: string): string {
  const place = placeOf(field.astNode?.name.loc);
  const present = guards.map(({ guard }) => guardText(guard)).join(' ') || 'no guard';
  const isThere = guards.some(({ guard }) => guard.directive === rule.require);
  const remedy = `${isThere ? 'make it at least as strict as' : 'add'} ${demandText(rule)}`;
  const reason = rule.reason === undefined ? '' : `: ${rule.reason}`;
  return `${place}${coordinate} has ${present}; ${remedy}. [${name}${reason}]`;
}

function demandText(rule: Rule): string {
  switch (rule.require) {
    case 'authenticated':
      return directiveText(rule.require, {});
    case 'requiresRole':
      return directiveText(rule.require, { role: rule.role });
    case 'stepUp':
      return directiveText(rule.require, {
        maxAge: rule.maxAge,
        accept: rule.accept,
        require: rule.secondFactor === true ? StepUpRequire.SECOND_FACTOR : undefined,
      });
  }
}
