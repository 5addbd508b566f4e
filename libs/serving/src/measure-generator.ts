import type { MeasuredCall, ServingMetrics } from './serving-metrics.ts';
import type { TextGenerator, TextOrder, TextSample } from './text-generator.ts';

type Requests = Parameters<TextGenerator['generate']>[0];

/** The same generator, whose work is seen in the metrics: samples wanted, tokens given. */
export function measureGenerator(generator: TextGenerator, metrics: ServingMetrics): TextGenerator {
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
  const known = requests as readonly TextOrder[];
  call.accept(known.reduce((sum, { n = 1 }) => sum + n, 0));
  return known;
}

async function* notedOneByOne(requests: Requests, call: MeasuredCall): AsyncGenerator<TextOrder> {
  for await (const request of requests) {
    call.accept(request.n ?? 1);
    yield request;
  }
}

async function* measured(
  samples: AsyncGenerator<TextSample, void, undefined>,
  call: MeasuredCall,
  metrics: ServingMetrics,
): AsyncGenerator<TextSample, void, undefined> {
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
