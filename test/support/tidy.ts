/** What a reader of the repository should never meet, line by line. */
const blemishes: readonly { readonly pattern: RegExp; readonly complaint: string; readonly in?: RegExp }[] = [
  { pattern: /(?<![\w.])\/(?:root|home|work|Users)\/\w/, complaint: 'a path of one machine' },
  { pattern: /\b[A-Z]:\\\\?Users\b/, complaint: 'a path of one machine' },
  { pattern: /https?:\/\/[\w.-]*(?:registry|npmmirror|verdaccio|artifactory)/i, complaint: 'a registry address' },
  { pattern: /"resolved":\s*"/, complaint: 'a registry address', in: /package-lock\.json$/ },
  { pattern: /\b(?:FIX[M]E|XX[X])\b/, complaint: 'an unfinished thought' },
  { pattern: /^(?:<{7}|>{7}|={7})(?: |$)/, complaint: 'a merge conflict' },
  {
    pattern: /biome-ignore(?:-\w+)? lint\/(?:plugin|style\/noRestricted|correctness\/noNodejsModules)/,
    complaint: 'a layer rule silenced in place: change the rule under lint/ instead',
    in: /^src\//,
  },
];

/** Complaints about one text file, each as `path:line: what is wrong`. `path` is relative to the repository, with slashes. */
export function untidyLines(path: string, text: string): string[] {
  const applicable = blemishes.filter((blemish) => blemish.in === undefined || blemish.in.test(path));
  return text
    .split('\n')
    .flatMap((line, index) =>
      applicable
        .filter(({ pattern }) => pattern.test(line))
        .map(({ complaint }) => `${path}:${index + 1}: ${complaint}`),
    );
}
