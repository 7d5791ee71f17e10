// Adds the directives while the schema is built, and puts the guards before the resolvers afterwards.
import {
  BasePlugin,
  type PothosOutputFieldConfig,
  type PothosTypeConfig,
  type SchemaTypes,
} from '@pothos/core';
import { type GraphQLEnumType, GraphQLSchema, isEnumType } from 'graphql';
import { guardDirectives } from '../directive.ts';
import { enforce } from '../enforce.ts';
import { guardEnums } from '../type-definitions.ts';
import { annotated, type SchemaElement } from '../written-guards.ts';
import type { GuardOptions } from './types.ts';

/** The plugin that Pothos loads for `stepUpPlugin`. You do not construct it yourself. */
export class PothosStepUpPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(typeConfig: PothosTypeConfig): PothosTypeConfig {
    return this.#annotate(typeConfig, typeConfig.pothosOptions as GuardOptions<string>);
  }

  override onOutputFieldConfig(fieldConfig: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    return this.#annotate(fieldConfig, fieldConfig.pothosOptions);
  }

  override afterBuild(schema: GraphQLSchema): GraphQLSchema {
    const { authContext, role = 'Role', prefix } = this.builder.options.stepUp;
    const ours = guardEnums();
    const enums = {
      FactorKind: enumOf(schema, 'FactorKind') ?? ours.FactorKind,
      StepUpRequire: enumOf(schema, 'StepUpRequire') ?? ours.StepUpRequire,
      StepUpBind: enumOf(schema, 'StepUpBind') ?? ours.StepUpBind,
      Role: enumOf(schema, role) ?? ours.Role,
    };
    const directives = guardDirectives(enums, prefix);
    const config = schema.toConfig();
    const declared = new GraphQLSchema({ ...config, directives: [...config.directives, ...directives] });
    return enforce(declared, authContext);
  }

  #annotate<Config extends SchemaElement>(
    config: Config,
    { authenticated, requiresRole, stepUp }: GuardOptions<string>,
  ): Config {
    const { prefix = '' } = this.builder.options.stepUp;
    return annotated(config, [
      ...(authenticated ? [{ name: `${prefix}authenticated`, args: {} }] : []),
      ...listOf(requiresRole).map((role) => ({ name: `${prefix}requiresRole`, args: { role } })),
      ...listOf(stepUp).map((one) => ({ name: `${prefix}stepUp`, args: one === true ? {} : one })),
    ]);
  }
}

function listOf<T>(option: T | readonly T[] | undefined): readonly T[] {
  if (option === undefined) return [];
  return Array.isArray(option) ? option : [option as T];
}

/** The schema's own enum, if it has one. It may have descriptions or more values. */
function enumOf(schema: GraphQLSchema, name: string): GraphQLEnumType | null {
  const type = schema.getType(name);
  return isEnumType(type) ? type : null;
}
