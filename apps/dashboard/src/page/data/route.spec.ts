import { expect, it } from 'vitest';
import { hrefOf, parseRoute } from './route.ts';

it('reads the addresses that it writes', () => {
  const href = hrefOf(['runs', 'demo', 'paths'], { stage: 'sample-1', key: '1/0/q 7&?', empty: '' });
  const { parts, params } = parseRoute(href);
  expect(parts).toEqual(['runs', 'demo', 'paths']);
  expect(Object.fromEntries(params)).toEqual({ stage: 'sample-1', key: '1/0/q 7&?' });
});

it('starts with the runs', () => {
  expect(parseRoute('').parts).toEqual([]);
  expect(parseRoute('#/').parts).toEqual([]);
});
