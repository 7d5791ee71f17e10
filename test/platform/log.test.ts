// The log redacts fields with the name of a secret, and reduces errors to type, message and stack.
import { expect, test } from 'vitest';
import { createLog } from '../../src/platform/log.ts';

const CANARY = 'canary-7f3a';

function logged(write: (log: ReturnType<typeof createLog>) => void): {
  line: string;
  fields: Record<string, unknown>;
} {
  const lines: string[] = [];
  write(createLog('trace', { write: (line) => lines.push(line) }));
  const [line = ''] = lines;
  return { line, fields: JSON.parse(line) as Record<string, unknown> };
}

const SECRET_NAMES = [
  'password',
  'newPassword',
  'code',
  'emailCode',
  'phoneCode',
  'totp',
  'backupCode',
  'backupCodes',
  'linkToken',
  'proof',
  'secret',
  'secretKeys',
  'accessToken',
  'refreshToken',
  'token',
  'authorization',
  'Authorization',
  'authToken',
  'cookie',
  'set-cookie',
  'variables',
  'workflowId',
];

test.each(SECRET_NAMES)('the field %s is redacted at any depth', (name) => {
  const { line, fields } = logged((log) =>
    log.info({
      [name]: CANARY,
      outer: { [name]: { inner: CANARY }, middle: { [name]: [CANARY], inner: { [name]: CANARY } } },
      list: [{ [name]: CANARY }, [{ [name]: CANARY }]],
      kept: 'kept',
    }),
  );
  expect(line).not.toContain(CANARY);
  expect(fields).toMatchObject({ [name]: '[redacted]', kept: 'kept' });
});

test('the request inside an SDK error is not logged', () => {
  const request = { headers: { Authorization: `Basic ${CANARY}` }, data: `Body=${CANARY}`, url: CANARY };
  const error = Object.assign(new TypeError('it failed'), {
    config: request,
    request,
    response: { request },
  });
  for (const fields of [{ err: error }, { error }, { outer: { reason: error } }, error]) {
    const { line } = logged((log) => log.error(fields, 'message'));
    expect(line).not.toContain(CANARY);
    expect(line).toContain('"type":"TypeError","message":"it failed","stack":"TypeError: it failed');
  }
});

test('the causes of an error are logged, reduced in the same way', () => {
  const inner = Object.assign(new Error('inner'), { password: CANARY, cause: { body: CANARY } });
  const { line, fields } = logged((log) => log.error({ err: new Error('outer', { cause: inner }) }));
  expect(line).not.toContain(CANARY);
  expect(fields).toMatchObject({
    err: { message: 'outer', cause: { message: 'inner', cause: { type: 'object' } } },
  });
});

test('circular structures are cut off', () => {
  const circle: Record<string, unknown> = { here: 'kept' };
  circle['again'] = circle;
  const error = new Error('in a circle');
  error.cause = error;
  const { line } = logged((log) => log.info({ circle, error }));
  expect(line).toContain('[nested too deep]');
  expect(line).toContain('kept');
});

test('a log line is JSON with a level, an ISO 8601 time and unchanged fields', () => {
  const at = new Date(0);
  const { fields } = logged((log) => log.info({ count: 1, nothing: null, list: [1, 'two'], at }, 'words'));
  expect(fields).toMatchObject({
    level: 30,
    count: 1,
    nothing: null,
    list: [1, 'two'],
    at: at.toISOString(),
  });
  expect(fields).toHaveProperty('time', expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/));
  expect(fields).toHaveProperty('msg', 'words');
});
