import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jobPaths, loadJobs, loadMetrics, removeLeftovers } from './job-files.ts';

it('removes drafts of a killed process, files and folders, and keeps what a job resumes from', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sipf-job-files-'));
  try {
    const paths = jobPaths(root, 'a');
    for (const name of ['output', '.output.1.tmp']) {
      mkdirSync(join(paths.folder, name), { recursive: true });
      writeFileSync(join(paths.folder, name, 'config.json'), '{}');
    }
    for (const name of ['job.json', 'checkpoint.safetensors', '.checkpoint.safetensors.1.tmp']) {
      writeFileSync(join(paths.folder, name), '');
    }
    await removeLeftovers(paths);
    expect(readdirSync(paths.folder).sort()).toEqual(['checkpoint.safetensors', 'job.json']);
    await removeLeftovers(jobPaths(root, 'never-started'));
  } finally {
    rmSync(root, { recursive: true });
  }
});

it('reads neither a folder nor a pipe in the place of a file, and names the job', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sipf-job-files-'));
  try {
    mkdirSync(jobPaths(root, 'a').job, { recursive: true });
    const b = jobPaths(root, 'b');
    mkdirSync(b.metrics, { recursive: true });
    execFileSync('mkfifo', [b.job]);
    const { jobs, unreadable } = await loadJobs(root);
    expect(jobs).toEqual([]);
    expect([...unreadable].map(([id, { reason }]) => [id, reason])).toEqual([
      ['a', 'JOB_DAMAGED'],
      ['b', 'JOB_DAMAGED'],
    ]);
    expect(await loadMetrics(root, 'b')).toEqual([]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
