// What there is to say about an index: how many passwords, how large, and how often it is wrong.
import {
  falsePositiveRate,
  type IndexHeader,
  indexBytes,
} from '../../factors/password/breached/index/layout.ts';

export function describeIndex(header: IndexHeader): string {
  const { passwords, leastTimes, source } = header;
  const bytes = indexBytes(header);
  const each = passwords === 0 ? '' : `, ${(bytes / passwords).toFixed(2)} for each password`;
  const rate = falsePositiveRate(header);
  return [
    `Passwords:        ${passwords}, each seen at least ${leastTimes === 1 ? 'once' : `${leastTimes} times`}`,
    `Bytes:            ${bytes}${each}`,
    `False positives:  ${rate === 0 ? 'none' : `1 in ${Math.round(1 / rate)}`}`,
    `Made of a file of ${source.bytes} bytes`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}
