import type { ServerMiddleware } from 'nice-grpc';
import { prometheusServerMiddleware } from 'nice-grpc-prometheus';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

const LABELS = ['grpc_type', 'grpc_service', 'grpc_method', 'grpc_path'] as const;
const LABELS_WITH_CODE = [...LABELS, 'grpc_code'] as const;
/** 1 ms to about 70 minutes, in seconds. */
const LATENCY_BUCKETS = Array.from({ length: 12 }, (_, power) => 4 ** power / 1000);

/** A service's own registry with process, event-loop delay and garbage collection metrics in it. */
export function createMetricsRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Counts and times every call under the names that gRPC dashboards know (`grpc_server_handled_total`, ...). */
export function countCalls(registry: Registry): ServerMiddleware {
  const registers = [registry];
  return prometheusServerMiddleware({
    serverStartedMetric: new Counter({
      registers,
      name: 'grpc_server_started_total',
      help: 'Calls started.',
      labelNames: LABELS,
    }),
    serverHandledMetric: new Counter({
      registers,
      name: 'grpc_server_handled_total',
      help: 'Calls completed, by status.',
      labelNames: LABELS_WITH_CODE,
    }),
    serverStreamMsgReceivedMetric: new Counter({
      registers,
      name: 'grpc_server_msg_received_total',
      help: 'Messages received on request streams.',
      labelNames: LABELS,
    }),
    serverStreamMsgSentMetric: new Counter({
      registers,
      name: 'grpc_server_msg_sent_total',
      help: 'Messages sent on response streams.',
      labelNames: LABELS,
    }),
    serverHandlingSecondsMetric: new Histogram({
      registers,
      name: 'grpc_server_handling_seconds',
      help: 'Time to complete a call.',
      labelNames: LABELS_WITH_CODE,
      buckets: LATENCY_BUCKETS,
    }),
  });
}
