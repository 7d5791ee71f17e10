import { expect, test } from 'vitest';
import { OperatorError, printFailure } from '../../src/platform/operator-error.ts';

class DiskFullError extends OperatorError {
  readonly code = 'DISK_FULL';
}

class UnmetError extends OperatorError {
  readonly code = 'UNMET';
  override readonly exitCode = 1;
}

function printed(error: unknown): { code: number; text: string } {
  let text = '';
  const code = printFailure(error, { write: (said) => (text += said) });
  return { code, text };
}

test('what an operator can fix prints as its message, and its exit code says whether the program ran', () => {
  expect(printed(new DiskFullError('The disk is full.'))).toEqual({ code: 2, text: 'The disk is full.\n' });
  expect(printed(new UnmetError('Two rules are violated.'))).toEqual({
    code: 1,
    text: 'Two rules are violated.\n',
  });
  expect(new DiskFullError('').name).toBe('DiskFullError');
});

test('anything else is a bug and prints its stack trace', () => {
  const { code, text } = printed(new TypeError('it is undefined'));
  expect(code).toBe(1);
  expect(text).toMatch(/^TypeError: it is undefined\n {4}at .*operator-error\.test\.ts/);
  expect(printed('a string').text).toBe('a string\n');
});
