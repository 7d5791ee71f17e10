// Requests that are meant to be expensive. Each shape takes a size and puts as much of one kind of work into a request as
// the size allows. The test and `bench/dearest-request.ts` search them for the most expensive request within the limits.
import { DOCUMENTS } from './request-shapes/documents.ts';
import { INTROSPECTION } from './request-shapes/introspection.ts';
import { SEVERAL } from './request-shapes/several.ts';
import type { Shape } from './request-shapes/shape.ts';
import { VALUES } from './request-shapes/values.ts';

export const SHAPES: readonly Shape[] = [...DOCUMENTS, ...INTROSPECTION, ...VALUES, ...SEVERAL];

/** From small sizes to more than any limit allows. */
export const SIZES: readonly number[] = [5, 10, 30, 50, 100, 140, 240, 490, 980, 1450, 2900];

/** Whether the server would read the body at all. */
export const isReadable = (body: string): boolean => Buffer.byteLength(body) <= 100_000;
