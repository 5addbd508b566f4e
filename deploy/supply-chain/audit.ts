import { z } from 'zod';

/** Known advisories that do not affect us, until a date. */
export const acceptedSchema = z.array(
  z.strictObject({
    /** E.g. GHSA-xxxx-xxxx-xxxx. */
    advisory: z.string().regex(/^GHSA(-[a-z0-9]{4}){3}$/u),
    package: z.string().min(1),
    /** Why it does no harm here. */
    reason: z.string().min(20),
    /** The last day on which the reason is accepted. */
    expires: z.iso.date(),
  }),
);
export type Accepted = z.infer<typeof acceptedSchema>;

/** The part of `npm audit --json` (version 2 of its report) that is read here. */
const reportSchema = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(
    z.string(),
    z.object({
      via: z.array(
        z.union([
          z.string(),
          z.object({ name: z.string(), title: z.string(), url: z.string(), severity: z.string() }),
        ]),
      ),
    }),
  ),
});

/** The result of an audit. */
export type AuditResult =
  | { readonly outcome: 'clean'; readonly accepted: readonly string[] }
  | { readonly outcome: 'findings'; readonly findings: readonly string[] }
  /** The registry gave no report. */
  | { readonly outcome: 'not-audited'; readonly why: string };

/**
 * Judges the output of `npm audit --json`: every advisory must be accepted by name and package, and not expired.
 * @param today as YYYY-MM-DD
 */
export function judgeAudit(printed: string, accepted: Accepted, today: string): AuditResult {
  const report = reportSchema.safeParse(parseJson(printed));
  if (!report.success) return { outcome: 'not-audited', why: whyNot(printed) };
  const advisories = Object.values(report.data.vulnerabilities).flatMap(({ via }) =>
    via.filter((cause) => typeof cause !== 'string'),
  );
  const findings: string[] = [];
  const known: string[] = [];
  for (const { name, title, url, severity } of advisories) {
    const id = url.split('/').at(-1) ?? url;
    const line = `${name}: ${title} (${severity}, ${id})`;
    const exception = accepted.find((entry) => entry.advisory === id && entry.package === name);
    if (exception === undefined) findings.push(line);
    else if (exception.expires < today) findings.push(`${line}: accepted until ${exception.expires} only`);
    else known.push(`${line}: ${exception.reason}`);
  }
  return findings.length > 0
    ? { outcome: 'findings', findings: [...new Set(findings)].sort() }
    : { outcome: 'clean', accepted: [...new Set(known)].sort() };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function whyNot(printed: string): string {
  const answer = z.object({ message: z.string() }).safeParse(parseJson(printed));
  // Only the first part: the rest names the registry.
  return answer.success ? (answer.data.message.split(' - ', 1)[0] ?? '') : 'npm audit printed no report';
}
