// Reads a workflow again, for example after a page reload or a lost response.
import { builder } from '../builder.ts';
import { Workflow } from '../types/workflow.ts';

builder.queryField('workflow', (t) =>
  t.field({
    type: Workflow,
    nullable: true,
    description:
      'The workflow with this id. Null if it does not exist or belongs to another session. Tokens and backup codes are not returned again.',
    args: { id: t.arg.id({ required: true, description: 'The id of the workflow.' }) },
    resolve: (_root, { id }, { services, ...caller }) => services.runner.read(id, caller),
  }),
);
