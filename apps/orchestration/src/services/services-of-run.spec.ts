import { common, execution, generation, simulation, verification } from '@sipf/contracts';
import { expect, it } from 'vitest';
import type { Services } from './services.ts';
import { servicesOfRun } from './services-of-run.ts';

const bounds = { signal: new AbortController().signal, timeoutMs: 1 };

/** Services that keep whose work they were asked to do. */
function listening() {
  const heard: { priority?: common.Priority; clientId?: string | undefined }[] = [];
  const services: Services = {
    generate: (request) => {
      heard.push(request);
      return Promise.resolve([]);
    },
    labelSteps: (request) => {
      heard.push(request);
      return Promise.resolve([]);
    },
    score: (request) => {
      heard.push(request);
      return Promise.resolve(verification.ScoreResponse.create());
    },
    executor: {
      run: (_program, { clientId }) => {
        heard.push({ clientId });
        return Promise.resolve(execution.ExecuteResponse.create());
      },
    },
    train: () => Promise.reject(new Error('not asked')),
    close: () => undefined,
  };
  return { services, heard };
}

it("asks for a run's work as bulk work, under the run's own name", async () => {
  const { services, heard } = listening();
  const own = servicesOfRun(services, 'mine');
  await own.generate(generation.GenerateRequest.create(), bounds);
  await own.labelSteps(simulation.LabelStepsRequest.create(), bounds);
  await own.score(verification.ScoreRequest.create(), bounds);
  await own.executor?.run({ language: execution.Language.PYTHON, code: 'x', tests: '' }, bounds);
  const clientId = 'run/mine';
  expect(heard.slice(0, 3)).toMatchObject(Array(3).fill({ priority: common.Priority.BULK, clientId }));
  expect(heard[3]).toEqual({ clientId });
});

it('has no executor where the services have none', () => {
  const { executor, ...others } = listening().services;
  expect(executor).toBeDefined();
  expect(servicesOfRun(others, 'mine')).not.toHaveProperty('executor');
});
