// What an operation on this API will be asked for, told before it is sent.
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
import { type GraphQLContext, standingOf } from '../context.ts';
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
  description: 'What `@stepUp` demands: the input of `startStepUp`.',
  fields: (t) => ({
    maxAge: t.exposeInt('maxAge', { description: 'How old the proof may be, in seconds.' }),
    accept: t.field({
      type: [FactorKindEnum],
      description: 'The second factors that will do.',
      resolve: (it) => [...it.accept],
    }),
    require: t.field({
      type: StepUpRequireEnum,
      description: 'Whether a first factor will do for a user who has no second one.',
      resolve: (it) => it.require,
    }),
    bind: t.field({
      type: StepUpBindEnum,
      description: 'With `OPERATION`, give the `operation` as well.',
      resolve: (it) => it.bind,
    }),
  }),
});

const RefusalType = builder.objectRef<Refusal>('Refusal').implement({
  description: 'Why a field would be refused, and what would help: the `extensions` of the refusal.',
  fields: (t) => ({
    code: t.field({ type: RefusalCodeEnum, description: 'What is missing.', resolve: (it) => it.code }),
    remedy: t.field({
      type: RemedyEnum,
      nullable: true,
      description: 'What would help; null: nothing that a client could do.',
      resolve: (it) => it.remedy,
    }),
    acrValues: t.stringList({
      nullable: true,
      description: '`acr` values that would do (RFC 9470 section 3).',
      resolve: (it) => (it.acrValues === null ? null : [...it.acrValues]),
    }),
    maxAge: t.exposeInt('maxAge', { nullable: true, description: 'Seconds (RFC 9470 section 3).' }),
    accept: t.field({
      type: [FactorKindEnum],
      nullable: true,
      description: 'The second factors that would do.',
      resolve: (it) => (it.accept === null ? null : [...it.accept]),
    }),
    require: t.field({
      type: StepUpRequireEnum,
      nullable: true,
      description: 'Whether a first factor will do for a user who has no second one.',
      resolve: (it) => it.require,
    }),
    bind: t.field({
      type: StepUpBindEnum,
      nullable: true,
      description: 'Whether the proof must be made for this very operation.',
      resolve: (it) => it.bind,
    }),
    refreshSuffices: t.boolean({
      nullable: true,
      description:
        'Whether the session already holds what is demanded and only the access token is too old to say so: refresh it, and ask nobody. Null where it is not known.',
      resolve: (it) => it.refreshSuffices ?? null,
    }),
    lastVerifiedAt: t.exposeInt('lastVerifiedAt', {
      nullable: true,
      description: 'When one of them was last proved in this session, in seconds since 1970.',
    }),
  }),
});

interface AnsweredField extends FieldRequirement {
  readonly refusal: Refusal | null;
}

const FieldRequirementType = builder.objectRef<AnsweredField>('FieldRequirement').implement({
  description:
    'What stands before one field. A field of an interface or a union has the guards of every type that it could belong to.',
  fields: (t) => ({
    path: t.stringList({
      description: 'Response names from the root, without the places in lists.',
      resolve: (it) => [...it.path],
    }),
    authenticated: t.exposeBoolean('authenticated', {
      description:
        'Whether `@authenticated` is among its guards. The others ask for a signed-in user as well.',
    }),
    roles: t.field({
      type: [RoleEnum],
      description: 'The roles that the user must have.',
      resolve: (it) => it.roles as (typeof RoleEnum.$inferType)[],
    }),
    stepUps: t.field({
      type: [StepUpRequirementType],
      description: 'What `@stepUp` demands. One, unless its guards accept no factor in common.',
      resolve: (it) => [...it.stepUps],
    }),
    refusal: t.field({
      type: RefusalType,
      nullable: true,
      description: 'With what the field would be refused to whoever asks, now; null: it would not be.',
      resolve: (it) => it.refusal,
    }),
  }),
});

interface Answer extends StepUpRequirements {
  readonly guardedFields: readonly AnsweredField[];
}

const StepUpRequirementsType = builder.objectRef<Answer>('StepUpRequirements').implement({
  description: 'What an operation will be asked for.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'guardedFields' in value,
  fields: (t) => ({
    stepUps: t.field({
      type: [StepUpRequirementType],
      description:
        'What to call `startStepUp` with, so that every field lets pass: the strictest of all of them. Mostly one; none when no field demands any; several only when no factor would do for all, of those that a signed-in user has.',
      resolve: (it) => [...it.stepUps],
    }),
    guardedFields: t.field({
      type: [FieldRequirementType],
      description: 'The guarded fields. A mutation is refused whole when one of them is.',
      resolve: (it) => [...it.guardedFields],
    }),
  }),
});

builder.queryField('stepUpRequirements', (t) =>
  t.errorUnionField({
    types: [StepUpRequirementsType, InvalidInput],
    description:
      'What an operation on this API will be asked for, before it is sent; nothing of it is executed. Its guards are those that the schema shows to everybody, so nobody needs to be signed in to ask.',
    args: {
      document: t.arg.string({ required: true, description: 'The document, as it would be sent.' }),
      variables: t.arg({
        type: 'JSON',
        description: 'The variables, as they would be sent. Only those of `@skip` and `@include` matter.',
      }),
      operationName: t.arg.string({ description: 'Which of several operations in the document.' }),
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
      { path: 'operationName', message: 'Name one of the operations in the document.' },
    ]);
  const { standing, now } = standingOf(context);
  const held = standing?.enrolled.length ? standing.enrolled : undefined;
  const found = guardsByPath({ schema, document, variableValues, operationName });
  return {
    stepUps: strictest(
      found.flatMap(({ guards }) => demandsOf(guards)),
      held,
    ),
    guardedFields: found.map(({ path, guards }) => ({
      ...fieldRequirement(path, guards),
      refusal: refuse(guards, standing, now),
    })),
  };
}
