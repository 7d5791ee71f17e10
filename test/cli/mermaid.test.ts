// A chart as a Mermaid diagram: states, transitions with their guards and actions, and the events that every state takes.
import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { mermaid } from '../../src/cli/charts/mermaid.ts';

test('a chart is drawn with every transition once', () => {
  const chart = createMachine({
    initial: 'waiting',
    on: { EXPIRE: '.expired', STOP: [{ target: '.expired' }] },
    states: {
      waiting: {
        entry: ['greet', { type: 'count' }],
        on: {
          GO: { target: 'weighing', guard: 'isRight', actions: 'keep' },
          STAY: { actions: ['note', { type: 'tell' }] },
          LEAVE: 'done',
        },
      },
      weighing: {
        always: [{ guard: 'isEnough', target: 'done' }, { target: 'waiting' }],
        on: { TURN: [{ guard: 'isLeft', target: 'waiting' }, { target: 'done' }] },
      },
      done: { type: 'final', entry: 'close' },
      expired: { type: 'final' },
    },
  });
  expect(mermaid(chart)).toBe(`stateDiagram-v2
  [*] --> waiting
  waiting : entry / greet, count
  waiting --> weighing : GO [isRight] / keep
  waiting --> waiting : STAY / note, tell
  waiting --> done : LEAVE
  weighing --> done : [isEnough]
  weighing --> waiting
  weighing --> waiting : TURN [isLeft]
  weighing --> done : TURN
  done : entry / close
  done --> [*]
  expired --> [*]
  note right of expired : on EXPIRE, from any state
  note right of expired : on STOP, from any state
`);
});
