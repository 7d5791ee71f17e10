// Describes an index: the number of passwords, the size and the rate of false positives.
import { falsePositiveRate, type IndexHeader, indexBytes } from '../../breached-index/layout.ts';

export function describeIndex(header: IndexHeader): string {
  const { passwords, leastTimes, source } = header;
  const bytes = indexBytes(header);
  const each = passwords === 0 ? '' : ` (${(bytes / passwords).toFixed(2)} per password)`;
  const rate = falsePositiveRate(header);
  return [
    `Passwords:        ${passwords}, each seen at least ${leastTimes === 1 ? 'once' : `${leastTimes} times`}`,
    `Bytes:            ${bytes}${each}`,
    `False positives:  ${rate === 0 ? 'none' : `1 in ${Math.round(1 / rate)}`}`,
    `Source file:      ${source.bytes} bytes`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}
