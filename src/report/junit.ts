/** JUnit XML, as CI servers read it: one test case per check of a campaign, one failure per distinct violation. */

export interface JUnitSuite {
  readonly name: string;
  readonly seconds: number;
  readonly cases: readonly JUnitCase[];
}

export interface JUnitCase {
  readonly name: string;
  /** `className` groups cases in most viewers. */
  readonly className: string;
  readonly seconds: number;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** One line. */
  readonly message?: string;
  /** The whole story. */
  readonly details?: string;
}

export function junitXml(suite: JUnitSuite): string {
  const failed = suite.cases.filter(({ outcome }) => outcome === 'failed').length;
  const skipped = suite.cases.filter(({ outcome }) => outcome === 'skipped').length;
  const counts = `tests="${suite.cases.length}" failures="${failed}" errors="0" skipped="${skipped}"`;
  const attributes = `name="${escaped(suite.name)}" ${counts} time="${suite.seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes}>`,
    `  <testsuite ${attributes}>`,
    ...suite.cases.flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseLines(one: JUnitCase): string[] {
  const open = `    <testcase name="${escaped(one.name)}" classname="${escaped(one.className)}" time="${one.seconds.toFixed(3)}"`;
  if (one.outcome === 'passed') return [`${open}/>`];
  const message = escaped(one.message ?? '');
  if (one.outcome === 'skipped') return [`${open}>`, `      <skipped message="${message}"/>`, '    </testcase>'];
  return [`${open}>`, `      <failure message="${message}">${escaped(one.details ?? '')}</failure>`, '    </testcase>'];
}

const entities: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Control characters but tab and line breaks have no place in XML 1.0, not even escaped. */
const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must go.
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
