import { parser } from '@prometheus-io/lezer-promql';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../run/step.ts';

/** `deploy/observability`. */
export const observability = join(root, 'deploy/observability');

/** An alert as Prometheus reads it. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

/** Every alert. */
export function alertRules(): AlertRule[] {
  const text = readFileSync(join(observability, 'prometheus/alerts.yml'), 'utf8');
  const { groups } = parse(text) as { groups: readonly { readonly rules: readonly AlertRule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** The parts of a Grafana dashboard that tests read. */
export interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

/** Every dashboard. */
export function dashboards(): Dashboard[] {
  const folder = join(observability, 'grafana/dashboards');
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dashboard);
}

/** Metrics named by alerts. */
export function namesInRules(): string[] {
  return alertRules().flatMap(({ expr }) => metricNames(expr));
}

/** Metrics named by dashboards. */
export function namesInDashboards(): string[] {
  return dashboards().flatMap(({ panels }) =>
    panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricNames(expr))),
  );
}

/** The metrics that a PromQL expression selects. @throws SyntaxError for an invalid expression */
export function metricNames(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, node, from, to }) => {
      if (type.isError) throw new SyntaxError(`not PromQL at ${from}: ${expression}`);
      if (type.name !== 'VectorSelector') return;
      const identifier = node.getChild('Identifier');
      if (identifier === null)
        throw new SyntaxError(`a selector without a name: ${expression.slice(from, to)}`);
      names.push(expression.slice(identifier.from, identifier.to));
    },
  });
  return names;
}
