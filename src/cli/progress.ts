/** The one line that a watched campaign rewrites. */
import type { Progress } from '../explore/report.ts';
import { grouped, rounded, spellSeconds } from '../report/words.ts';

export function progressText(progress: Progress): string {
  const { runs, runsBefore, wallSeconds, events, phase } = progress;
  if (phase === 'shrinking') return `found something after ${grouped(runs)} runs; making it smaller ...`;
  const seconds = Math.max(wallSeconds, 1e-3);
  const parts = [
    `${grouped(runs)}${progress.runsTotal === undefined ? '' : ` of ${grouped(progress.runsTotal)}`} runs${
      runsBefore === 0 ? '' : ` (${grouped(runsBefore)} before it was resumed)`
    }`,
    `${rounded(runs / seconds)}/s`,
    `${rounded(events / seconds)} events/s`,
    left(progress),
    progress.failures === 0
      ? 'nothing found'
      : `${grouped(progress.failures)} found (${progress.distinctFailures} kinds)`,
    ...(progress.goalsTotal === 0 ? [] : [`${progress.goalsReached} of ${progress.goalsTotal} goals`]),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function left({ runs, runsTotal, secondsTotal, wallSeconds }: Progress): string {
  const byRuns = runsTotal === undefined || runs === 0 ? undefined : ((runsTotal - runs) * wallSeconds) / runs;
  const byTime = secondsTotal === undefined ? undefined : Math.max(0, secondsTotal - wallSeconds);
  const seconds = Math.min(byRuns ?? Number.POSITIVE_INFINITY, byTime ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(seconds) ? `${spellSeconds(Math.round(seconds))} left` : '';
}
