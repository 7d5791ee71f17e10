// Waits for what happens to a workflow elsewhere, for example that its link is approved on another device.
import type { Seen } from '../../workflows/steps/wait.ts';
import { builder } from '../builder.ts';
import { Workflow } from '../types/workflow.ts';

builder.subscriptionField('workflow', (t) =>
  t.field({
    type: Workflow,
    nullable: true,
    description:
      'The workflow with this id: its state now, and its state whenever that has changed, for example because its link was approved on another device. The stream ends when the workflow is `COMPLETE`, `FAILED` or `EXPIRED`. The event is null, and the last one, if the workflow does not exist, belongs to another session, or if your session has ended or your access token has expired. The server may end the stream at any time; then subscribe again, or read `workflow` from time to time. GraphQL error: `TOO_MANY_WAITING`, with `retryAfterSeconds` in `extensions`.',
    args: { id: t.arg.id({ required: true, description: 'The id of the workflow.' }) },
    subscribe: (_root, { id }, { services, askAgain, ...caller }) =>
      services.runner.wait(id, caller, askAgain),
    resolve: ({ reply }: Seen) => reply,
  }),
);
