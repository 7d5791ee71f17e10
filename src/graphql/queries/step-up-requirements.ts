// Tells clients which step-up an operation on this API requires, before they send it.
import { type GraphQLSchema, getOperationAST } from 'graphql';
import type { Refusal } from '../../policy/decision.ts';
import type { Requirement } from '../../policy/requirement.ts';
import { refuse } from '../../step-up/guard.ts';
import {
  demandsOf,
  type FieldRequirement,
  fieldRequirement,
  guardsByPath,
  type StepUpRequirements,
  strictest,
} from '../../step-up/requirements.ts';
import { builder } from '../builder.ts';
import { checkedDocument } from '../client-document.ts';
import { authContextOf, type GraphQLContext } from '../context.ts';
import { InvalidInput } from '../input.ts';
import { variablesOf } from '../operation-in-words.ts';
import {
  FactorKindEnum,
  RefusalCodeEnum,
  RemedyEnum,
  RoleEnum,
  StepUpBindEnum,
  StepUpRequireEnum,
} from '../types/enums.ts';

const StepUpRequirementType = builder.objectRef<Requirement>('StepUpRequirement').implement({
  description: 'What a `@stepUp` guard requires. The fields have the same meaning in `StartStepUpInput`.',
  fields: (t) => ({
    maxAge: t.exposeInt('maxAge', { description: 'The maximum age of the proof, in seconds.' }),
    accept: t.field({
      type: [FactorKindEnum],
      description: 'The second factors that the guard accepts.',
      resolve: (it) => [...it.accept],
    }),
    minFactorAge: t.exposeInt('minFactorAge', {
      description: 'The minimum age of the factor, in seconds: how long ago what is proved was enrolled.',
    }),
    require: t.field({
      type: StepUpRequireEnum,
      description:
        'How strong the proof must be: a second factor, or the strongest factor that the user has.',
      resolve: (it) => it.require,
    }),
    bind: t.field({
      type: StepUpBindEnum,
      description:
        'What the proof can be used for. If it is `OPERATION`, pass the operation to `startStepUp` as `operation`.',
      resolve: (it) => it.bind,
    }),
  }),
});

const RefusalType = builder.objectRef<Refusal>('Refusal').implement({
  description:
    'Why a field would be refused, and what you can do about it. The GraphQL error has the same fields in its `extensions`.',
  fields: (t) => ({
    code: t.field({
      type: RefusalCodeEnum,
      description: 'Why the field would be refused.',
      resolve: (it) => it.code,
    }),
    remedy: t.field({
      type: RemedyEnum,
      nullable: true,
      description: 'What the client can do to get access. Null if there is nothing that it can do.',
      resolve: (it) => it.remedy,
    }),
    acrValues: t.stringList({
      nullable: true,
      description:
        'The `acr` values that the field accepts (RFC 9470 section 3). Null if they do not matter.',
      resolve: (it) => (it.acrValues === null ? null : [...it.acrValues]),
    }),
    maxAge: t.exposeInt('maxAge', {
      nullable: true,
      description:
        'The maximum age of the proof, in seconds (RFC 9470 section 3). Null if no proof is missing.',
    }),
    accept: t.field({
      type: [FactorKindEnum],
      nullable: true,
      description: 'The second factors that the field accepts. Null if no proof is missing.',
      resolve: (it) => (it.accept === null ? null : [...it.accept]),
    }),
    require: t.field({
      type: StepUpRequireEnum,
      nullable: true,
      description:
        'How strong the proof must be: a second factor, or the strongest factor that the user has. Null if no proof is missing.',
      resolve: (it) => it.require,
    }),
    bind: t.field({
      type: StepUpBindEnum,
      nullable: true,
      description: 'What the proof can be used for. Null if no proof is missing.',
      resolve: (it) => it.bind,
    }),
    minFactorAge: t.int({
      nullable: true,
      description:
        'The minimum age of the factor, in seconds. Null if the field accepts factors of any age, or if no proof is missing.',
      resolve: (it) => it.minFactorAge ?? null,
    }),
    oldEnoughAt: t.int({
      nullable: true,
      description:
        'When a factor that was proved in this session is old enough, in seconds since the Unix epoch. Null if none is known to become so.',
      resolve: (it) => it.oldEnoughAt ?? null,
    }),
    refreshSuffices: t.boolean({
      nullable: true,
      description:
        'Whether the session already has a sufficient proof, which the access token is too old to contain. If so, refresh the session and retry; the user does not have to do anything. Null if unknown.',
      resolve: (it) => it.refreshSuffices ?? null,
    }),
    lastVerifiedAt: t.exposeInt('lastVerifiedAt', {
      nullable: true,
      description:
        'When an accepted factor was last proved in this session, in seconds since the Unix epoch. Null if none was.',
    }),
  }),
});

interface AnsweredField extends FieldRequirement {
  readonly refusal: Refusal | null;
}

const FieldRequirementType = builder.objectRef<AnsweredField>('FieldRequirement').implement({
  description:
    'The guards of one field. A field selected on an interface or union has the guards of every type that it can belong to.',
  fields: (t) => ({
    path: t.stringList({
      description:
        'The path of the field in the response: names or aliases from the root, without list indexes.',
      resolve: (it) => [...it.path],
    }),
    authenticated: t.exposeBoolean('authenticated', {
      description:
        'Whether the field is guarded by `@authenticated`. The other guards require a signed-in user as well.',
    }),
    roles: t.field({
      type: [RoleEnum],
      description: 'The roles that the user must have, all of them.',
      resolve: (it) => it.roles as (typeof RoleEnum.$inferType)[],
    }),
    stepUps: t.field({
      type: [StepUpRequirementType],
      description:
        'What the `@stepUp` guards of the field require, combined. More than one only if the guards have no accepted factor in common.',
      resolve: (it) => [...it.stepUps],
    }),
    refusal: t.field({
      type: RefusalType,
      nullable: true,
      description:
        'Why the field would be refused if the current session requested it now. Null if it would be allowed.',
      resolve: (it) => it.refusal,
    }),
  }),
});

interface Answer extends StepUpRequirements {
  readonly guardedFields: readonly AnsweredField[];
}

const StepUpRequirementsType = builder.objectRef<Answer>('StepUpRequirements').implement({
  description: 'What an operation requires before it can run.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'guardedFields' in value,
  fields: (t) => ({
    stepUps: t.field({
      type: [StepUpRequirementType],
      description:
        'The inputs for `startStepUp` that satisfy every field: the strictest of each requirement. Usually one. Empty if no field requires a step-up. More than one only if none of the user’s factors satisfies all fields.',
      resolve: (it) => [...it.stepUps],
    }),
    guardedFields: t.field({
      type: [FieldRequirementType],
      description:
        'The guarded fields of the operation. If one of them is refused, a mutation operation is refused as a whole.',
      resolve: (it) => [...it.guardedFields],
    }),
  }),
});

builder.queryField('stepUpRequirements', (t) =>
  t.errorUnionField({
    types: [StepUpRequirementsType, InvalidInput],
    description:
      'Tells you what an operation on this API requires, before you send it. The operation is not executed. You do not have to be signed in, because the guards are public in the schema.',
    args: {
      document: t.arg.string({ required: true, description: 'The GraphQL document that you would send.' }),
      variables: t.arg({
        type: 'JSON',
        description:
          'The variables that you would send, as a JSON object. Only those used by `@skip` and `@include` matter.',
      }),
      operationName: t.arg.string({
        description: 'The name of the operation. Required if the document has more than one.',
      }),
    },
    resolve: (_root, args, context, info): Answer => requirementsFor(info.schema, args, context),
  }),
);

interface Asked {
  readonly document: string;
  readonly variables?: unknown;
  readonly operationName?: string | null | undefined;
}

function requirementsFor(
  schema: GraphQLSchema,
  { document: text, variables, operationName }: Asked,
  context: GraphQLContext,
): Answer {
  const document = checkedDocument(context.budget, schema, text, 'document');
  const variableValues = variablesOf(variables, 'variables');
  if (!getOperationAST(document, operationName))
    throw new InvalidInput([
      { path: 'operationName', message: 'Give the name of an operation in the document.' },
    ]);
  const { authContext, now } = authContextOf(context);
  const held = authContext?.enrolled.length ? authContext.enrolled : undefined;
  const found = guardsByPath({ schema, document, variableValues, operationName });
  return {
    stepUps: strictest(
      found.flatMap(({ guards }) => demandsOf(guards)),
      held,
    ),
    guardedFields: found.map(({ path, guards }) => ({
      ...fieldRequirement(path, guards),
      refusal: refuse(guards, authContext, now),
    })),
  };
}
