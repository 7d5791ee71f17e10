// What an agent may use of this API: what it needs to ask its user for an approval, and to know for whom it acts. Everything
// else is refused, so that whatever is added later is closed for agents until it is named here. The whole operation is
// refused, before any of its fields has run.
import {
  type FieldNode,
  type GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  locatedError,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { REFUSED_AGENT } from '../policy/decision.ts';
import { type OperationToRun, rootFields } from '../step-up/operation.ts';
import { RefusalError } from '../step-up/refusal-error.ts';
import { isMutation } from '../step-up/refuse-mutation.ts';

const OWN_SESSION = new Set(['id', 'isCurrent', 'agent', 'createdAt', 'expiresAt', 'revokedAt']);

/** The fields of each type. */
const ALLOWED: Readonly<Record<string, ReadonlySet<string> | 'ALL'>> = {
  Query: new Set(['viewer', 'workflow']),
  Mutation: new Set(['startStepUp', 'consumeOperationProof', 'signOut']),
  Subscription: new Set(['workflow']),
  // Not `sessions` and `auditEvents`, which show where the user has been, and no address: a code could be sent there.
  User: new Set(['id', 'name', 'locale', 'roles', 'assurance']),
  Assurance: new Set(['evidence', 'enrolled']),
  Session: OWN_SESSION,
  InvalidField: 'ALL',
  Agent: 'ALL',
  Evidence: 'ALL',
  Workflow: 'ALL',
  StepUp: 'ALL',
  FactorOption: 'ALL',
  Challenge: 'ALL',
  SessionGrant: 'ALL', // always null for an agent, which gets no tokens
};

/** The refusal of an operation that an agent may not use. Null if it may. */
export function refuseAgent(run: OperationToRun): GraphQLError | null {
  const closed = closedField(run);
  if (closed === null) return null;
  return locatedError(
    new RefusalError(REFUSED_AGENT, null, isMutation(run) ? rootFields(run) : null),
    closed,
  );
}

/** The first field that is not allowed, whether or not `@skip` leaves it out. */
function closedField({ schema, document, operationName }: OperationToRun): FieldNode | null {
  const typeInfo = new TypeInfo(schema);
  let closed: FieldNode | null = null;
  const visitor = visitWithTypeInfo(typeInfo, {
    Field(node) {
      const type = typeInfo.getParentType();
      if (closed === null && !isAllowed(schema, type, node.name.value)) closed = node;
    },
  });
  for (const definition of document.definitions) {
    const isOther =
      definition.kind === Kind.OPERATION_DEFINITION &&
      operationName != null &&
      definition.name?.value !== operationName;
    if (!isOther) visit(definition, visitor);
  }
  return closed;
}

function isAllowed(schema: GraphQLSchema, type: GraphQLNamedType | null | undefined, field: string): boolean {
  if (field.startsWith('__')) return true;
  if (!isObjectType(type) && !isInterfaceType(type)) return false;
  if (type.name.startsWith('__') || isError(schema, type)) return true;
  const allowed = Object.hasOwn(ALLOWED, type.name) ? ALLOWED[type.name] : undefined;
  return allowed === 'ALL' || (allowed?.has(field) ?? false);
}

function isError(schema: GraphQLSchema, type: GraphQLNamedType): boolean {
  const error = schema.getType('UserError');
  return type === error || (isObjectType(type) && type.getInterfaces().some((one) => one === error));
}
