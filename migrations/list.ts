// Every migration, oldest first. A new one is a file beside this and a line here; `npm run migrate -- create`
// writes both.
import { Initial } from './2026-11-22-initial.ts';
import { Delivery } from './2026-11-25-delivery.ts';

export const MIGRATIONS = [Initial, Delivery];
