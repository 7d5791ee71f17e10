// A workflow, read again: after a reload, or a crash between two steps.
import { builder } from '../builder.ts';
import { Workflow } from '../types/workflow.ts';

builder.queryField('workflow', (t) =>
  t.field({
    type: Workflow,
    nullable: true,
    description:
      'The workflow of this id; null when there is none, or it belongs to another session. Tokens and backup codes are not shown again.',
    args: { id: t.arg.id({ required: true, description: 'The workflow’s id.' }) },
    resolve: (_root, { id }, { services, ...caller }) => services.runner.read(id, caller),
  }),
);
