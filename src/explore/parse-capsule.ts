/** From the text of a file to a capsule, or to what is wrong with it. */
import { readPlan } from '../scenario/plan-schema.ts';
import { type Problem, writePath } from '../scenario/problem.ts';
import { VERSION } from '../version.ts';
import { CAPSULE_FORMAT, type Capsule, CapsuleError } from './capsule.ts';
import type { FailureReport, ViolationReport } from './execution.ts';
import type { Landmarks } from './landmarks.ts';

/** @throws CapsuleError when the text is not a capsule that this build can replay. */
export function parseCapsule(text: string): Capsule {
  const fields = readObject(text);
  checkFormat(fields);
  const problems = [...unknownFields(fields), ...wrongFields(fields)];
  const reading = fields.plan === undefined ? undefined : readPlan(fields.plan);
  if (reading?.ok === false) problems.push(...reading.problems.map((one) => ({ ...one, path: ['plan', ...one.path] })));
  if (problems.length > 0) throw new CapsuleError(damage(problems), DAMAGED_HINT);
  return fields as unknown as Capsule;
}

function damage(problems: readonly Problem[]): string {
  const lines = problems.slice(0, PROBLEMS_SHOWN).map(({ path, sentence, expected }) => {
    const wanted = expected === undefined ? '' : ` (expected: ${expected})`;
    return `  ${writePath(path)} ${sentence}${wanted}`;
  });
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`  and ${more} more`);
  return ['the capsule is damaged', ...lines].join('\n');
}

const PROBLEMS_SHOWN = 5;

type Fields = Readonly<Record<string, unknown>>;

const DAMAGED_HINT =
  'Was it edited, or merged? Find the failure again with `worldline fuzz <scenario> --seed <seed> --runs 1`.';

/** Whether JSON.parse complains of where the text ends rather than of something in it. */
function endsEarly(text: string, said: string): boolean {
  const position = /at position (\d+)/.exec(said)?.[1];
  if (position !== undefined && Number(position) >= text.trimEnd().length) return true;
  return !/[}\s]$/.test(text) || /end of JSON|Unterminated/i.test(said);
}

function readObject(text: string): Fields {
  if (text.trim() === '')
    throw new CapsuleError('the file is empty', 'A capsule is what `worldline fuzz` writes when it finds something.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (endsEarly(text, said)) {
      throw new CapsuleError('the file ends in the middle of the JSON', 'It was truncated: copy it again.');
    }
    throw new CapsuleError(
      `the file is not JSON: ${said}`,
      'A capsule is what `worldline fuzz` writes when it finds something.',
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new CapsuleError('the file is JSON, but not a capsule', 'A capsule is an object with a field `format`.');
}

function checkFormat({ format, version }: Fields): void {
  if (format === CAPSULE_FORMAT) return;
  if (typeof format === 'string' && format.startsWith('worldline-capsule/')) {
    const writer = typeof version === 'string' ? `worldline ${version}` : 'another version of worldline';
    throw new CapsuleError(
      `the capsule has format ${format}, and worldline ${VERSION} reads ${CAPSULE_FORMAT}`,
      `Replay it with ${writer}, which wrote it.`,
    );
  }
  const said = format === undefined ? 'it has no field `format`' : `its format is ${JSON.stringify(format)}`;
  throw new CapsuleError(`the file is not a capsule: ${said}`, `A capsule begins with "format": "${CAPSULE_FORMAT}".`);
}

const texts = ['version', 'scenario', 'seed', 'signature', 'digest'] as const;
const known: readonly string[] = ['format', ...texts, 'verdict', 'violation', 'failure', 'events', 'landmarks', 'plan'];

const unknownFields = (fields: Fields): Problem[] =>
  Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: [name],
      sentence: 'is not a field that is known here',
      expected: `one of ${known.join(', ')}`,
    }));

function wrongFields(fields: Fields): Problem[] {
  const problems: Problem[] = [];
  for (const name of texts) {
    if (typeof fields[name] !== 'string') problems.push(wrong([name], fields[name], 'a text'));
  }
  if (typeof fields.digest === 'string' && !/^[0-9a-f]{16}$/.test(fields.digest)) {
    problems.push(wrong(['digest'], fields.digest, '16 hexadecimal digits'));
  }
  if (!Number.isSafeInteger(fields.events)) problems.push(wrong(['events'], fields.events, 'a whole number'));
  if (fields.landmarks !== undefined && !areLandmarks(fields.landmarks)) {
    problems.push(wrong(['landmarks'], fields.landmarks, 'a table with every (a whole number) and digests (a list)'));
  }
  if (fields.plan === undefined) problems.push(wrong(['plan'], undefined, 'a plan'));
  if (fields.verdict === 'violated') problems.push(...wrongViolation(fields.violation));
  else if (fields.verdict === 'failed') problems.push(...wrongFailure(fields.failure));
  else problems.push(wrong(['verdict'], fields.verdict, 'violated or failed'));
  return problems;
}

function areLandmarks(value: unknown): boolean {
  const { every, digests } = (value ?? {}) as Partial<Landmarks>;
  const areDigests = Array.isArray(digests) && digests.every((digest) => /^[0-9a-f]{8}$/.test(String(digest)));
  return Number.isSafeInteger(every) && (every as number) > 0 && areDigests;
}

function wrongViolation(violation: unknown): Problem[] {
  const report = violation as Partial<ViolationReport> | undefined;
  const fits =
    typeof report?.property === 'string' && typeof report.path === 'string' && typeof report.sentence === 'string';
  return fits ? [] : [wrong(['violation'], violation, 'what was violated: a table with property, path and sentence')];
}

function wrongFailure(failure: unknown): Problem[] {
  const report = failure as Partial<FailureReport> | undefined;
  const fits = typeof report?.kind === 'string' && typeof report.sentence === 'string';
  return fits ? [] : [wrong(['failure'], failure, 'what failed: a table with kind and sentence')];
}

const wrong = (path: readonly string[], value: unknown, expected: string): Problem => ({
  path,
  sentence: value === undefined ? 'is missing' : `${JSON.stringify(value)} does not fit`,
  expected,
});
