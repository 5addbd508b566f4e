import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  alertRules,
  dashboards,
  metricNames,
  namesInDashboards,
  observability,
} from '../../support/metric-names.ts';
import { promtool } from '../../support/promtool.ts';

it('has a section of the runbook for every alert, and none for others', () => {
  const runbook = readFileSync(join(observability, 'runbook.md'), 'utf8');
  const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(sections).toEqual(alertRules().map(({ alert }) => alert));
  for (const { alert, annotations } of alertRules())
    expect(annotations.runbook).toBe(`deploy/observability/runbook.md#${alert.toLowerCase()}`);
});

it('has dashboards whose every query is PromQL, under names of their own', () => {
  expect(new Set(dashboards().map(({ uid }) => uid)).size).toBe(dashboards().length);
  for (const { panels } of dashboards()) {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  }
  expect(namesInDashboards()).toContain('sipf_queue_depth');
  expect(() => metricNames('sum(rate(')).toThrow(SyntaxError);
});

describe.skipIf(promtool === undefined)('by Prometheus itself', () => {
  it('reads the configuration and the rules', () => {
    const file = join(observability, 'prometheus/prometheus.yml');
    const output = execFileSync(String(promtool), ['check', 'config', file], { encoding: 'utf8' });
    expect(output).toContain(`${alertRules().length} rules found`);
  });

  it('fires each alert where it should, and not where it should not', () => {
    const file = join(observability, 'prometheus/alerts.test.yml');
    const { status, stdout, stderr } = spawnSync(String(promtool), ['test', 'rules', file], {
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
    expect(status).toBe(0);
    const tested = new Set(
      [...readFileSync(file, 'utf8').matchAll(/alertname[:=] ?"?(\w+)/g)].map(([, name]) => name),
    );
    expect([...tested].sort()).toEqual(
      alertRules()
        .map(({ alert }) => alert)
        .sort(),
    );
  });
});
