import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** 50 ms to about 14 minutes, in seconds. */
const LOAD_BUCKETS = Array.from({ length: 15 }, (_, power) => 0.05 * 2 ** power);

/** The items of one call, from their acceptance to their end. */
export interface MeasuredCall {
  accept(items: number): void;
  finish(items: number): void;
  /** The call has ended; what it accepted and did not finish is open no more. */
  end(): void;
}

/** The metrics of a service that serves models. */
export interface ServingMetrics {
  /** Rows that all open models compute at once; a model adds its own when it is opened and takes them back when closed. */
  addRows(rows: number): void;
  openCall(): MeasuredCall;
  /** Tokens that were computed for callers. */
  countTokens(tokens: number): void;
  /** A worker thread died, was replaced, or had its work done again. */
  countWorkerEvent(event: string): void;
  /** Times the opening of a model. */
  timeLoad<M>(open: () => Promise<M>): Promise<M>;
  /** Events that the follower of the runs has yet to be given. */
  setPendingEvents(pending: number): void;
}

/** Registers a model service's metrics. Labels have few values, none of them a caller's. */
export function createServingMetrics(registry: Registry): ServingMetrics {
  const registers = [registry];
  const work = createWorkGauges(registry);
  const tokens = new Counter({ registers, name: 'sipf_tokens_total', help: 'Tokens generated or scored.' });
  const events = new Counter({
    registers,
    name: 'sipf_inference_worker_events_total',
    help: 'Inference threads lost, replaced, and work done again, by event.',
    labelNames: ['event'],
  });
  const pending = new Gauge({
    registers,
    name: 'sipf_events_pending',
    help: 'JetStream events that this service has yet to be given.',
  });
  return {
    ...work,
    countTokens: (count) => {
      tokens.inc(count);
    },
    countWorkerEvent: (event) => {
      events.inc({ event });
    },
    timeLoad: createLoadTimer(registry),
    setPendingEvents: (count) => {
      pending.set(count);
    },
  };
}

function createWorkGauges(registry: Registry): Pick<ServingMetrics, 'addRows' | 'openCall'> {
  const registers = [registry];
  const state = { open: 0, rows: 0 };
  new Gauge({
    registers,
    name: 'sipf_queue_depth',
    help: 'Items of work accepted and not begun.',
    collect() {
      this.set(Math.max(0, state.open - state.rows));
    },
  });
  new Gauge({
    registers,
    name: 'sipf_batch_occupancy',
    help: 'Share of the rows of all batches that have work, 0 to 1.',
    collect() {
      this.set(state.rows === 0 ? 0 : Math.min(1, state.open / state.rows));
    },
  });
  return {
    addRows: (rows) => {
      state.rows += rows;
    },
    openCall: () => {
      let open = 0;
      const change = (items: number): void => {
        open += items;
        state.open += items;
      };
      return {
        accept: change,
        finish: (items) => {
          change(-items);
        },
        end: () => {
          change(-open);
        },
      };
    },
  };
}

function createLoadTimer(registry: Registry): ServingMetrics['timeLoad'] {
  const registers = [registry];
  const seconds = new Histogram({
    registers,
    name: 'sipf_model_load_seconds',
    help: 'Time to open a model.',
    buckets: LOAD_BUCKETS,
  });
  const failures = new Counter({
    registers,
    name: 'sipf_model_load_failures_total',
    help: 'Models that could not be opened.',
  });
  return async (open) => {
    const stop = seconds.startTimer();
    try {
      const model = await open();
      stop();
      return model;
    } catch (error) {
      failures.inc();
      throw error;
    }
  };
}
