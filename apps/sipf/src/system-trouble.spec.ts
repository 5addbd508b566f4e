import { temporaryFolder } from '@sipf/runs/testing';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemTrouble } from './system-trouble.ts';

function refused(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

it('says of a file that the system refuses which it is, why, and what to do', () => {
  using folder = temporaryFolder();
  const file = folder.write('file', '');
  const below = join(file, 'below');
  expect(systemTrouble(refused(() => readFileSync(folder.path)))?.message).toMatch(/EISDIR.*name a file/);
  const made = refused(() => {
    mkdirSync(below);
  });
  expect(systemTrouble(made)).toMatchObject({
    kind: 'failed-precondition',
    message: `${below} cannot be made (ENOTDIR): a part of its path is a file: choose another place`,
  });
  expect(
    systemTrouble(
      refused(() => {
        writeFileSync('/dev/full', 'x');
      }),
    ),
  ).toMatchObject({
    kind: 'resource-exhausted',
    message: expect.stringMatching(/cannot be used \(ENOSPC\): no room is left on its disk/) as string,
  });
});

it('says nothing of other errors', () => {
  expect(systemTrouble(new Error('x'))).toBeUndefined();
  expect(systemTrouble(refused(() => readFileSync('/nowhere/x')))).toBeUndefined();
});

it('takes a folder that is missing when it is to be made for one on a read-only disk', () => {
  // As Node says it of a recursive call there.
  const error = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'mkdir', path: '/runs/x' });
  expect(systemTrouble(error)?.message).toMatch(
    /^\/runs\/x cannot be made \(ENOENT\): its disk is read-only/,
  );
});
