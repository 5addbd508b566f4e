import { expect, it } from 'vitest';
import { AnnotateRequest, ListAnnotationsRequest } from '../generated/sipf/orchestration/v1/annotation.ts';
import { ListPathsRequest, StreamCurvesRequest } from '../generated/sipf/orchestration/v1/browse.ts';
import { violationsOf } from './requests.ts';

const fields = (service: string, method: string, request: unknown): string[] =>
  violationsOf(`/sipf.orchestration.v1.${service}/${method}`, request).map(({ field }) => field);

it('bounds a page and names what is wrong with it', () => {
  const page = { runId: 'demo', stage: 'sample-1', limit: 500 };
  const list = (request: object) =>
    fields('BrowseService', 'ListPaths', ListPathsRequest.fromPartial({ ...page, ...request }));
  expect(list({})).toEqual([]);
  expect(list({ limit: 0 })).toEqual(['limit']);
  expect(list({ limit: 501 })).toEqual(['limit']);
  expect(
    list({ runId: '../x', stage: 'A', questionContains: 'x'.repeat(201), key: 'k'.repeat(513) }),
  ).toEqual(['run_id', 'stage', 'question_contains', 'key']);
});

it('bounds curves', () => {
  const curves = (request: object) =>
    fields('BrowseService', 'StreamCurves', StreamCurvesRequest.fromPartial({ runId: 'demo', ...request }));
  expect(curves({})).toEqual([]);
  expect(curves({ maxPoints: 1 })).toEqual(['max_points']);
  expect(curves({ maxPoints: 5001, stages: ['sft-0', '/'] })).toEqual(['stages[1]', 'max_points']);
});

it('wants annotations with a name, a path and criteria for its steps', () => {
  const annotate = (annotation: object) =>
    fields('AnnotationService', 'Annotate', AnnotateRequest.fromPartial({ runId: 'demo', annotation }));
  const whole = { annotator: 'Ada L.', stage: 'sample-1', pathKey: '1/0/q', steps: [{ broken: [1, 3] }] };
  expect(annotate(whole)).toEqual([]);
  expect(annotate({ ...whole, annotator: ' ada' })).toEqual(['annotation.annotator']);
  expect(annotate({ ...whole, annotator: 'a/b' })).toEqual(['annotation.annotator']);
  expect(annotate({ ...whole, steps: [] })).toEqual(['annotation.steps']);
  expect(annotate({ ...whole, steps: [{ broken: [0] }, { broken: [2, 2] }] })).toEqual([
    ...['annotation.steps[0].broken', 'annotation.steps[1].broken[1]'],
  ]);
  expect(fields('AnnotationService', 'Annotate', AnnotateRequest.create())).toEqual(['run_id', 'annotation']);
});

it('lists annotations of everybody or of one person', () => {
  const list = (request: object) =>
    fields('AnnotationService', 'ListAnnotations', ListAnnotationsRequest.fromPartial(request));
  expect(list({ runId: 'demo', limit: 1 })).toEqual([]);
  expect(list({ runId: 'demo', limit: 1, annotator: 'a/b', stage: '..' })).toEqual(['annotator', 'stage']);
});
