// What a guard costs on a list of 200 guarded fields, over the same list without guards.
import { startServer } from '../contestants/contestant.ts';
import type { Measure } from '../measure.ts';
import { median, ratio } from '../rounds.ts';

type Way =
  | 'yogaPlain'
  | 'yogaByHand'
  | 'yogaStepUp'
  | 'yogaTransformer'
  | 'barePlain'
  | 'bareByHand'
  | 'bareTransformer';

export const guardedFields: Measure = {
  name: 'guarded-fields',
  async run() {
    const ms = (await startServer('guarded-fields.ts', {})) as unknown as Record<Way, number[]>;
    const over = (way: Way, plain: Way): number => ratio(ms[way], ms[plain]);
    const goal = 1.05;
    return {
      figures: [
        {
          what: '200 guarded fields: Yoga with `useStepUp`',
          value: over('yogaStepUp', 'yogaPlain'),
          unit: '×',
          goal,
        },
        {
          what: '200 guarded fields: `execute`, transformer alone',
          value: over('bareTransformer', 'barePlain'),
          unit: '×',
          goal,
        },
        {
          what: '200 guarded fields: Yoga, transformer alone',
          value: over('yogaTransformer', 'yogaPlain'),
          unit: '×',
          goal,
        },
        { what: '200 fields checked by hand: Yoga', value: over('yogaByHand', 'yogaPlain'), unit: '×' },
        { what: '200 fields checked by hand: `execute`', value: over('bareByHand', 'barePlain'), unit: '×' },
      ],
      notes: [
        `200 unguarded fields take ${median(ms.yogaPlain).toFixed(2)} ms of CPU through Yoga and ${median(ms.barePlain).toFixed(2)} ms by \`execute\`.`,
      ],
    };
  },
};
