import type { GeneratedSample, GenerationRequest, Generator } from '@sipf/inference';
import type { MeasuredCall, ServingMetrics } from './serving-metrics.ts';

type Requests = Parameters<Generator['generate']>[0];

/** The same generator, whose work is seen in the metrics: samples wanted, tokens given. */
export function measureGenerator(generator: Generator, metrics: ServingMetrics): Generator {
  return {
    get model() {
      return generator.model;
    },
    generate: (requests, options) => {
      const call = metrics.openCall();
      return measured(generator.generate(noted(requests, call), options), call, metrics);
    },
    close: () => generator.close(),
  };
}

/** Requests in hand are all accepted; those that are still being made count when they are taken. */
function noted(requests: Requests, call: MeasuredCall): Requests {
  if (!Array.isArray(requests)) return notedOneByOne(requests, call);
  const known = requests as readonly GenerationRequest[];
  call.accept(known.reduce((sum, { n = 1 }) => sum + n, 0));
  return known;
}

async function* notedOneByOne(requests: Requests, call: MeasuredCall): AsyncGenerator<GenerationRequest> {
  for await (const request of requests) {
    call.accept(request.n ?? 1);
    yield request;
  }
}

async function* measured(
  samples: AsyncGenerator<GeneratedSample, void, undefined>,
  call: MeasuredCall,
  metrics: ServingMetrics,
): AsyncGenerator<GeneratedSample, void, undefined> {
  try {
    for await (const sample of samples) {
      call.finish(1);
      metrics.countTokens(sample.tokenCount);
      yield sample;
    }
  } finally {
    call.end();
  }
}
