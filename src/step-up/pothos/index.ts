// The Pothos plugin: `stepUp`, `authenticated` and `requiresRole` on fields and types. It annotates while the schema
// is built, and puts the guards before the resolvers when it is done.
import './global-types.ts';
import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type PothosTypeConfig,
  type SchemaTypes,
} from '@pothos/core';
import { GraphQLEnumType, GraphQLSchema } from 'graphql';
import { guardDirectives } from '../directive.ts';
import { enforce } from '../enforce.ts';
import type { GuardDirectives } from '../guard.ts';
import type { GuardOptions } from './types.ts';

const pluginName = 'stepUp' as const;
export default pluginName;

export class PothosStepUpPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(typeConfig: PothosTypeConfig): PothosTypeConfig {
    return annotate(typeConfig, typeConfig.pothosOptions as GuardOptions<string>);
  }

  override onOutputFieldConfig(fieldConfig: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    return annotate(fieldConfig, fieldConfig.pothosOptions as GuardOptions<string>);
  }

  override afterBuild(schema: GraphQLSchema): GraphQLSchema {
    const directives = guardDirectives({
      FactorKind: enumOf(schema, 'FactorKind'),
      StepUpRequire: enumOf(schema, 'StepUpRequire'),
      StepUpBind: enumOf(schema, 'StepUpBind'),
      Role: enumOf(schema, 'Role'),
    });
    const config = schema.toConfig();
    const declared = new GraphQLSchema({ ...config, directives: [...config.directives, ...directives] });
    return enforce(declared, this.builder.options.stepUp.standing);
  }
}

SchemaBuilder.registerPlugin(pluginName, PothosStepUpPlugin);

interface Annotated {
  extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

function annotate<Config extends Annotated>(
  config: Config,
  { authenticated, requiresRole, stepUp }: GuardOptions<string>,
): Config {
  const guards: GuardDirectives = {
    ...(authenticated === undefined ? {} : { authenticated: {} }),
    ...(requiresRole === undefined ? {} : { requiresRole: { role: requiresRole } }),
    ...(stepUp === undefined ? {} : { stepUp: stepUp === true ? {} : stepUp }),
  };
  if (Object.keys(guards).length === 0) return config;
  const others: unknown = config.extensions?.['directives'];
  const directives = Array.isArray(others)
    ? [...others, ...Object.entries(guards).map(([name, args]) => ({ name, args }))]
    : { ...(others as object | undefined), ...guards };
  return { ...config, extensions: { ...config.extensions, directives } };
}

function enumOf(schema: GraphQLSchema, name: string): GraphQLEnumType {
  const type = schema.getType(name);
  if (!(type instanceof GraphQLEnumType)) {
    throw new Error(`The schema needs an enum ${name}: an argument of a guard's directive is made of it.`);
  }
  return type;
}
