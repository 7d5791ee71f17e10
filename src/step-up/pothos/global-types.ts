// Adds the plugin's options to the global types of Pothos.
import type { FieldNullability, InputFieldMap, InterfaceParam, SchemaTypes, TypeParam } from '@pothos/core';
import type { PothosStepUpPlugin } from './plugin.ts';
import type { GuardOptions, StepUpPluginOptions } from './types.ts';

declare global {
  export namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      stepUp: PothosStepUpPlugin<Types>;
    }

    interface SchemaBuilderOptions<Types extends SchemaTypes> {
      stepUp: StepUpPluginOptions<Types['Context']>;
    }

    interface FieldOptions<
      Types extends SchemaTypes = SchemaTypes,
      ParentShape = unknown,
      Type extends TypeParam<Types> = TypeParam<Types>,
      Nullable extends FieldNullability<Type> = FieldNullability<Type>,
      Args extends InputFieldMap = InputFieldMap,
      ResolveShape = unknown,
      ResolveReturnShape = unknown,
    > extends GuardOptions<string> {}

    interface ObjectTypeOptions<Types extends SchemaTypes = SchemaTypes, Shape = unknown>
      extends GuardOptions<string> {}

    interface QueryTypeOptions<Types extends SchemaTypes = SchemaTypes> extends GuardOptions<string> {}

    interface MutationTypeOptions<Types extends SchemaTypes = SchemaTypes> extends GuardOptions<string> {}

    interface SubscriptionTypeOptions<Types extends SchemaTypes = SchemaTypes> extends GuardOptions<string> {}

    interface InterfaceTypeOptions<
      Types extends SchemaTypes = SchemaTypes,
      Shape = unknown,
      Interfaces extends InterfaceParam<Types>[] = InterfaceParam<Types>[],
    > extends GuardOptions<string> {}
  }
}
