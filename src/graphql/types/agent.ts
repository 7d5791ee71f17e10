// Agents, and the requests that wait for their user.
import type { AgentToken } from '../../users/create-agent.ts';
import type { AgentRequest } from '../../workflows/agent-request/waiting.ts';
import { openApproves } from '../../workflows/approves.ts';
import { builder } from '../builder.ts';
import { SessionType } from './session.ts';

export const AgentTokenType = builder.objectRef<AgentToken>('AgentToken').implement({
  description: 'The only token of an agent. It cannot be refreshed.',
  isTypeOf: (value) =>
    typeof value === 'object' && value !== null && 'accessToken' in value && !('refreshToken' in value),
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description:
        'A JWT (RFC 9068) whose claim `act` names the agent (RFC 8693 section 4.1). It is shown once. Give it to the agent, which sends it in the header `Authorization: Bearer …`.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the token expires.' }),
    session: t.field({
      type: SessionType,
      description: 'The session of the agent. `revokeSession` ends it.',
      resolve: (it) => it.session,
    }),
  }),
});

export const AgentRequestType = builder.objectRef<AgentRequest>('AgentRequest').implement({
  description:
    'An operation that an agent may run once its user approves it. Show the user who asks and what for, and call `startAgentApproval` or `rejectAgentRequest`.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the request.' }),
    agentName: t.exposeString('agentName', { description: 'What the user called the agent.' }),
    sessionId: t.exposeID('sessionId', {
      description: 'The session of the agent. `revokeSession` ends it, with all its requests.',
    }),
    approves: t.string({
      nullable: true,
      description: 'The operation that the agent wants to run, in words to show to the user.',
      resolve: (it, _args, { services }) => openApproves(services.ring, it.id, it.approves),
    }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When the agent asked.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it can no longer be approved.' }),
  }),
});
