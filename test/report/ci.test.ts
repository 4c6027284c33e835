import { describe, expect, test } from 'vitest';
import { annotationLine, summaryMarkdown } from '../../src/report/github.ts';
import { junitXml } from '../../src/report/junit.ts';

describe('JUnit', () => {
  test('counts cases, and keeps the story of a failure readable', () => {
    const xml = junitXml({
      name: 'raft',
      seconds: 1.5,
      cases: [
        { name: '1,000 runs', className: 'worldline.raft', seconds: 1.5, outcome: 'passed' },
        {
          name: 'ES',
          className: 'worldline.raft',
          seconds: 0,
          outcome: 'failed',
          message: 'seed 17',
          details: 'n1 & n3\n<both>',
        },
      ],
    });
    expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="raft" tests="2" failures="1" errors="0" skipped="0" time="1.500">
  <testsuite name="raft" tests="2" failures="1" errors="0" skipped="0" time="1.500">
    <testcase name="1,000 runs" classname="worldline.raft" time="1.500"/>
    <testcase name="ES" classname="worldline.raft" time="0.000">
      <failure message="seed 17">n1 &amp; n3
&lt;both&gt;</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  test('is well-formed whatever a message holds', () => {
    const xml = junitXml({ name: '"\u0000\u001b[31m<&>', seconds: 0, cases: [] });
    expect(xml).toContain('name="&quot;??[31m&lt;&amp;&gt;"');
  });
});

describe('GitHub', () => {
  test('annotations keep their lines apart and their properties whole', () => {
    expect(annotationLine({ level: 'error', title: 'raft: ES, twice', message: '100 %\nsecond line' })).toBe(
      '::error title=raft%3A ES%2C twice::100 %25%0Asecond line',
    );
  });

  test('the summary is a table, then the stories', () => {
    const markdown = summaryMarkdown({
      heading: 'worldline fuzz raft: violated',
      facts: [
        ['seed', '17'],
        ['a|b', 'c'],
      ],
      failures: [{ title: 'violated ES', lines: ['VIOLATED  ES'] }],
    });
    expect(markdown).toContain('## worldline fuzz raft: violated');
    expect(markdown).toContain('| a\\|b | c |');
    expect(markdown).toContain('### violated ES\n\n```text\nVIOLATED  ES\n```');
  });
});
