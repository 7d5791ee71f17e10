// Agents: giving one a token, and answering what it asks for.
import { z } from 'zod';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { AGENT_SECONDS, LEAST_AGENT_SECONDS, MOST_AGENT_SECONDS } from '../../policy/agents.ts';
import { RoleNotHeld, TooManyAgents } from '../../sessions/errors.ts';
import { createAgent } from '../../users/create-agent.ts';
import { rejectAgentRequest } from '../../workflows/agent-request/answer.ts';
import { startAgentApproval } from '../../workflows/agent-request/start-approval.ts';
import { AgentRequestEnded, EnrollmentRequired, TooManyRequests } from '../../workflows/errors.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput, label, parseInput } from '../input.ts';
import { AgentTokenType } from '../types/agent.ts';
import { RoleEnum } from '../types/enums.ts';
import { UserType } from '../types/user.ts';
import { StepUp } from '../types/workflow.ts';

const LIFETIME = `Enter a number of seconds from ${LEAST_AGENT_SECONDS} to ${MOST_AGENT_SECONDS}.`;

const CreateAgentTokenInput = builder.inputType('CreateAgentTokenInput', {
  description: 'The agent that gets a token.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        'What you call the agent, at most 64 characters. It is shown with everything that it asks for.',
    }),
    lifetimeSeconds: t.int({
      defaultValue: AGENT_SECONDS,
      description:
        'How long the token is valid, in seconds: at most 24 hours. It ends then, and cannot be extended.',
    }),
    roles: t.field({
      type: [RoleEnum],
      defaultValue: [],
      description: 'The roles that the agent may use. You must have each of them.',
    }),
  }),
});

const agentForm = z.object({
  name: label,
  lifetimeSeconds: z
    .int()
    .nullish()
    .transform((seconds) => seconds ?? AGENT_SECONDS)
    .refine((seconds) => seconds >= LEAST_AGENT_SECONDS && seconds <= MOST_AGENT_SECONDS, LIFETIME),
});

builder.mutationField('createAgentToken', (t) =>
  t.errorUnionField({
    types: [AgentTokenType, InvalidInput, RoleNotHeld, TooManyAgents, Conflict],
    nullable: true,
    stepUp: { bind: 'OPERATION', describe: 'Give {input.name} access to your account. Roles: {input.roles}' },
    description:
      'Gives an agent a token of its own, for example an AI assistant. The agent can use what needs no proof. For a field with `@stepUp(bind: OPERATION)`, it asks you for an approval with `startStepUp`, and all other guarded fields are refused. It is listed with your `sessions`, and ends with them. You are notified.',
    args: {
      input: t.arg({
        type: CreateAgentTokenInput,
        required: true,
        description: 'The agent that gets a token.',
      }),
    },
    resolve: (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const agent = { ...parseInput(agentForm, input), roles: input.roles ?? [] };
      return createAgent(services, agent, { ...caller, now: services.clock.now() });
    },
  }),
);

builder.mutationField('startAgentApproval', (t) =>
  t.errorUnionField({
    types: [StepUp, AgentRequestEnded, EnrollmentRequired, TooManyRequests],
    nullable: true,
    authenticated: true,
    description:
      'Starts a step-up that approves a request of one of your agents. When it completes, the agent may run the operation once. The proof counts for nothing else: your own session gains nothing, and `session` is null.',
    args: { id: t.arg.id({ required: true, description: 'The id of one of your `agentRequests`.' }) },
    resolve: (_root, { id }, context) => {
      const { services, ...caller } = signedIn(context);
      return startAgentApproval(services, id, caller);
    },
  }),
);

builder.mutationField('rejectAgentRequest', (t) =>
  t.errorUnionField({
    types: [UserType, AgentRequestEnded, Conflict],
    nullable: true,
    authenticated: true,
    description:
      'Rejects a request of one of your agents, which learns of it at once. It cannot be approved any more.',
    args: { id: t.arg.id({ required: true, description: 'The id of one of your `agentRequests`.' }) },
    resolve: async (_root, { id }, context) => {
      const { services, ...caller } = signedIn(context);
      const answer = { ...caller, requestId: id, now: services.clock.now() };
      await rejectAgentRequest(services.changes, answer);
      return { id: caller.session.userId };
    },
  }),
);
