import { training } from '@sipf/contracts';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jobPaths, loadJob, loadJobs, loadMetrics, removeLeftovers, saveJob } from './job-files.ts';

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

it('notices a job whose setting is another one, and reads jobs of before there was a checksum', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sipf-job-files-'));
  try {
    const optimisation = training.Optimisation.fromPartial({ learningRate: 0.001, epochs: 3 });
    const spec = training.JobSpec.fromPartial({ optimisation });
    const job = training.Job.fromPartial({ id: 'a', spec, state: training.JobState.RUNNING });
    await saveJob(root, job);
    const path = jobPaths(root, 'a').job;
    const whole = readFileSync(path, 'utf8');
    expect(await loadJob(root, 'a')).toEqual(job);
    writeFileSync(path, whole.replace('0.001', '0.005'));
    await expect(loadJob(root, 'a')).rejects.toMatchObject({
      kind: 'data-loss',
      reason: 'JOB_DAMAGED',
      message: expect.stringMatching(
        /^jobs\/a\/job\.json is damaged \(its checksum is another\): it is safe to/,
      ) as string,
    });
    writeFileSync(path, whole.replace(/,\s*"crc32": "\w+"/, ''));
    expect(await loadJob(root, 'a')).toEqual(job);
  } finally {
    rmSync(root, { recursive: true });
  }
});
