// Every migration, oldest first. A new one is a file beside this and a line here; `npm run migrate -- create`
// writes both.
import { Initial } from './2026-11-22-initial.ts';
import { MessageLimits } from './2026-11-25-message-limits.ts';

export const MIGRATIONS = [Initial, MessageLimits];
