import { ANYONE } from '@sipf/async';
import { tinyConfig, tinyParameters } from '@sipf/models/testing';
import { createLogger } from '@sipf/service';
import { servingShape, type OpenContext } from '@sipf/serving';
import { temporaryFolder, wordTokenizer, writeModelFolder } from '@sipf/serving/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { verifierKind } from './served-verifier.ts';

it('scores for any number of models of one base at once, however few calls a service takes', async () => {
  using folder = temporaryFolder();
  const config = tinyConfig({ head: { kind: 'token-classification', numLabels: 2, features: 'hidden' } });
  const words = Array.from({ length: config.vocabSize - 3 }, (_, at) => `w${at}`);
  const path = `${folder.path}/verifier`;
  await writeModelFolder(path, {
    config,
    parameters: tinyParameters(config),
    tokenizer: wordTokenizer(words),
  });
  const found = { key: 'verifier', ref: { digest: 'verifier', adapterDigest: '' }, folder: path };
  const context: OpenContext = {
    artifacts: undefined,
    settings: z.object(servingShape).parse({ maxQueue: 1 }),
    logger: createLogger({ service: 'verification', level: 'silent' }),
    metrics: {
      addRows: () => undefined,
      openCall: () => ({ accept: () => undefined, finish: () => undefined, end: () => undefined }),
      countTokens: () => undefined,
      countWorkerEvent: () => undefined,
      timeLoad: (open) => open(),
      setPendingEvents: () => undefined,
    },
  };
  const kind = verifierKind(undefined);
  const base = await kind.load(found, context);
  const models = [await kind.serve(base, found, context), await kind.serve(base, found, context)];
  const row = { ids: [1, 3, 4], promptLength: 1, stepEndPositions: [2] };
  const claim = { ...ANYONE, signal: new AbortController().signal };
  for (const { scheduler } of models) expect((await scheduler.score([row], claim)).logOdds).toHaveLength(1);
  for (const model of models) await kind.close(model);
  await kind.unload(base, context);
});
