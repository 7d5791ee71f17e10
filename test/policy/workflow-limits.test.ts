// How long a workflow lives and how many messages it sends.
import { expect, test } from 'vitest';
import { MAX_MESSAGES, RESEND_AFTER_SECONDS, WORKFLOW_SECONDS } from '../../src/policy/workflow-limits.ts';

test('a workflow lives for 15 minutes', () => {
  expect(WORKFLOW_SECONDS).toBe(900);
});

test('a workflow sends five messages for one factor, one every 30 seconds at most', () => {
  expect(MAX_MESSAGES).toBe(5);
  expect(RESEND_AFTER_SECONDS).toBe(30);
});
