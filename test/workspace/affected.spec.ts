import { expect, it } from 'vitest';
import { concernsOf } from '../run/affected-specs.ts';
import { affectedProjects } from '../run/affected.ts';
import { doesOtherwise } from '../run/changed-code.ts';
import { ModuleGraph } from '../run/module-graph.ts';

it('a change of a library concerns who imports it, and a change of a service itself alone', () => {
  const ofLibrary = affectedProjects(['libs/figures/src/index.ts']);
  expect(ofLibrary).toEqual(expect.arrayContaining(['@sipf/figures', '@sipf/reporting', '@sipf/sipf-app']));
  expect(ofLibrary).not.toContain('@sipf/graph');
  expect(affectedProjects(['apps/gateway/src/main.ts'])).toEqual(['gateway']);
});

it('a changed file concerns the suites whose programs, threads, commands or page import it, and no others', () => {
  const graph = new ModuleGraph();
  const chart = 'libs/figures/src/line-chart.ts';
  const concerned = (file: string, ...suites: readonly string[]): readonly string[] =>
    suites.filter((suite) => concernsOf(graph, `test/${suite}.spec.ts`).files.has(file));

  // `sipf verifier evaluate` draws, and `sipf execute` does not.
  const commands = ['end-to-end/verifier-evaluate', 'end-to-end/cli-execute'];
  expect(concerned(chart, ...commands)).toEqual([commands[0]]);
  const services = ['integration/training/jobs', 'integration/gateway/http'];
  expect(concerned('libs/learning/src/trainer/training-worker.ts', ...services)).toEqual([services[0]]);
  const pages = ['integration/dashboard/http', 'integration/gateway/http'];
  expect(concerned('apps/dashboard/src/page/main.tsx', ...pages)).toEqual([pages[0]]);
});

it('comments, types and names more that a module passes on leave its code as it was', () => {
  const [path, earlier] = ['a.ts', "export { a, type B } from './a.ts';\n"];
  const same = ["// a\nexport { a } from './a.ts'", `${earlier}export { c } from './c.ts'`];
  for (const later of same) expect(doesOtherwise(path, earlier, later)).toBe(false);
  for (const later of ["export { a } from './c.ts'", 'export const a = 1;', `${earlier}start();`])
    expect(doesOtherwise(path, earlier, later)).toBe(true);
  expect(doesOtherwise(path, 'export const a: number = 1;', '/** One. */ export const a = 1;')).toBe(false);
  expect(doesOtherwise(path, 'export const a = 1;', 'export const a = 2;')).toBe(true);
});
