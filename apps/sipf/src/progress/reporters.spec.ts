import { orchestration } from '@sipf/contracts';
import { expect, it } from 'vitest';
import { endedAs, entryAt, progressOf } from '../testing/run-events.ts';
import { testTerminal } from '../testing/test-terminal.ts';
import { createReporter } from './create-reporter.ts';

/** How the reporter erases: the cursor some lines up and to their start, then clear to the end. */
const ESCAPE = String.fromCharCode(27);
const ERASE = new RegExp(`${ESCAPE}\\[(\\d+)A\r${ESCAPE}\\[0J`);

/** The lines that a terminal shows after these writes. */
function screenAfter(written: string): string[] {
  const [first = '', ...rest] = written.split(ERASE);
  const lines = first.split('\n').slice(0, -1);
  // Splitting keeps what the expression captured: a number of lines, then the text after it.
  for (let index = 0; index < rest.length; index += 2) {
    lines.splice(lines.length - Number(rest[index]));
    lines.push(...(rest[index + 1] ?? '').split('\n').slice(0, -1));
  }
  return lines;
}

it('writes plain lines now and then where there is no terminal', () => {
  let now = 0;
  const terminal = testTerminal({ now: () => now });
  const reporter = createReporter(terminal, { json: false });
  reporter.event(entryAt(0, 'stage-started', { stage: 'sample-1' }));
  for (let done = 1; done <= 25; done++) {
    now = done * 1000;
    reporter.event(progressOf('sample-1', done, 100));
  }
  reporter.note('generation died');
  reporter.close();
  expect(terminal.shown().split('\n')).toEqual([
    'iteration 1: sample ...',
    'iteration 1: sample 10/100 (10 %), 1/s, 1 min 30 s left',
    'iteration 1: sample 20/100 (20 %), 1/s, 1 min 20 s left',
    'generation died',
    '',
  ]);
});

it('redraws bars in place on a terminal and leaves what is finished above them', async () => {
  const terminal = testTerminal({ isTerminal: true, now: () => 2000 });
  const reporter = createReporter(terminal, { json: false });
  reporter.event(entryAt(0, 'stage-started', { stage: 'sft-0' }));
  reporter.event(entryAt(0, 'stage-started', { stage: 'simulator' }));
  reporter.note('a note');
  expect(screenAfter(terminal.shown()).map((line) => line.slice(0, 20).trim())).toEqual([
    'a note',
    'iteration 0: sft',
    'simulator',
  ]);
  reporter.event(progressOf('sft-0', 5, 10));
  await expect.poll(() => screenAfter(terminal.shown())[1]).toContain('5/10 (50 %)');
  reporter.event(
    entryAt(2000, 'stage-completed', { stage: 'sft-0', result: { counts: { examples: 9 }, figures: {} } }),
  );
  expect(screenAfter(terminal.shown()).map((line) => line.trim())).toEqual([
    'a note',
    'iteration 0: sft               examples 9  (2.0 s)',
    expect.stringMatching(/^simulator/) as string,
  ]);
  reporter.close();
  expect(screenAfter(terminal.shown())).toHaveLength(2);
});

it('writes every event as a line of JSON where that is asked for', () => {
  const terminal = testTerminal({ isTerminal: true });
  const reporter = createReporter(terminal, { json: true });
  reporter.event(entryAt(0, 'stage-started', { stage: 'sft-0' }));
  reporter.event(progressOf('sft-0', 5, 10, { loss: 1.5 }));
  reporter.note('a note');
  reporter.event(endedAs(orchestration.RunState.SUCCEEDED));
  reporter.close();
  const lines = terminal.output().trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { type: 'entry', index: 0, at: '1970-01-01T00:00:00.000Z', kind: 'stage-started', stage: 'sft-0' },
    { type: 'progress', stage: 'sft-0', iteration: 1, done: 5, total: 10, figures: { loss: 1.5 } },
    { type: 'note', text: 'a note' },
  ]);
  expect(terminal.shown()).toBe('');
});
