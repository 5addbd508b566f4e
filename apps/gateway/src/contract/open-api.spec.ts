import { expect, it } from 'vitest';
import { openApiOf } from './open-api.ts';
import { loadServiceContract } from './service-contract.ts';

const contract = loadServiceContract('sipf.verification.v1.VerificationService');
const document = JSON.parse(JSON.stringify(openApiOf(contract, '1.2.3'))) as {
  readonly info: { readonly version: string };
  readonly paths: Record<
    string,
    { post: { operationId: string; description: string; requestBody: { content: object } } }
  >;
  readonly components: {
    readonly schemas: Record<
      string,
      { properties?: Record<string, Record<string, unknown>>; enum?: string[] }
    >;
  };
};
const schema = (name: string) => document.components.schemas[`sipf.${name}`];

it('has a path a method, streams as lines in and events out', () => {
  expect(Object.keys(document.paths)).toEqual([
    ...['/v1/verification/score', '/v1/verification/score-stream', '/v1/verification/info'],
  ]);
  const stream = document.paths['/v1/verification/score-stream']?.post;
  expect(Object.keys(stream?.requestBody.content ?? {})).toEqual(['application/x-ndjson']);
});

it('says what the proto says', () => {
  expect(document.paths['/v1/verification/score']?.post.description).toContain('Scores a batch');
  expect(schema('verification.v1.ScoreRequest')?.properties?.['rows']).toEqual({
    type: 'array',
    items: { $ref: '#/components/schemas/sipf.verification.v1.ScoreRow' },
    description: '1..4096 rows.',
  });
  expect(schema('common.v1.StepRule')?.enum).toContain('STEP_RULE_BLANK_LINE');
  const { mean } = schema('verification.v1.Aggregates')?.properties ?? {};
  expect(mean).toMatchObject({ type: 'number' });
  expect(schema('verification.v1.ScoreStreamResponse')?.properties?.['requestIndex']).toMatchObject({
    type: 'string',
  });
});

it('refers to nothing that is not there', () => {
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name = '']) => name,
  );
  expect(references.length).toBeGreaterThan(10);
  for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
});

it('knows no service that the contracts lack', () => {
  expect(() => loadServiceContract('sipf.nothing.v1.NothingService')).toThrow('have no service');
});
