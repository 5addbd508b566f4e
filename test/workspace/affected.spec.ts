import { expect, it } from 'vitest';
import { affectedProjects } from '../run/affected.ts';

it('a change of a library concerns who imports it, and a change of a service itself alone', () => {
  const ofLibrary = affectedProjects(['libs/figures/src/index.ts']);
  expect(ofLibrary).toEqual(expect.arrayContaining(['@sipf/figures', '@sipf/reporting', '@sipf/sipf-app']));
  expect(ofLibrary).not.toContain('@sipf/graph');
  expect(affectedProjects(['apps/gateway/src/main.ts'])).toEqual(['gateway']);
});
