import { expect, it } from 'vitest';
import { createInterrupts } from './interrupts.ts';

it('takes the first signal as a cancel and the second as the end, but not an echo of the first', () => {
  let now = 1000;
  const { hear, cancelled, killed } = createInterrupts(() => now);
  const heard = (): boolean[] => [cancelled.aborted, killed.aborted];
  expect(heard()).toEqual([false, false]);
  hear();
  expect(heard()).toEqual([true, false]);
  now += 50;
  hear();
  expect(heard()).toEqual([true, false]);
  now += 1000;
  hear();
  expect(heard()).toEqual([true, true]);
});
