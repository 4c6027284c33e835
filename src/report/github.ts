/** What GitHub shows of a campaign: one annotation per distinct violation, and a summary of the step in Markdown. */

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  readonly file?: string;
}

/** A workflow command, to be printed on a line of its own. */
export function annotationLine({ level, title, message, file }: Annotation): string {
  const properties = [
    `title=${escapedProperty(title)}`,
    ...(file === undefined ? [] : [`file=${escapedProperty(file)}`]),
  ];
  return `::${level} ${properties.join(',')}::${escapedData(message)}`;
}

const escapedData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapedProperty = (text: string): string => escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

export interface StepSummary {
  readonly heading: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly failures: readonly { readonly title: string; readonly lines: readonly string[] }[];
}

export function summaryMarkdown(summary: StepSummary): string {
  const table = [
    '| | |',
    '|---|---|',
    ...summary.facts.map(([label, value]) => `| ${escapedCell(label)} | ${escapedCell(value)} |`),
  ];
  const failures = summary.failures.flatMap(({ title, lines }) => ['', `### ${title}`, '', '```text', ...lines, '```']);
  return [`## ${summary.heading}`, '', ...table, ...failures, ''].join('\n');
}

const escapedCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
